/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Root taken and lent by the setuid helper, the filter, the OOM score, simulated root: each
 * in a child, for there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enter_impl.h"
#include "unit.h"

#define UID 2000001u
#define RUN "/run/vsd"

/* What fn answers in a child, as a positive errno; 200: it ended otherwise. */
static int in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-fn());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 200;
	return WEXITSTATUS(status);
}

static bool ids_are(uid_t r, uid_t e, uid_t s)
{
	uid_t ru, eu, su;

	return getresuid(&ru, &eu, &su) == 0 && ru == r && eu == e && su == s;
}

/* ---- the setuid helper ---- */

static int by_the_setuid_bit(void)
{
	const gid_t group = UID;

	if (setgroups(1, &group) < 0 || setresgid(UID, UID, UID) < 0 || setresuid(UID, 0, 0) < 0)
		return -100;
	if (vsd_enter_root() != 0)
		return -101;
	return ids_are(0, 0, 0) && getgid() == 0 && getegid() == 0 && getgroups(0, NULL) == 0 ? 0 : -102;
}

static int without_the_bit(void)
{
	return setresuid(UID, UID, 0) < 0 ? -100 : vsd_enter_root();
}

/* Euid 0 of somebody without the power to change ids. */
static int without_the_power(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (setresuid(UID, 0, UID) < 0 || syscall(SYS_capset, &h, none) < 0)
		return -100;
	return vsd_enter_root();
}

static int lent_and_taken_back(void)
{
	if (vsd_enter_lend(UID) != 0 || !ids_are(UID, 0, 0))
		return -100;
	if (vsd_enter_root() != 0 || !ids_are(0, 0, 0))
		return -101;
	return 0;
}

static int lent_by_nobody(void)
{
	return setresuid(UID, UID, UID) < 0 ? -100 : vsd_enter_lend(UID + 1);
}

static void the_helper(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(by_the_setuid_bit), 0);
	assert_int_equal(in_child(without_the_bit), EPERM);
	assert_int_equal(in_child(without_the_power), EPERM);
	assert_int_equal(in_child(lent_and_taken_back), 0);
	assert_int_equal(in_child(lent_by_nobody), EPERM);
}

/* ---- the filter ---- */

static struct sock_filter forbid_getppid[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static const struct vsd_enter_filter filter = { forbid_getppid, 4 };

static int loaded(bool no_new_privs)
{
	int r = vsd_enter_filter_load(&filter);

	if (r < 0)
		return r;
	if (syscall(SYS_getppid) != -1 || errno != ENOTTY)
		return -101;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == no_new_privs ? 0 : -102;
}

static int by_root(void)
{
	return loaded(false); /* or su, in the server, would be without its power */
}

/* As a daemon that has given its power up. */
static int by_a_user(void)
{
	return setresuid(UID, UID, UID) < 0 ? -100 : loaded(true);
}

static int of_nothing(void)
{
	const struct vsd_enter_filter none = { forbid_getppid, 0 };

	return vsd_enter_filter_load(&none);
}

static int of_nothing_by_a_user(void)
{
	return setresuid(UID, UID, UID) < 0 ? -100 : of_nothing();
}

static void the_filter(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(by_root), 0);
	assert_int_equal(in_child(by_a_user), 0);
	assert_int_equal(in_child(of_nothing), EINVAL);
	assert_int_not_equal(in_child(of_nothing_by_a_user), 0);
}

/* ---- simulated root ---- */

static int userns = -1;
static struct vsd_enter_who who = { .uid = UID, .gid = UID, .ngroup = 1, .group = { UID + 1 } };

static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, map, strlen(map)), (ssize_t)strlen(map));
	assert_int_equal(close(fd), 0);
}

