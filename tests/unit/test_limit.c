/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's limits on a cgroup tree of plain files, whose kernel has each controller
 * (the machine's own may have none). */
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cgroup.h"
#include "paths_test.h"
#include "unit.h"

#define CG "sys/cg/"

static struct vsd_server server;
static char why[VSD_WHY_MAX];
static int cgfd = -1;

/* In the place of cgroup.c. */
int vsd_cgroup_open_parent(bool make, int *out_fd)
{
	int fd = open(TEST_TREE "/" CG "vsd", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)make;
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

int vsd_cgroup_write(int fd, const char *file, const char *text)
{
	int out = openat(fd, file, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (out < 0)
		return -errno;
	assert_int_equal(write(out, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(write(out, "\n", 1), 1);
	assert_int_equal(close(out), 0);
	return 0;
}

static bool fresh(const char *controllers)
{
	static const char *const file[] = { "memory.max", "pids.max", "cpu.max", "io.max" };
	char path[64];

	if (cgfd >= 0)
		close(cgfd);
	cgfd = -1;
	if (test_tree_make() != 0)
		return false;
	test_tree_write(CG "cgroup.controllers", 0444, controllers);
	test_tree_write(CG "cgroup.subtree_control", 0644, "");
	test_tree_write(CG "vsd/cgroup.subtree_control", 0644, "");
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), CG "vsd/vs1/%s", file[i]);
		test_tree_write(path, 0644, "");
	}
	test_tree_write("vs/.keep", 0644, "");
	cgfd = open(TEST_TREE "/" CG "vsd/vs1", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(cgfd >= 0);
	server = (struct vsd_server){ .name = "vs1", .root = TEST_TREE "/vs" };
	why[0] = '\0';
	return true;
}

#define NEED(controllers) do { (void)state; if (!fresh(controllers)) skip(); } while (0)

static void is(const char *path, const char *text)
{
	if (strcmp(test_tree_read(path), text) != 0)
		fail_msg("%s: '%s', not '%s'", path, test_tree_read(path), text);
}

static void set_and_handed_down(void **state)
{
	NEED("cpuset cpu io memory pids\n");
	server.memory_bytes = 1ull << 40;
	server.cpu_percent = 250;
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), 0);
	is(CG "vsd/vs1/memory.max", "1099511627776\n");
	is(CG "vsd/vs1/cpu.max", "250000 100000\n");
	is(CG "vsd/vs1/pids.max", "max\n");
	is(CG "vsd/vs1/io.max", ""); /* a tree in memory has no disk */
	is(CG "cgroup.subtree_control", "+memory\n+cpu\n"); /* pids costs, and nobody wants it */
	is(CG "vsd/cgroup.subtree_control", "+memory\n+cpu\n");
}

static void taken_away(void **state)
{
	NEED("cpu memory pids\n");
	server.pids = 30;
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), 0);
	server.pids = 0;
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), 0);
	is(CG "vsd/vs1/pids.max", "30\nmax\n");
}

/* A word of the list, not a part of one. */
static void controllers(void **state)
{
	static const struct {
		const char *list;
		bool cpu, pids;
	} t[] = {
		{ "cpu pids\n", true, true }, { "cpuset pids\n", false, true },
		{ "cpuset cpu", true, false }, { "xcpu pidsx cpu\n", true, false },
		{ "xcpu\n", false, false }, { "", false, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		NEED(t[i].list);
		assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_CPU, &server), t[i].cpu);
		assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_PIDS, &server), t[i].pids);
	}
	assert_int_equal(unlink(TEST_TREE "/" CG "cgroup.controllers"), 0);
	assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_CPU, &server), -ENOENT);
	assert_int_equal(rename(TEST_TREE "/" CG "vsd", TEST_TREE "/" CG "away"), 0);
	assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_CPU, &server), -ENOENT);
}

static void what_is_not_enforced_is_named(void **state)
{
	NEED("memory\n");
	server.memory_bytes = 4096;
	server.pids = 30;
	server.cpu_percent = 20;
	server.io_read = server.io_write = 1;
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), -EOPNOTSUPP);
	assert_non_null(strstr(why, "not enforced: pids, cpu, io_read, io_write"));
	is(CG "vsd/vs1/memory.max", "4096\n"); /* what can be had is */
	assert_int_equal(unlink(TEST_TREE "/" CG "vsd/vs1/memory.max"), 0);
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), -EOPNOTSUPP);
	assert_non_null(strstr(why, "not enforced: memory, pids, cpu, io_read, io_write"));
}

static void other_errors(void **state)
{
	NEED("memory\n");
	server.memory_bytes = 4096;
	assert_int_equal(unlink(TEST_TREE "/" CG "vsd/vs1/memory.max"), 0);
	assert_int_equal(symlink("memory.max", TEST_TREE "/" CG "vsd/vs1/memory.max"), 0);
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), -ELOOP);
	assert_string_equal(why, "set its memory limit: Too many levels of symbolic links");
}

/* On a disk, where this machine's root lies on one. */
static void io_of_a_disk(void **state)
{
	char path[64], line[96];
	struct stat st;

	NEED("io memory\n");
	assert_int_equal(stat("/usr", &st), 0);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	snprintf(server.root, sizeof(server.root), "/usr");
	server.io_read = 5000000000ull;
	if (major(st.st_dev) == 0 || access(path, F_OK) < 0) {
		assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_IO_READ, &server), 0);
		assert_int_equal(vsd_limits_apply(cgfd, &server, why), -EOPNOTSUPP);
		is(CG "vsd/vs1/io.max", "");
		return;
	}
	assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_IO_READ, &server), 1);
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), 0);
	snprintf(line, sizeof(line), "%s", test_tree_read(CG "vsd/vs1/io.max"));
	assert_non_null(strstr(line, " rbps=5000000000\n"));
	assert_non_null(strstr(line, " wbps=max\n"));
	assert_true(strtoul(line, NULL, 10) > 0);
	/* what is written late counts for whose memory it was */
	is(CG "cgroup.subtree_control", "+memory\n+io\n");
	snprintf(server.root, sizeof(server.root), TEST_TREE "/nowhere");
	assert_int_equal(vsd_limit_is_possible(VSD_LIMIT_IO_READ, &server), -ENOENT);
	assert_int_equal(vsd_limits_apply(cgfd, &server, why), -EOPNOTSUPP);
}

static void of_the_server(void **state)
{
	static const struct vsd_server s = { .memory_bytes = 1, .pids = 2, .cpu_percent = 3,
					     .io_read = 4, .io_write = 5 };
	static const char *const name[] = { "memory", "pids", "cpu", "io_read", "io_write" };

	(void)state;
	for (int l = 0; l < VSD_LIMITS; l++) {
		assert_int_equal(vsd_limit_of(&s, (enum vsd_limit)l), l + 1);
		assert_string_equal(vsd_limit_name((enum vsd_limit)l), name[l]);
	}
	assert_int_equal(vsd_limit_of(&s, VSD_LIMITS), 0);
	assert_null(strstr(vsd_limit_lack(VSD_LIMIT_CPU), "device"));
	assert_non_null(strstr(vsd_limit_lack(VSD_LIMIT_IO_WRITE), "device"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_handed_down), cmocka_unit_test(taken_away),
		cmocka_unit_test(controllers), cmocka_unit_test(what_is_not_enforced_is_named),
		cmocka_unit_test(other_errors), cmocka_unit_test(io_of_a_disk),
		cmocka_unit_test(of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
