/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may enter a server, with which groups, and what is left of the host in a process
 * that has: isolation=chroot, in children, with stand-ins for cgroup.c. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "enter_impl.h"
#include "paths_test.h"
#include "safe.h"
#include "unit.h"

#define UID 2000001u
#define HOME TEST_TREE "/home/vs1"

static struct vsd_server server;
static struct vsd_enter_who who;
static bool joined;

int vsd_cgroup_open(const char *name, bool make, int *out_fd)
{
	(void)name;
	(void)make;
	*out_fd = open(TEST_TREE "/cg", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *out_fd < 0 ? -errno : 0;
}

int vsd_cgroup_join(int cgfd)
{
	joined = fcntl(cgfd, F_GETFD) >= 0;
	return 0;
}

static const struct sock_filter forbid_getppid[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void running(const char *file, bool on)
{
	char text[64] = "", path[64];
	uint64_t start = 0;

	assert_int_equal(vsd_process_start(getpid(), &start), 0);
	if (on)
		snprintf(text, sizeof(text), "%d %llu\n", getpid(), (unsigned long long)start);
	snprintf(path, sizeof(path), "run/vsd/vs1/%s", file);
	test_tree_write(path, 0600, text);
}

static bool fresh(void)
{
	if (test_tree_make() != 0)
		return false;
	running("init", true);
	test_tree_write_bytes("run/vsd/vs1/filter", 0600, forbid_getppid, sizeof(forbid_getppid));
	test_tree_write("cg/.keep", 0644, "");
	test_tree_write("home/vs1/inside", 0644, "");
	test_tree_write("home/vs1/dev/pts/.keep", 0644, "");
	server = (struct vsd_server){ .id = 1, .uid_first = 2000000, .uid_count = 200,
				      .state = VSD_SERVER_ENABLED, .name = "vs1", .root = HOME };
	who = (struct vsd_enter_who){ .uid = UID, .gid = UID };
	return true;
}

#define NEED() do { (void)state; if (!fresh()) skip(); } while (0)

static int prepare(void)
{
	struct vsd_enter *e = NULL;
	int r = vsd_enter_prepare(&server, VSD_ISOLATION_CHROOT, &who, &e);

	assert_int_equal(e != NULL, r == 0);
	vsd_enter_free(e);
	return r;
}

static void refused(void **state)
{
	static const struct vsd_enter_who bad[] = {
		{ .uid = 0, .gid = UID }, { .uid = UID, .gid = 0 }, { .uid = 1000, .gid = UID },
		{ .uid = UID, .gid = 6 }, { .uid = 2000200, .gid = UID },
		{ .uid = UID, .gid = 1999999 },
		{ .uid = UID, .gid = UID, .ngroup = VSD_ENTER_GROUPS_MAX + 1 },
	};
	struct vsd_enter *e = NULL;

	NEED();
	assert_int_equal(prepare(), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		who = bad[i];
		if (prepare() != -EPERM)
			fail_msg("line %zu", i);
	}
	fresh();
	assert_int_equal(vsd_enter_prepare(&server, (enum vsd_isolation)9, &who, &e), -EINVAL);
	assert_int_equal(vsd_enter_prepare(&server, VSD_ISOLATION_CHROOT, &who, &e), 0);
	assert_int_equal(vsd_enter_set_who(e, &server, &bad[0]), -EPERM);
	assert_int_equal(e->who.uid, UID);
	vsd_enter_free(e);
	server.state = VSD_SERVER_DISABLED;
	assert_int_equal(prepare(), -EACCES);
	server.state = VSD_SERVER_ENABLED;
	assert_int_equal(chown(HOME, UID, 0), 0);
	assert_int_equal(prepare(), -EPERM);
	assert_int_equal(chown(HOME, 0, 0), 0);
	assert_int_equal(prepare(), 0);
	running("init", false);
	assert_int_equal(prepare(), -ESRCH);
}

/* Without a filter nobody comes in. */
static void filters(void **state)
{
	struct vsd_enter_filter *f = NULL;

	NEED();
	assert_int_equal(vsd_enter_filter_open("vs1", &f), 0);
	assert_int_equal(f->n, 4);
	free(f->code);
	free(f);
	f = NULL;
	test_tree_write("run/vsd/vs1/filter", 0600, "");
	assert_int_equal(prepare(), -EBADMSG);
	assert_int_equal(vsd_enter_filter_open("vs1", &f), -EBADMSG);
	test_tree_write_bytes("run/vsd/vs1/filter", 0600, forbid_getppid, sizeof(forbid_getppid) - 1);
	assert_int_equal(prepare(), -EBADMSG);
	test_tree_write_bytes("run/vsd/vs1/filter", 0622, forbid_getppid, sizeof(forbid_getppid));
	assert_int_equal(prepare(), -EPERM);
	assert_int_equal(unlink(TEST_TREE "/run/vsd/vs1/filter"), 0);
	assert_int_equal(prepare(), -ENOENT);
	assert_int_equal(vsd_enter_filter_open("vs2", &f), -ENOENT);
	assert_null(f);
}

/* The host's root at work in a server that stands still. */
static void single(void **state)
{
	struct vsd_enter *e = NULL;

	NEED();
	running("init", false);
	running("single", true);
	assert_int_equal(prepare(), -ESRCH);
	assert_int_equal(vsd_enter_prepare_single(&server, VSD_ISOLATION_CHROOT, &who, &e), 0);
	vsd_enter_free(e);
	running("single", false);
	assert_int_equal(vsd_enter_prepare_single(&server, VSD_ISOLATION_CHROOT, &who, &e), -ESRCH);
}

/* What was opened a while ago, and is to be the server's still. */
static int rootfd = -1;
static struct vsd_running run = VSD_RUNNING_NONE;

static void hold(void)
{
	if (rootfd >= 0)
		(void)close(rootfd);
	vsd_running_close(&run);
	fresh();
	assert_int_equal(vsd_safe_open_root(HOME, &rootfd), 0);
	assert_int_equal(vsd_running_open("vs1", &run), 0);
}

static int prepare_with(void)
{
	struct vsd_enter *e = NULL;
	int r = vsd_enter_prepare_with(&server, VSD_ISOLATION_CHROOT, &who, &rootfd, &run, &e);

	assert_int_equal(e != NULL, r == 0);
	assert_int_equal(rootfd >= 0, r != 0); /* theirs or ours, never both's */
	assert_int_equal(run.pidfd >= 0, r != 0);
	assert_int_equal(run.dirfd >= 0, r != 0);
	vsd_enter_free(e);
	return r;
}

static void held(void **state)
{
	int status = -1;
	pid_t pid;

	NEED();
	hold();
	assert_int_equal(prepare_with(), 0);
	hold();
	who.gid = 6;
	assert_int_equal(prepare_with(), -EPERM);
	hold();
	server.state = VSD_SERVER_DISABLED;
	assert_int_equal(prepare_with(), -EACCES);
	hold();
	assert_int_equal(unlink(TEST_TREE "/run/vsd/vs1/init"), 0);
	assert_int_equal(prepare_with(), -ESRCH);
	hold();
	assert_int_equal(chown(HOME, UID, 0), 0);
	assert_int_equal(prepare_with(), -EPERM);
	assert_int_equal(chown(HOME, 0, 0), 0);
	assert_int_equal(chmod(HOME, 0775), 0);
	assert_int_equal(prepare_with(), -EPERM);
	assert_int_equal(chmod(HOME, 0755), 0);
	assert_int_equal(unlink(TEST_TREE "/run/vsd/vs1/filter"), 0);
	assert_int_equal(prepare_with(), -ENOENT);
	hold(); /* another folder in its place */
	assert_int_equal(rename(HOME, TEST_TREE "/home/away"), 0);
	assert_int_equal(mkdir(HOME, 0755), 0);
	assert_int_equal(prepare_with(), -ESTALE);
	hold(); /* the same folder of another mount namespace, where no set-id bit counts */
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(200);
		_exit(-prepare_with());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), ESTALE);
	assert_int_equal(prepare_with(), 0);
}

