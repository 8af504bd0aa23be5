/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "paths_test.h"
#include "unit.h"

#define PATH_BYTES 512

static bool mounted;

static void folders(const char *path)
{
	char part[PATH_BYTES];

	for (const char *p = path; (p = strchr(p, '/')) != NULL; p++) {
		snprintf(part, sizeof(part), TEST_TREE "/%.*s", (int)(p - path), path);
		(void)mkdir(part, 0755); /* mostly there already; open() tells the rest */
	}
}

int test_tree_make(void)
{
	if (geteuid() != 0)
		return -1;
	umask(022);
	if (mounted)
		assert_int_equal(umount2(TEST_TREE, MNT_DETACH), 0);
	else if (unshare(CLONE_NEWNS) != 0 ||
		 mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	mounted = true;
	assert_int_equal(mount("tmpfs", TEST_TREE, "tmpfs", 0, "mode=0755"), 0);
	folders("etc/vsd/servers/");
	folders("var/lib/vsd/lock/");
	folders("var/spool/vsd/");
	folders("run/vsd/");
	assert_int_equal(chmod(TEST_TREE "/var/lib/vsd/lock", 0700), 0);
	assert_int_equal(chmod(TEST_TREE "/var/spool/vsd", 0700), 0);
	return 0;
}

void test_tree_write_bytes(const char *path, mode_t mode, const void *data, size_t len)
{
	char full[PATH_BYTES];
	int fd;

	folders(path);
	snprintf(full, sizeof(full), TEST_TREE "/%s", path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

void test_tree_write(const char *path, mode_t mode, const char *text)
{
	test_tree_write_bytes(path, mode, text, strlen(text));
}

const char *test_tree_read(const char *path)
{
	static char text[4096];
	char full[PATH_BYTES];
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), TEST_TREE "/%s", path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}
