/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Account files and rights, changed in a private tree. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths_test.h"
#include "safe.h"
#include "unit.h"
#include "users.h"

#define ETC TEST_TREE "/vs/etc/"

static struct vsd_server server;
static int rootfd = -1;
static char why[VSD_WHY_MAX];

static bool fresh(void)
{
	if (rootfd >= 0)
		close(rootfd);
	rootfd = -1;
	if (test_tree_make() != 0)
		return false;
	test_tree_write("vs/etc/passwd", 0644,
			"root:x:0:0::/root:/bin/sh\nadmin:x:2000000:2000000::/root:/bin/sh");
	test_tree_write("vs/etc/group", 0644,
			"root:x:0:\nadmin:x:2000000:alice,bob,alice\nwww:x:2000150:bob,alice\n");
	test_tree_write("vs/etc/shadow", 0640, "admin:!:1:0:99999:7:::\nalice:stale:1::::::\n");
	test_tree_write("vs/etc/skel/.profile", 0644, "# hello\n");
	test_tree_write("vs/etc/skel/sub/x", 0600, "x\n");
	test_tree_write("vs/home/.keep", 0644, "");
	test_tree_write("vs/etc/vsd/priv", 0644, "ftp:x::bob\nlogin:x::admin\n");
	server = (struct vsd_server){ .id = 1, .uid_first = 2000000, .uid_count = 200,
				      .max_users = 3, .name = "vs1" };
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/vs", &rootfd), 0);
	return true;
}

#define NEED() do { (void)state; if (!fresh()) skip(); } while (0)

static int add(const char *name, uint32_t uid)
{
	struct vsd_user_new u = { .name = name, .uid = uid };
	uint32_t got = 0;
	int r = vsd_users_add(rootfd, &server, &u, &got, why);

	return r < 0 ? r : (int)(got - server.uid_first);
}

static void added_lines(void **state)
{
	struct vsd_user_new u = { .name = "alice", .gecos = "Al, Ice", .make_home = true };
	uint32_t uid = 0;
	struct stat st;

	NEED();
	assert_int_equal(vsd_users_add(rootfd, &server, &u, &uid, why), 0);
	assert_int_equal(uid, 2000001);
	assert_string_equal(test_tree_read("vs/etc/passwd"),
			    "root:x:0:0::/root:/bin/sh\nadmin:x:2000000:2000000::/root:/bin/sh\n"
			    "alice:x:2000001:2000001:Al, Ice:/home/alice:/bin/bash\n");
	assert_non_null(strstr(test_tree_read("vs/etc/group"), "\nalice:x:2000001:\n"));
	assert_null(strstr(test_tree_read("vs/etc/shadow"), "stale"));
	assert_non_null(strstr(test_tree_read("vs/etc/shadow"), "\nalice:!:"));
	assert_int_equal(stat(ETC "shadow", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat(TEST_TREE "/vs/home/alice", &st), 0);
	assert_int_equal(st.st_uid, 2000001);
	assert_int_equal(st.st_gid, 2000001);
	assert_int_equal(stat(TEST_TREE "/vs/home/alice/sub/x", &st), 0);
	assert_int_equal(st.st_uid, 2000001);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(ETC ".new-home", F_OK), -1);
}

static void refused_names(void **state)
{
	static const char *const bad[] = { "", "Root", "a b", "a:b", "a\nb", "-x", "a@b", "../x",
					   "abcdefghijklmnopqrstuvwxyz0123456" };

	NEED();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(add(bad[i], 0), -EINVAL);
	assert_int_equal(add("root", 0), -EEXIST);
	assert_int_equal(add("www", 0), -EEXIST); /* a group's name */
	assert_int_equal(add("x", 5), -EINVAL);
	assert_int_equal(add("x", 2000000), -EINVAL);
	assert_int_equal(add("x", 2000200), -EINVAL);
	assert_int_equal(add("x", 2000150), -EEXIST); /* a group's gid */
}

static void refused_fields(void **state)
{
	const struct vsd_user_new bad[] = {
		{ .name = "a", .gecos = "x\nroot2:x:0:0::/:" },
		{ .name = "a", .gecos = "x:y" },
		{ .name = "a", .shell = "bash" },
		{ .name = "a", .home = "home/a" },
		{ .name = "a", .hash = "x:y" },
		{ .name = "a", .home = "/home/..", .make_home = true },
		{ .name = "a", .home = "/nowhere/a", .make_home = true },
	};
	uint32_t uid;

	NEED();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(vsd_users_add(rootfd, &server, &bad[i], &uid, why) < 0);
	assert_null(strstr(test_tree_read("vs/etc/passwd"), "\na:"));
}

static void limit_and_order(void **state)
{
	NEED();
	assert_int_equal(add("a", 0), 1);
	assert_int_equal(add("c", 2000003), 3);
	assert_int_equal(add("b", 0), 2);
	assert_int_equal(add("d", 0), -EDQUOT);
	server.max_users = 1000;
	server.uid_count = 4;
	assert_int_equal(add("d", 0), -ENOSPC);
}