/* ---- in children ---- */

static int in_child(int (*fn)(struct vsd_enter *e))
{
	struct vsd_enter *e = NULL;
	int status = -1;
	pid_t pid;

	assert_int_equal(vsd_enter_prepare(&server, VSD_ISOLATION_CHROOT, &who, &e), 0);
	pid = fork();
	if (pid == 0)
		_exit(-fn(e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	vsd_enter_free(e);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int go(struct vsd_enter *e)
{
	const gid_t hosts[] = { 0, 6 };
	int folder = open("/", O_RDONLY | O_DIRECTORY); /* without O_CLOEXEC, as su leaves it */
	char cwd[64];
	gid_t g[8];
	int r;

	if (setgroups(2, hosts) < 0 || folder < 0)
		return -100;
	r = vsd_enter_go(e);
	if (r < 0)
		return r;
	if (!joined || access("/inside", F_OK) < 0 || !getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/") != 0)
		return -101;
	if (getgroups(8, g) != 1 || g[0] != UID + 5)
		return -102;
	if (e->rootfd >= 0 || e->cgfd >= 0 || e->run.pidfd >= 0 || e->run.dirfd >= 0)
		return -103;
	if (fcntl(folder, F_GETFD) != FD_CLOEXEC)
		return -104;
	return syscall(SYS_getppid) == -1 && errno == ENOTTY ? 0 : -105;
}

static int stopped_meanwhile(struct vsd_enter *e)
{
	running("init", false);
	return vsd_enter_go(e);
}

static void entered(void **state)
{
	NEED();
	who = (struct vsd_enter_who){ .uid = UID, .gid = UID, .ngroup = 3,
				      .group = { 6, UID + 5, 0 } };
	assert_int_equal(in_child(go), 0);
	assert_int_equal(in_child(stopped_meanwhile), ESRCH);
}

static int own_devpts(struct vsd_enter *e)
{
	struct stat here, there, root;
	int r = vsd_enter_own_devpts(e);

	if (r < 0)
		return r;
	if (stat("/dev/pts", &here) < 0 || stat(HOME "/dev/pts", &there) < 0 || fstat(e->rootfd, &root) < 0)
		return -100;
	return here.st_dev == there.st_dev && root.st_dev == e->dev && root.st_ino == e->ino ? 0 : -101;
}

/* Somebody puts another folder in the root's place. */
static int root_replaced(struct vsd_enter *e)
{
	if (rename(HOME, TEST_TREE "/home/away") < 0 || mkdir(HOME, 0755) < 0)
		return -100;
	return vsd_enter_own_devpts(e);
}

static void terminals(void **state)
{
	struct stat before, after;

	NEED();
	assert_int_equal(in_child(own_devpts), EPERM); /* a folder that anybody could have filled */
	assert_int_equal(rename(HOME "/dev", HOME "/kept"), 0);
	assert_int_equal(symlink("/dev", HOME "/dev"), 0); /* the host's */
	assert_int_equal(in_child(own_devpts), ENOTDIR);
	assert_int_equal(unlink(HOME "/dev"), 0);
	assert_int_equal(in_child(own_devpts), ENOENT);
	assert_int_equal(rename(HOME "/kept", HOME "/dev"), 0);
	assert_int_equal(mount("pts", HOME "/dev/pts", "devpts", 0, "newinstance,ptmxmode=666"), 0);
	assert_int_equal(stat("/dev/pts", &before), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0); /* as systemd does */
	assert_int_equal(in_child(own_devpts), 0);
	assert_int_equal(in_child(root_replaced), EPERM);
	assert_int_equal(stat("/dev/pts", &after), 0); /* theirs alone was covered */
	assert_true(before.st_dev == after.st_dev && before.st_ino == after.st_ino);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused), cmocka_unit_test(filters), cmocka_unit_test(single),
		cmocka_unit_test(held),
		cmocka_unit_test(entered), cmocka_unit_test(terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
