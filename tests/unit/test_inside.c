/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The marker against what the kernel says, and becoming a user for good. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enter.h"
#include "inside.h"
#include "unit.h"

#define SELF "/run/vsd/self"

static const struct vsd_range range = { 2000000, 200 };
static bool ready;

static bool private_run(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("t", "/run", "tmpfs", 0, "mode=1775") == 0 && mkdir("/run/vsd", 0755) == 0;
}

static void write_marker(int mnt, int pid)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int dir = open("/run/vsd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(vsd_inside_write(dir, root, mnt, pid, "vs1", range), 0);
	close(root);
	close(dir);
}

static void fresh(void)
{
	int mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	chmod("/run/vsd", 0755);
	write_marker(mnt, pid);
	close(mnt);
	close(pid);
}

#define NEED() do { (void)state; if (!ready) skip(); fresh(); } while (0)

static int check(uint32_t uid)
{
	struct vsd_inside in;

	return vsd_inside_check_uid(uid, &in);
}

static void true_marker(void **state)
{
	struct vsd_inside in;
	struct stat st;

	NEED();
	assert_int_equal(vsd_inside_check_uid(2000000, &in), 0);
	assert_string_equal(in.vs, "vs1");
	assert_int_equal(in.range.first, 2000000);
	assert_int_equal(in.range.count, 200);
	assert_int_equal(check(2000199), 0);
	assert_int_equal(stat(SELF, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
}

static void other_uids(void **state)
{
	NEED();
	assert_int_equal(check(1999999), -EPERM);
	assert_int_equal(check(2000200), -EPERM);
	assert_int_equal(check(0), -EPERM);
	assert_int_equal(check(UINT32_MAX), -EPERM);
}

/* Where nothing can be opened nothing can be told, and that is what is said. */
static void no_descriptor_left(void **state)
{
	int status = -1;
	pid_t child;

	NEED();
	child = fork();
	if (child == 0) {
		const struct rlimit none = { 0, 0 };

		_exit(setrlimit(RLIMIT_NOFILE, &none) < 0 ? 99 : -check(2000000));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), EMFILE);
}

static void other_format(void **state)
{
	int fd;

	NEED();
	fd = open(SELF, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "vsd2", 4, 0), 4);
	assert_int_equal(check(2000000), -EPROTONOSUPPORT);
	close(fd);
}

static void other_namespaces(void **state)
{
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	NEED();
	write_marker(net, pid);
	assert_int_equal(check(2000000), -EPERM);
	write_marker(mnt, net);
	assert_int_equal(check(2000000), -EPERM);
	write_marker(-1, pid); /* only both together mean isolation=chroot */
	assert_int_equal(check(2000000), -EPERM);
	write_marker(-1, -1);
	assert_int_equal(check(2000000), 0);
	close(net);
	close(mnt);
	close(pid);
}