/* A user namespace with that map, in `userns`; false: this kernel gives none. */
static bool make_userns(const char *map)
{
	char path[64], byte = 0;
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
		(void)!write(ready[1], &byte, 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	if (byte == 'y') {
		write_map(pid, "uid_map", map);
		write_map(pid, "gid_map", map);
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		if (userns >= 0)
			close(userns);
		userns = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return byte == 'y';
}

/* What of a capability is left: it is had, ambient, and in the bounding set. */
static int power_of(int cap)
{
	return (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1) +
	       2 * (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1);
}

static int simroot(void)
{
	int r = vsd_enter_simroot(userns, &who);

	if (r < 0)
		return r;
	if (!ids_are(UID, UID, UID) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -101;
	return power_of(CAP_CHOWN) == 3 && power_of(CAP_SETUID) == 0 &&
	       power_of(CAP_SYS_ADMIN) == 0 && setuid(UID + 1) < 0 ? 0 : -102;
}

static int mailstore(void)
{
	int r = vsd_enter_mailstore(userns, &who);

	if (r < 0)
		return r;
	if (power_of(CAP_SETUID) != 3 || power_of(CAP_DAC_OVERRIDE) != 0)
		return -101;
	return setuid(0) < 0 && setuid(UID + 1) == 0 ? 0 : -102;
}

static void simulated_root(void **state)
{
	(void)state;
	if (geteuid() != 0 || !make_userns("2000000 2000000 200\n"))
		skip();
	assert_int_equal(in_child(simroot), 0);
	assert_int_equal(in_child(mailstore), 0);
	who.uid = 0;
	assert_int_equal(in_child(simroot), EPERM);
	who.uid = 1999999; /* it is mapped nowhere */
	assert_int_equal(in_child(simroot), EINVAL);
	who.uid = UID;
	who.gid = 0;
	assert_int_equal(in_child(mailstore), EPERM);
	who.gid = UID;
	who.ngroup = VSD_ENTER_GROUPS_MAX + 1;
	assert_int_equal(in_child(simroot), EPERM);
	who.ngroup = 1;
	/* a namespace that is not the one that vsboot made: there is root in it */
	assert_true(make_userns("2000000 2000000 200\n0 0 1\n"));
	assert_int_equal(in_child(mailstore), EPERM);
	close(userns);
	userns = -1;
	assert_int_equal(in_child(simroot), EBADF);
}

static int bind_userns(const char *from)
{
	(void)umount2(RUN "/userns", MNT_DETACH);
	return mount(from, RUN "/userns", NULL, MS_BIND, NULL);
}

static int open_userns(void)
{
	int fd = -1, dir = open(RUN, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return vsd_enter_userns_open(dir, &fd);
}

/* In mounts of its own. */
static int which_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("t", "/run", "tmpfs", 0, "mode=0755") < 0 || mkdir(RUN, 0755) < 0)
		return -100;
	if (open_userns() != -ENOENT)
		return -101;
	fd = open(RUN "/userns", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || open_userns() != -EPERM)
		return -102;
	if (bind_userns("/proc/self/ns/net") < 0 || open_userns() != -EPERM)
		return -103;
	if (bind_userns("/proc/self/ns/user") < 0)
		return -104;
	return open_userns();
}

static void namespace_of_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(which_namespace), 0);
}

/* ---- the OOM killer ---- */

static int score(const char *set, const char *want)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	ssize_t n;

	if (fd < 0 || write(fd, set, strlen(set)) != (ssize_t)strlen(set))
		return -100;
	if (vsd_enter_oom_reset() != 0)
		return -101;
	n = pread(fd, text, sizeof(text) - 1, 0);
	return n > 0 && strcmp(text, want) == 0 ? 0 : -102;
}

static int protected_one(void)
{
	return score("-500", "0\n");
}

static int first_to_go(void)
{
	return score("300", "300\n");
}

static void oom_score(void **state)
{
	(void)state;
	assert_int_equal(in_child(first_to_go), 0);
	if (in_child(protected_one) == 100)
		skip(); /* a container may not lower it */
	assert_int_equal(in_child(protected_one), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_helper),
		cmocka_unit_test(the_filter),
		cmocka_unit_test(simulated_root),
		cmocka_unit_test(namespace_of_root),
		cmocka_unit_test(oom_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
