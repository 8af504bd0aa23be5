/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are root's alone, reached by folders that are; whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths_test.h"
#include "safe.h"
#include "unit.h"

#define NEED() do { (void)state; if (!fresh()) skip(); } while (0)

static int rootfd = -1;

static bool fresh(void)
{
	if (rootfd >= 0)
		close(rootfd);
	rootfd = -1;
	if (test_tree_make() != 0)
		return false;
	test_tree_write("top/file", 0644, "text\n");
	test_tree_write("top/open", 0666, "text\n");
	test_tree_write("top/sub/file", 0600, "below\n");
	assert_int_equal(symlink("file", TEST_TREE "/top/link"), 0);
	assert_int_equal(symlink("sub", TEST_TREE "/top/way"), 0);
	assert_int_equal(mkfifo(TEST_TREE "/top/fifo", 0644), 0);
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/top", &rootfd), 0);
	return true;
}

static void folders(void **state)
{
	static char longest[PATH_MAX + 2];
	char part[NAME_MAX + 3] = "/";
	const struct {
		const char *path;
		int want;
	} t[] = {
		{ TEST_TREE "/top", 0 }, { TEST_TREE "//top///sub/", 0 }, { "/", 0 },
		{ "", -EINVAL }, { "mnt", -EINVAL }, { TEST_TREE "/top/..", -EINVAL },
		{ TEST_TREE "/top/way", -ELOOP }, { TEST_TREE "/top/way/", -ELOOP },
		{ TEST_TREE "/top/way/none", -ELOOP }, { TEST_TREE "/top/file", -ENOTDIR },
		{ TEST_TREE "/top/none", -ENOENT }, { TEST_TREE "/theirs/x", -EPERM },
		{ TEST_TREE "/shared", -EPERM }, { longest, -EINVAL }, { part, -EINVAL },
	};

	NEED();
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(part + 1, 'x', NAME_MAX + 1);
	part[NAME_MAX + 2] = '\0';
	test_tree_write("theirs/x/file", 0644, "");
	test_tree_write("shared/file", 0644, "");
	assert_int_equal(chown(TEST_TREE "/theirs", 2000000, 0), 0);
	assert_int_equal(chmod(TEST_TREE "/shared", 0775), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int fd = -1, r = vsd_safe_open_root(t[i].path, &fd);

		if (r != t[i].want)
			fail_msg("line %zu: %d, not %d", i, r, t[i].want);
		assert_true((fd >= 0) == (r == 0));
		if (fd >= 0)
			close(fd);
	}
}

static int read_it(const char *path, uint64_t max)
{
	size_t len = 0;
	char *text = NULL;
	int r = vsd_safe_read_file(rootfd, path, max, &text, &len);

	if (r == 0)
		assert_int_equal(strlen(text), len);
	else
		assert_null(text);
	free(text);
	return r < 0 ? r : (int)len;
}

static void files(void **state)
{
	NEED();
	assert_int_equal(read_it("file", 5), 5);
	assert_int_equal(read_it("file", 4), -EFBIG);
	assert_int_equal(read_it("sub/file", 100), 6);
	assert_int_equal(read_it("open", 100), -EPERM);
	assert_int_equal(read_it("link", 100), -ELOOP);
	assert_int_equal(read_it("way/file", 100), -ELOOP);
	assert_int_equal(read_it("fifo", 100), -EINVAL); /* and it does not wait */
	assert_int_equal(read_it("sub", 100), -EINVAL);
	assert_int_equal(read_it("../top/file", 100), -EXDEV);
	assert_int_equal(read_it("none", 100), -ENOENT);
}

/* One that is longer than it said. */
static void a_file_that_grows(void **state)
{
	size_t len = 0;
	char *text = NULL;
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(proc >= 0);
	if (geteuid() != 0 || vsd_safe_read_file(proc, "meminfo", 1 << 16, &text, &len) == -ENOENT)
		skip();
	assert_non_null(text);
	assert_true(len > 500 && strlen(text) == len);
	assert_non_null(strstr(text, "MemTotal:"));
	free(text);
	text = NULL;
	assert_int_equal(vsd_safe_read_file(proc, "meminfo", 100, &text, &len), -EFBIG);
	assert_null(text);
	close(proc);
}