static void put(const char *text)
{
	int fd;

	unlink(SELF);
	fd = open(SELF, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void forged_text(void **state)
{
	static const char *const bad[] = {
		"", "vsd1", "vsd1 vs1 1 1 0 0 2000000 200", "vsd1 VS 1 1 0 0 2000000 200\n",
		"vsd1 vs1 1 1 0 0 2000000\n", "vsd1 vs1 1 1 0 0 2000000 200 1\n",
		"vsd1 vs1 1 1 0 0 0 4294967295\n", "vsd1 vs1 1 1 0 0 2000000 4294967295\n",
		"vsd1 vs1 -1 1 0 0 2000000 200\n", "vsd1  1 1 0 0 2000000 200\n",
	};
	char text[128], huge[700];
	struct stat st;

	NEED();
	assert_int_equal(stat("/", &st), 0);
	snprintf(text, sizeof(text), "vsd1 vs1 %ju %ju 0 0 2000000 200\n", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	put(text);
	assert_int_equal(check(2000000), 0); /* or what follows would prove nothing */
	snprintf(huge, sizeof(huge), "%s%0500d", text, 0);
	put(huge);
	assert_int_equal(check(2000000), -EPERM);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put(bad[i]);
		assert_int_equal(check(2000000), -EPERM);
	}
	snprintf(text, sizeof(text), "vsd1 vs1 %ju %ju 0 0 2000000 200\n", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + 1);
	put(text);
	assert_int_equal(check(2000000), -EPERM);
}

static void owners_and_modes(void **state)
{
	NEED();
	assert_int_equal(chown(SELF, 2000000, 0), 0);
	assert_int_equal(check(2000000), -EPERM);
	fresh();
	assert_int_equal(chmod(SELF, 0464), 0);
	assert_int_equal(check(2000000), -EPERM);
	fresh();
	assert_int_equal(chown("/run/vsd", 2000000, 0), 0);
	assert_int_equal(check(2000000), -EPERM);
	assert_int_equal(chown("/run/vsd", 0, 0), 0);
	assert_int_equal(chmod("/run/vsd", 0777), 0);
	assert_int_equal(check(2000000), -EPERM);
	assert_int_equal(chmod("/run/vsd", 0755), 0);
	assert_int_equal(check(2000000), 0);
	assert_int_equal(rename(SELF, "/run/vsd/other"), 0);
	assert_int_equal(symlink("other", SELF), 0);
	assert_int_equal(check(2000000), -EPERM);
	unlink(SELF);
	assert_int_equal(mkfifo(SELF, 0444), 0); /* must not wait */
	assert_int_equal(check(2000000), -EPERM);
	unlink(SELF);
	assert_int_equal(check(2000000), -EPERM);
}

/* The shell that sshd execs has joined the pid namespace for its children only. */
static void joined_without_forking(void **state)
{
	int status = -1, go[2];
	pid_t init, joined;
	char path[64];

	NEED();
	assert_int_equal(pipe(go), 0);
	init = (pid_t)fork();
	if (init == 0) {
		/* a server: own namespaces, own /proc, marker for them */
		if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
			_exit(1);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (mount("p", "/proc", "proc", 0, NULL) < 0)
				_exit(1);
			write_marker(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
				     open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
			(void)!write(go[1], "x", 1);
			pause();
		}
		pause();
	}
	assert_int_equal(read(go[0], path, 1), 1);
	joined = fork();
	if (joined == 0) {
		int ns, pid;

		snprintf(path, sizeof(path), "/proc/%d/ns/pid_for_children", init);
		pid = open(path, O_RDONLY | O_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", init);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		if (check(2000000) == 0)
			_exit(2); /* not inside yet */
		if (setns(pid, CLONE_NEWPID) < 0 || setns(ns, CLONE_NEWNS) < 0)
			_exit(3);
		_exit(check(2000000) == 0 ? 0 : 4);
	}
	assert_int_equal(waitpid(joined, &status, 0), joined);
	kill(init, SIGKILL);
	waitpid(init, NULL, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int become_in_child(const struct vsd_enter_who *who)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		gid_t g[4];

		if (vsd_enter_become(who) < 0)
			_exit(1);
		if (getuid() != who->uid || getegid() != who->gid || getgroups(4, g) != 1 ||
		    g[0] != who->group[0] || setuid(0) == 0)
			_exit(2);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void become(void **state)
{
	struct vsd_enter_who who = { .uid = 2000001, .gid = 2000001, .ngroup = 1,
				     .group = { 2000005 } };

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(become_in_child(&who), 0);
	who.uid = 0;
	assert_int_equal(become_in_child(&who), 1);
	who.uid = 2000001;
	who.gid = 0;
	assert_int_equal(become_in_child(&who), 1);
	who.gid = 2000001;
	who.ngroup = VSD_ENTER_GROUPS_MAX + 1;
	assert_int_equal(become_in_child(&who), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(true_marker),
		cmocka_unit_test(other_uids),
		cmocka_unit_test(no_descriptor_left),
		cmocka_unit_test(other_format),
		cmocka_unit_test(other_namespaces),
		cmocka_unit_test(forged_text),
		cmocka_unit_test(owners_and_modes),
		cmocka_unit_test(joined_without_forking),
		cmocka_unit_test(become),
	};

	ready = private_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
