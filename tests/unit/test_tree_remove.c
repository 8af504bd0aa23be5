/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees that are hard to take away, by one thread and by several: nothing is left of them,
 * and nothing beside them is touched. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths_test.h"
#include "tree_impl.h"
#include "unit.h"

#define TOP TEST_TREE "/tree"
#define AT_ONCE 1000 /* folders that are known of one at a time */

static char why[VSD_WHY_MAX];

/* Each file is another name of one that stays. */
static void file(int at, const char *name)
{
	assert_int_equal(linkat(AT_FDCWD, TEST_TREE "/kept/file", at, name, 0), 0);
}

static int enter(int at, const char *name)
{
	int fd;

	assert_int_equal(mkdirat(at, name, 0700), 0);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* A path of so many folders, and in each a file and a folder more. */
static void deep(int at, unsigned depth)
{
	int fd = dup(at);

	assert_true(fd >= 0);
	for (unsigned n = 0; n < depth; n++) {
		int in = enter(fd, "d");

		file(in, "f");
		assert_int_equal(mkdirat(in, "e", 0700), 0);
		close(fd);
		fd = in;
	}
	close(fd);
}

static void wide(int at, unsigned width)
{
	for (unsigned n = 0; n < width; n++) {
		char name[20];
		int fd;

		(void)snprintf(name, sizeof(name), "%u", n);
		fd = enter(at, name);
		file(fd, "f");
		assert_int_equal(symlinkat(TEST_TREE "/kept", fd, "way"), 0);
		assert_int_equal(mkdirat(fd, "e", 0700), 0);
		close(fd);
	}
}

static int fresh(void)
{
	if (test_tree_make() != 0)
		return -1;
	test_tree_write("kept/file", 0640, "kept\n");
	test_tree_write("kept/other", 0640, "kept\n");
	return enter(AT_FDCWD, TOP);
}

static void fresh_with(void (*make)(int at))
{
	int fd = fresh();

	if (fd < 0)
		skip();
	make(fd);
	close(fd);
}

static void check_kept(void)
{
	struct stat st;

	assert_string_equal(test_tree_read("kept/file"), "kept\n");
	assert_string_equal(test_tree_read("kept/other"), "kept\n");
	assert_int_equal(stat(TEST_TREE "/kept/file", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_nlink, 1);
}

static int take_away(unsigned threads)
{
	const struct tree_opts o = { .threads = threads };
	int parent = open(TEST_TREE, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	assert_true(parent >= 0);
	r = tree_remove(parent, "tree", &o, why);
	close(parent);
	return r;
}

static void gone(void (*make)(int at))
{
	static const unsigned threads[] = { 1, 2, 4, 16 };

	for (size_t n = 0; n < sizeof(threads) / sizeof(threads[0]); n++) {
		struct stat st;

		fresh_with(make);
		assert_int_equal(take_away(threads[n]), 0);
		assert_int_equal(stat(TOP, &st), -1);
		check_kept();
	}
}

static void make_deep(int at)
{
	deep(at, 7000); /* more than are moved up in a hundred looks */
}

static void make_wide(int at)
{
	wide(at, 3 * AT_ONCE + 1);
}

static void make_both(int at)
{
	int fd = enter(at, ".vsd-deep-0"); /* a name that is taken */

	wide(at, 50);
	deep(fd, 300);
	close(fd);
	for (unsigned n = 0; n < 50; n++) {
		char name[20];

		(void)snprintf(name, sizeof(name), "%u", n);
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(fd >= 0);
		deep(fd, 100);
		close(fd);
	}
}

static void deep_one(void **state)
{
	(void)state;
	gone(make_deep);
}

static void wide_one(void **state)
{
	(void)state;
	gone(make_wide);
}

static void deep_and_wide(void **state)
{
	(void)state;
	gone(make_both);
}

/* Two threads do not need more than the tree is deep. */
static void few_descriptors(void **state)
{
	struct rlimit before, few;

	(void)state;
	fresh_with(make_both);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(take_away(2), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	check_kept();
}

/* A mount is found where it lies, and what is in it stays. */
static void mounted(void **state)
{
	for (unsigned threads = 1; threads <= 2; threads++) {
		int fd = fresh();

		(void)state;
		if (fd < 0)
			skip();
		wide(fd, 20);
		close(fd);
		assert_int_equal(mount("kept", TOP "/7/e", "tmpfs", 0, NULL), 0);
		test_tree_write("tree/7/e/file", 0600, "mounted\n");
		assert_int_equal(take_away(threads), -EBUSY);
		assert_non_null(strstr(why, "open folder 'e'"));
		assert_string_equal(test_tree_read("tree/7/e/file"), "mounted\n");
		assert_int_equal(umount(TOP "/7/e"), 0);
		assert_int_equal(take_away(threads), 0);
		check_kept();
	}
}

/* Three runs at once, as when what a killed tool has left is finished meanwhile: each
 * says that it is gone. */
static void at_once(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		struct stat st;

		fresh_with(make_both);
		for (int n = 0; n < 3; n++) {
			pid_t pid = fork();

			assert_true(pid >= 0);
			if (pid > 0)
				continue;
			if (take_away(2) == 0)
				_exit(0);
			(void)fprintf(stderr, "%s\n", why);
			_exit(1);
		}
		for (int n = 0, status; n < 3; n++) {
			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
		}
		assert_int_equal(stat(TOP, &st), -1);
		check_kept();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep_one),
		cmocka_unit_test(wide_one),
		cmocka_unit_test(deep_and_wide),
		cmocka_unit_test(few_descriptors),
		cmocka_unit_test(mounted),
		cmocka_unit_test(at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