static void by_path(void **state)
{
	size_t len = 0;
	char *text = NULL, deep[1500];
	int fd = -1;

	NEED();
	test_tree_write("theirs/x/file", 0644, "");
	assert_int_equal(chown(TEST_TREE "/theirs", 2000000, 0), 0);
	assert_int_equal(vsd_safe_read_path(TEST_TREE "/top/sub/file", 100, &text, &len), 0);
	assert_string_equal(text, "below\n");
	free(text);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/way/file", 100, &fd, NULL), -ELOOP);
	assert_int_equal(vsd_safe_open_path("file", 100, &fd, NULL), -EINVAL);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/theirs/x/file", 100, &fd, NULL), -EPERM);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/link", 100, &fd, NULL), -ELOOP);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/link/", 100, &fd, NULL), -ELOOP);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/../top/file", 100, &fd, NULL), -EINVAL);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/fifo", 100, &fd, NULL), -EINVAL);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top/open", 100, &fd, NULL), -EPERM);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top", 100, &fd, NULL), -EINVAL);
	assert_int_equal(vsd_safe_open_path(TEST_TREE "/top//sub/file", 100, &fd, NULL), 0);
	close(fd);
	for (size_t i = 0; i < sizeof(deep) - 1; i++)
		deep[i] = i % 2 ? '.' : '/';
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(vsd_safe_open_path(deep, 100, &fd, NULL), -EINVAL);
	memset(deep, '/', sizeof(deep) - 1);
	memcpy(deep + sizeof(deep) - sizeof(TEST_TREE "/top/file"), TEST_TREE "/top/file",
	       sizeof(TEST_TREE "/top/file"));
	assert_int_equal(vsd_safe_open_path(deep, 100, &fd, NULL), 0);
	close(fd);
}

/* ---- without openat2: valgrind, old sandboxes ---- */

static void forbid_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		_exit(100);
}

static int open_one(const char *path, int flags)
{
	int fd = -1, r = vsd_safe_open_beneath(rootfd, path, flags, 0, &fd);

	if (fd >= 0)
		close(fd);
	return r;
}

/* 0, or which of them. */
static int one_name_at_most(void)
{
	forbid_openat2();
	if (open_one("file", O_RDONLY) != 0)
		return 1;
	if (open_one("link", O_RDONLY) != -ELOOP || open_one("link", O_PATH) != -ELOOP)
		return 2;
	if (open_one("none", O_RDONLY) != -ENOENT)
		return 3;
	if (open_one("sub/file", O_RDONLY) != -ENOSYS || open_one("..", O_PATH) != -ENOSYS)
		return 4;
	return 0;
}

static void without_openat2(void **state)
{
	int status = -1;
	pid_t pid;

	NEED();
	pid = fork();
	if (pid == 0)
		_exit(one_name_at_most());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- writing ---- */

static int replace(const char *name)
{
	return vsd_safe_replace_file(rootfd, name, "new\n", 4, 2000001, 2000002, 04640);
}

static void replaced(void **state)
{
	char name[NAME_MAX + 1];
	struct stat st;

	NEED();
	assert_int_equal(link(TEST_TREE "/top/file", TEST_TREE "/top/twin"), 0);
	assert_int_equal(link(TEST_TREE "/top/file", TEST_TREE "/top/.file.new"), 0); /* a trap */
	assert_int_equal(replace("file"), 0);
	assert_string_equal(test_tree_read("top/file"), "new\n");
	assert_string_equal(test_tree_read("top/twin"), "text\n");
	assert_int_equal(stat(TEST_TREE "/top/file", &st), 0);
	assert_true(st.st_uid == 2000001 && st.st_gid == 2000002 && (st.st_mode & 07777) == 04640);
	assert_int_equal(replace("link"), 0); /* the link, not what it names */
	assert_string_equal(test_tree_read("top/twin"), "text\n");
	assert_int_equal(replace(""), -EINVAL);
	assert_int_equal(replace("."), -EINVAL);
	assert_int_equal(replace(".."), -EINVAL);
	assert_int_equal(replace("sub/file"), -EINVAL);
	assert_int_equal(replace("sub"), -EISDIR);
	assert_int_equal(access(TEST_TREE "/top/.sub.new", F_OK), -1);
	assert_int_equal(mkdir(TEST_TREE "/top/.x.new", 0755), 0);
	assert_int_equal(replace("x"), -EISDIR);
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_int_equal(replace(name), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders), cmocka_unit_test(files),
		cmocka_unit_test(a_file_that_grows), cmocka_unit_test(by_path),
		cmocka_unit_test(without_openat2), cmocka_unit_test(replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