/* admin owns /home and puts a link where the home shall be. */
static void home_is_a_link(void **state)
{
	struct vsd_user_new u = { .name = "alice", .make_home = true };
	struct stat st;
	uint32_t uid;

	NEED();
	assert_int_equal(symlink("/etc", TEST_TREE "/vs/home/alice"), 0);
	assert_int_equal(vsd_users_add(rootfd, &server, &u, &uid, why), -EEXIST);
	assert_int_equal(access(ETC ".new-home", F_OK), -1);
	assert_int_equal(stat(TEST_TREE "/vs/etc", &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_null(strstr(test_tree_read("vs/etc/passwd"), "alice"));
}

static int add_with_home(const char *name, const char *home)
{
	struct vsd_user_new u = { .name = name, .home = home, .make_home = true };
	uint32_t uid;

	return vsd_users_add(rootfd, &server, &u, &uid, why);
}

/* What may be in a server's etc/skel, which admin may have had from anywhere. */
static void odd_skeletons(void **state)
{
	char path[256] = TEST_TREE "/vs/etc/skel";

	NEED();
	assert_int_equal(symlink("/etc/shadow", ETC "skel/link"), 0);
	assert_int_equal(mkfifo(ETC "skel/fifo", 0644), 0); /* must not wait */
	assert_int_equal(add_with_home("a", NULL), 0);
	assert_string_equal(test_tree_read("vs/home/a/.profile"), "# hello\n");
	assert_int_equal(access(TEST_TREE "/vs/home/a/link", F_OK), -1);
	assert_int_equal(access(TEST_TREE "/vs/home/a/fifo", F_OK), -1);
	test_tree_write("vs/etc/skel/theirs", 0666, "x\n");
	assert_int_equal(add_with_home("b", NULL), -EPERM);
	assert_int_equal(unlink(ETC "skel/theirs"), 0);
	for (int i = 0; i < 9; i++) {
		(void)strcat(path, "/d");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	assert_int_equal(add_with_home("b", NULL), -E2BIG);
	assert_int_equal(access(TEST_TREE "/vs/home/b", F_OK), -1);
	assert_int_equal(access(ETC ".new-home", F_OK), 0); /* it goes with the next one */
	assert_int_equal(rename(ETC "skel", ETC "away"), 0);
	assert_int_equal(add_with_home("b", NULL), 0);
	assert_int_equal(rmdir(TEST_TREE "/vs/home/b"), 0); /* an empty one, then */
	assert_int_equal(access(ETC ".new-home", F_OK), -1);
	assert_int_equal(symlink("away", ETC "skel"), 0);
	assert_int_equal(add_with_home("c", NULL), -ENOTDIR);
	assert_null(strstr(test_tree_read("vs/etc/passwd"), "\nc:"));
}

/* Homes that lie nowhere, or where somebody's is. */
static void odd_homes(void **state)
{
	NEED();
	assert_int_equal(add_with_home("a", "/home/"), -EINVAL);
	assert_int_equal(add_with_home("a", "/home/."), -EINVAL);
	assert_int_equal(add_with_home("a", "/etc/skel"), -EEXIST);
	assert_int_equal(add_with_home("a", "/home/../../x"), -EXDEV);
	test_tree_write("vs/home/a/kept", 0644, "kept\n");
	assert_int_equal(add_with_home("a", NULL), -EEXIST);
	assert_string_equal(test_tree_read("vs/home/a/kept"), "kept\n");
	assert_null(strstr(test_tree_read("vs/etc/passwd"), "\na:"));
}

static void removed(void **state)
{
	NEED();
	assert_int_equal(add("alice", 0), 1);
	assert_int_equal(vsd_users_remove(rootfd, &server, "alice", why), 0);
	assert_null(strstr(test_tree_read("vs/etc/passwd"), "alice"));
	assert_null(strstr(test_tree_read("vs/etc/shadow"), "alice"));
	assert_string_equal(test_tree_read("vs/etc/group"),
			    "root:x:0:\nadmin:x:2000000:bob\nwww:x:2000150:bob\n");
	assert_int_equal(vsd_users_remove(rootfd, &server, "alice", why), -ENOENT);
	assert_int_equal(vsd_users_remove(rootfd, &server, "root", why), -ENOENT);
	assert_int_equal(vsd_users_remove(rootfd, &server, "admin", why), -EPERM);
}

static int set_hash(const char *name, uint32_t uid, const char *seen, const char *hash)
{
	const struct vsd_user_seen u = { .name = name, .uid = uid, .hash = seen };

	return vsd_users_set_hash(rootfd, &server, &u, hash, why);
}

/* Between the old password and the new one somebody types, and admin works. */
static void hash_of_another_account(void **state)
{
	NEED();
	assert_int_equal(set_hash("admin", 2000001, NULL, "x"), -ESTALE);
	assert_int_equal(set_hash("admin", 2000000, "$6$x$y", "x"), -ESTALE);
	assert_int_equal(set_hash("admin", 2000000, "", "x"), -ESTALE);
	assert_int_equal(set_hash("admin", 2000000, "!", "$6$x$y"), 0);
	assert_int_equal(set_hash("admin", 2000000, "!", "x"), -ESTALE);
	assert_int_equal(set_hash("admin", 2000000, "$6$x$", "x"), -ESTALE);
	assert_int_equal(strncmp(test_tree_read("vs/etc/shadow"), "admin:$6$x$y:", 13), 0);
	assert_int_equal(set_hash("root", 0, NULL, "x"), -ENOENT);
	assert_int_equal(set_hash("alice", 2000001, NULL, "x"), -ENOENT); /* no passwd line */
}

static void hash_is_set(void **state)
{
	NEED();
	assert_int_equal(set_hash("admin", 2000000, NULL, "$6$x$y"), 0);
	assert_int_equal(strncmp(test_tree_read("vs/etc/shadow"), "admin:$6$x$y:", 13), 0);
	assert_non_null(strstr(test_tree_read("vs/etc/shadow"), ":0:99999:7:::\nalice:stale:1::::::\n"));
	assert_int_equal(set_hash("bob", 2000000, NULL, "x"), -ENOENT);
	assert_int_equal(set_hash("admin", 2000000, NULL, "x:0:0"), -EINVAL);
	assert_int_equal(set_hash("admin", 2000000, NULL, "x\ny"), -EINVAL);
}

static void lock_that_others_could_hold(void **state)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	NEED();
	fd = open(ETC ".pwd.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &l), 0);
	assert_int_equal(set_hash("admin", 2000000, NULL, "x"), -EBUSY);
	close(fd);
	assert_int_equal(chmod(ETC ".pwd.lock", 0644), 0);
	assert_int_equal(set_hash("admin", 2000000, NULL, "x"), -EPERM);
	assert_int_equal(unlink(ETC ".pwd.lock"), 0);
	assert_int_equal(mkfifo(ETC ".pwd.lock", 0600), 0); /* must not wait */
	assert_int_equal(set_hash("admin", 2000000, NULL, "x"), -EPERM);
}

static void rights(void **state)
{
	NEED();
	assert_int_equal(vsd_rights_has(rootfd, "ftp", "bob"), 1);
	assert_int_equal(vsd_rights_has(rootfd, "ftp", "bo"), 0);
	assert_int_equal(vsd_rights_has(rootfd, "ftp", "admin"), 0);
	assert_int_equal(vsd_rights_has(rootfd, "telnet", "bob"), 0);
	assert_int_equal(vsd_rights_has(rootfd, "", "bob"), 0);
	assert_int_equal(vsd_rights_set(rootfd, "login", "bob", true, why), 1);
	assert_int_equal(vsd_rights_set(rootfd, "login", "bob", true, why), 0);
	assert_int_equal(vsd_rights_set(rootfd, "telnet", "bob", true, why), 1);
	assert_int_equal(vsd_rights_set(rootfd, "telnet", "bo", false, why), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/priv"),
			    "ftp:x::bob\nlogin:x::admin,bob\ntelnet:x::bob\n");
	assert_int_equal(vsd_rights_set(rootfd, "login", "bob", false, why), 1);
	assert_int_equal(vsd_rights_set(rootfd, "login", "bob", false, why), 0);
	assert_int_equal(vsd_rights_set(rootfd, "telnet", "bob", false, why), 1);
	assert_int_equal(vsd_rights_set(rootfd, "nosuch", "bob", false, why), 0);
	assert_string_equal(test_tree_read("vs/etc/vsd/priv"), "ftp:x::bob\nlogin:x::admin\ntelnet:x::\n");
	assert_int_equal(vsd_rights_set(rootfd, "a:b", "bob", true, why), -EINVAL);
	test_tree_write("vs/etc/vsd/priv", 0644, "ftp:x:bob\nftp:x::y:bob\nftp\nftp:x::root,bob");
	assert_int_equal(vsd_rights_has(rootfd, "ftp", "bob"), 1);
	assert_int_equal(unlink(ETC "vsd/priv"), 0);
	assert_int_equal(vsd_rights_has(rootfd, "ftp", "bob"), 0);
	assert_int_equal(symlink("../passwd", ETC "vsd/priv"), 0);
	assert_true(vsd_rights_has(rootfd, "ftp", "bob") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_lines),
		cmocka_unit_test(refused_names),
		cmocka_unit_test(refused_fields),
		cmocka_unit_test(limit_and_order),
		cmocka_unit_test(home_is_a_link),
		cmocka_unit_test(odd_skeletons),
		cmocka_unit_test(odd_homes),
		cmocka_unit_test(removed),
		cmocka_unit_test(hash_is_set),
		cmocka_unit_test(hash_of_another_account),
		cmocka_unit_test(lock_that_others_could_hold),
		cmocka_unit_test(rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
