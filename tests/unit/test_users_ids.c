/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An id that was somebody's is given again only when no file is theirs any more. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths_test.h"
#include "safe.h"
#include "unit.h"
#include "users.h"

#define FIRST 2000000u

static struct vsd_server server;
static int rootfd = -1;
static char why[VSD_WHY_MAX];

/* Three ids but admin's; 1 and 2 were somebody's. */
static bool fresh(void)
{
	if (rootfd >= 0)
		close(rootfd);
	rootfd = -1;
	(void)umount2(TEST_TREE "/vs/srv", MNT_DETACH); /* of one test alone */
	if (test_tree_make() != 0)
		return false;
	test_tree_write("vs/etc/passwd", 0644, "root:x:0:0::/root:/bin/sh\nadmin:x:2000000:2000000::/root:/bin/sh\n");
	test_tree_write("vs/etc/group", 0644, "root:x:0:\nadmin:x:2000000:\n");
	test_tree_write("vs/etc/shadow", 0640, "admin:!:1:0:99999:7:::\n");
	test_tree_write("vs/etc/vsd/retired", 0644, "2000002\n");
	test_tree_write("vs/home/old/file", 0644, "");
	test_tree_write("vs/srv/.keep", 0644, "");
	server = (struct vsd_server){ .id = 1, .uid_first = FIRST, .uid_count = 4, .max_users = 9,
				      .name = "vs1" };
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/vs", &rootfd), 0);
	return true;
}

#define NEED() do { (void)state; if (!fresh()) skip(); } while (0)

static void own(const char *path, uint32_t uid, uint32_t gid)
{
	assert_int_equal(lchown(path, uid, gid), 0);
}

static int add(const char *name, uint32_t uid)
{
	struct vsd_user_new u = { .name = name, .uid = uid };
	uint32_t got = 0;
	int r = vsd_users_add(rootfd, &server, &u, &got, why);

	return r < 0 ? r : (int)(got - FIRST);
}

static void fresh_ids_first(void **state)
{
	NEED();
	assert_int_equal(add("a", 0), 3);
	assert_int_equal(add("b", 0), 1); /* nothing is owned by it */
	assert_int_equal(add("c", 0), 2);
	assert_int_equal(add("d", 0), -ENOSPC);
}

static void who_owns_files_is_passed_over(void **state)
{
	NEED();
	own(TEST_TREE "/vs/home/old/file", FIRST + 1, 0);
	assert_int_equal(add("a", 0), 3);
	assert_int_equal(add("b", FIRST + 1), -EEXIST);
	assert_string_equal(why, "files of an earlier 2000001 are left");
	assert_int_equal(add("b", 0), 2);
	assert_int_equal(add("c", 0), -ENOSPC);
	own(TEST_TREE "/vs/home/old/file", 0, 0);
	assert_int_equal(add("c", FIRST + 1), 1);
}

/* By its group, by a link itself, at the top: each holds an id back. */
static void whatever_is_owned(void **state)
{
	static const char *const path[] = { TEST_TREE "/vs/home/old", TEST_TREE "/vs/home/old/file",
					    TEST_TREE "/vs/home/link" };

	for (int i = 0; i < 3; i++) {
		NEED();
		assert_int_equal(symlink("/nowhere", TEST_TREE "/vs/home/link"), 0);
		own(path[i], 0, FIRST + 2);
		assert_int_equal(add("a", FIRST + 2), -EEXIST);
		assert_int_equal(add("a", FIRST + 1), 1);
	}
}

/* Another filesystem is not the server's to be looked through. */
static void a_mount_is_not_entered(void **state)
{
	NEED();
	assert_int_equal(mount("tmpfs", TEST_TREE "/vs/srv", "tmpfs", 0, "mode=0755"), 0);
	test_tree_write("vs/srv/file", 0644, "");
	own(TEST_TREE "/vs/srv/file", FIRST + 1, 0);
	assert_int_equal(add("a", FIRST + 1), 1);
}

/* No answer is better than a guess. */
static void what_cannot_be_told(void **state)
{
	static const char *const bad[] = { "2000002", "x\n", "-1\n", "99999999999\n", "\n" };
	char path[1024] = TEST_TREE "/vs/home";

	NEED();
	for (int i = 0; i < 130; i++) {
		(void)strcat(path, "/d");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	assert_int_equal(add("a", FIRST + 1), -ELOOP);
	assert_string_equal(why, "which ids own files cannot be told: a folder lies too deep");
	assert_int_equal(add("a", 0), 3); /* nobody's ever: nothing to look for */
	assert_int_equal(rename(TEST_TREE "/vs/home", TEST_TREE "/vs/away"), 0);
	assert_int_equal(add("b", FIRST + 1), -ENOENT);
	assert_int_equal(rename(TEST_TREE "/vs/away", TEST_TREE "/vs/home"), 0);
	server.uid_count = 65537;
	assert_int_equal(add("b", FIRST + 1), -ENOMEM);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		NEED();
		test_tree_write("vs/etc/vsd/retired", 0644, bad[i]);
		assert_true(add("a", 0) < 0);
		assert_int_equal(strncmp(why, "etc/vsd/retired: ", 17), 0);
		assert_true(vsd_users_remove(rootfd, &server, "admin", why) < 0);
	}
}

static void the_highest_is_kept(void **state)
{
	NEED();
	assert_int_equal(add("a", 0), 3);
	assert_int_equal(add("b", 0), 1);
	assert_int_equal(vsd_users_remove(rootfd, &server, "a", why), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/retired"), "2000003\n");
	assert_int_equal(vsd_users_remove(rootfd, &server, "b", why), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/retired"), "2000003\n");
}

static void how_many_users(void **state)
{
	NEED();
	assert_int_equal(vsd_users_write_max(rootfd, 4000000000u), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/max_users"), "4000000000\n");
	assert_int_equal(vsd_users_write_max(rootfd, 0), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/max_users"), "0\n");
	assert_int_equal(chmod(TEST_TREE "/vs/etc/vsd", 0777), 0); /* then it is not root's alone */
	assert_true(vsd_users_write_max(rootfd, 1) < 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/max_users"), "0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_ids_first), cmocka_unit_test(who_owns_files_is_passed_over),
		cmocka_unit_test(whatever_is_owned), cmocka_unit_test(a_mount_is_not_entered),
		cmocka_unit_test(what_cannot_be_told), cmocka_unit_test(the_highest_is_kept),
		cmocka_unit_test(how_many_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
