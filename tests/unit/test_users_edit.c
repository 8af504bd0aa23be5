/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What usermod, groupadd, groupdel and gpasswd ask for, in a private tree. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paths_test.h"
#include "safe.h"
#include "unit.h"
#include "users.h"

#define PASSWD "root:x:0:0::/root:/bin/sh\nadmin:x:2000000:2000000::/root:/bin/sh\n"           \
	       "alice:x:2000001:2000001:Al:/home/alice:/bin/sh\n"                                \
	       "bob:x:2000002:2000002::/home/bob:/bin/sh\nshort:x:2000003:2000003\n"             \
	       "outside:x:1000:1000::/:/bin/sh\n"
#define GROUP  "root:x:0:\ndisk:x:6:\nadmin:x:2000000:\nalice:x:2000001:\nbob:x:2000002:\n"     \
	       "www:x:2000150:bob\nftp:x:2000151:alice,bob\n"
#define SHADOW "admin:$6$a$b:1:0:99999:7:::\nalice:$6$c$d:1:0:99999:7:::\nbob:!:1:0:99999:7:::\n"

static struct vsd_server server = { .id = 1, .uid_first = 2000000, .uid_count = 200,
				    .max_users = 9, .name = "vs1" };
static int rootfd = -1;
static char why[VSD_WHY_MAX];

static bool fresh(void)
{
	if (rootfd >= 0)
		close(rootfd);
	rootfd = -1;
	if (test_tree_make() != 0)
		return false;
	test_tree_write("vs/etc/passwd", 0644, PASSWD);
	test_tree_write("vs/etc/group", 0644, GROUP);
	test_tree_write("vs/etc/shadow", 0640, SHADOW);
	test_tree_write("vs/etc/vsd/priv", 0644, "");
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/vs", &rootfd), 0);
	return true;
}

#define NEED() do { (void)state; if (!fresh()) skip(); } while (0)

static void has(const char *file, const char *text)
{
	if (!strstr(test_tree_read(file), text))
		fail_msg("%s lacks '%s': %s", file, text, test_tree_read(file));
}

static void unchanged(void)
{
	assert_string_equal(test_tree_read("vs/etc/passwd"), PASSWD);
	assert_string_equal(test_tree_read("vs/etc/group"), GROUP);
	assert_string_equal(test_tree_read("vs/etc/shadow"), SHADOW);
}

static void changes(void **state)
{
	static const struct {
		const char *user;
		struct vsd_user_edit e;
		const char *file, *line;
	} table[] = {
		{ "alice", { .gecos = "Al, Ice" }, "passwd", "\nalice:x:2000001:2000001:Al, Ice:/home/alice:/bin/sh\n" },
		{ "alice", { .gecos = "" }, "passwd", "\nalice:x:2000001:2000001::/home/alice:/bin/sh\n" },
		{ "alice", { .home = "/srv/a" }, "passwd", "\nalice:x:2000001:2000001:Al:/srv/a:/bin/sh\n" },
		{ "alice", { .shell = "/bin/bash" }, "passwd", ":/home/alice:/bin/bash\n" },
		{ "alice", { .shell = "" }, "passwd", ":/home/alice:\n" },
		{ "alice", { .group = "www" }, "passwd", "\nalice:x:2000001:2000150:Al:" },
		{ "alice", { .group = "2000150" }, "passwd", "\nalice:x:2000001:2000150:Al:" },
		{ "alice", { .groups = "www,bob" }, "group",
		  "\nbob:x:2000002:alice\nwww:x:2000150:bob,alice\nftp:x:2000151:bob\n" },
		{ "alice", { .groups = "www", .append = true }, "group",
		  "\nwww:x:2000150:bob,alice\nftp:x:2000151:alice,bob\n" },
		{ "alice", { .groups = "ftp", .append = true }, "group", "\nftp:x:2000151:alice,bob\n" },
		{ "bob", { .groups = "" }, "group", "\nwww:x:2000150:\nftp:x:2000151:alice\n" },
		{ "alice", { .lock = VSD_LOCK_ON }, "shadow", "\nalice:!$6$c$d:1:0:99999:7:::\n" },
		{ "alice", { .lock = VSD_LOCK_OFF }, "shadow", "\nalice:$6$c$d:1:" },
		{ "bob", { .lock = VSD_LOCK_ON }, "shadow", "\nbob:!:1:" }, /* once is enough */
		{ "alice", { .must_change = true }, "shadow", "\nalice:$6$c$d:0:0:99999:7:::\n" },
		{ "alice", { .set_expire = true, .expire_day = 20000 }, "shadow", ":7::20000:\nbob" },
		{ "alice", { .set_expire = true, .expire_day = -1 }, "shadow", ":7:::\nbob" },
		{ "admin", { .gecos = "The boss", .shell = "/bin/bash" }, "passwd",
		  "\nadmin:x:2000000:2000000:The boss:/root:/bin/bash\n" },
		{ "admin", { .groups = "www" }, "group", "\nwww:x:2000150:bob,admin\n" },
	};
	char file[64];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		NEED();
		if (vsd_users_edit(rootfd, &server, table[i].user, &table[i].e, why) != 0)
			fail_msg("line %zu: %s", i, why);
		(void)snprintf(file, sizeof(file), "vs/etc/%s", table[i].file);
		has(file, table[i].line);
	}
}

static void a_lock_comes_off(void **state)
{
	const struct vsd_user_edit on = { .lock = VSD_LOCK_ON }, off = { .lock = VSD_LOCK_OFF };

	NEED();
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &on, why), 0);
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &on, why), 0);
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &off, why), 0);
	unchanged();
}

static void refused(void **state)
{
	static const struct {
		const char *user;
		struct vsd_user_edit e;
		int error;
	} table[] = {
		{ "carol", { .gecos = "x" }, -ENOENT },
		{ "root", { .shell = "/bin/bash" }, -ENOENT },
		{ "outside", { .shell = "/bin/bash" }, -ENOENT },
		{ "short", { .shell = "/bin/bash" }, -ENOENT },
		{ "alice:x", { .gecos = "x" }, -ENOENT },
		{ "", { .gecos = "x" }, -ENOENT },
		{ "admin", { .home = "/home/admin" }, -EPERM },
		{ "admin", { .group = "www" }, -EPERM },
		{ "admin", { .lock = VSD_LOCK_ON }, -EPERM },
		{ "admin", { .set_expire = true, .expire_day = 1 }, -EPERM },
		{ "alice", { .gecos = "x\nroot2:x:0:0::/:/bin/sh" }, -EINVAL },
		{ "alice", { .gecos = "x:0" }, -EINVAL },
		{ "alice", { .home = "home" }, -EINVAL },
		{ "alice", { .home = "" }, -EINVAL },
		{ "alice", { .shell = "sh" }, -EINVAL },
		{ "alice", { .shell = "/bin/sh\x7f" }, -EINVAL },
		{ "alice", { .group = "disk" }, -ENOENT }, /* the host's, by its number */
		{ "alice", { .group = "6" }, -ENOENT },
		{ "alice", { .group = "0" }, -ENOENT },
		{ "alice", { .group = "a:b" }, -ENOENT },
		{ "alice", { .groups = "disk" }, -ENOENT },
		{ "alice", { .groups = "www,root", .append = true }, -ENOENT },
		{ "alice", { .groups = ",www" }, -EINVAL },
		{ "alice", { .groups = "www,,bob" }, -EINVAL },
		{ "alice", { .groups = "www," }, -EINVAL },
		{ "alice", { .groups = "abcdefghijklmnopqrstuvwxyz0123456789" }, -EINVAL },
		{ "bob", { .lock = VSD_LOCK_OFF }, -EPERM }, /* it would be no password at all */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		NEED();
		if (vsd_users_edit(rootfd, &server, table[i].user, &table[i].e, why) != table[i].error)
			fail_msg("line %zu: not %s: %s", i, strerror(-table[i].error), why);
		assert_string_not_equal(why, "");
		unchanged();
	}
}

/* Files that admin or a crash has spoilt. */
static void spoilt_files(void **state)
{
	const struct vsd_user_edit lock = { .lock = VSD_LOCK_ON }, must = { .must_change = true };

	NEED();
	test_tree_write("vs/etc/shadow", 0640, "admin:x:1:0:99999:7:::\n");
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &lock, why), -ENOENT);
	assert_string_equal(why, "no line in etc/shadow");
	test_tree_write("vs/etc/shadow", 0640, "alice:x\n");
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &must, why), -EINVAL);
	assert_string_equal(test_tree_read("vs/etc/shadow"), "alice:x\n");
	assert_int_equal(unlink(TEST_TREE "/vs/etc/shadow"), 0);
	assert_int_equal(vsd_users_edit(rootfd, &server, "alice", &lock, why), -ENOENT);
	assert_int_equal(strncmp(why, "etc/shadow: ", 12), 0);
	assert_int_equal(vsd_groups_add(rootfd, &server, "new", 0, why), -ENOENT);
	assert_int_equal(vsd_groups_remove(rootfd, &server, "www", why), -ENOENT);
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "bob", false, why), -ENOENT);
	assert_string_equal(test_tree_read("vs/etc/group"), GROUP);
}

static void groups_come(void **state)
{
	NEED();
	assert_int_equal(vsd_groups_add(rootfd, &server, "new", 0, why), 0);
	has("vs/etc/group", "alice,bob\nnew:x:2000003:\n");
	assert_int_equal(vsd_groups_add(rootfd, &server, "other", 2000100, why), 0);
	has("vs/etc/group", "\nother:x:2000100:\n");
	assert_int_equal(vsd_groups_add(rootfd, &server, "new", 0, why), -EEXIST);
	assert_int_equal(vsd_groups_add(rootfd, &server, "disk", 0, why), -EEXIST);
	assert_int_equal(vsd_groups_add(rootfd, &server, "x", 2000100, why), -EEXIST);
	assert_int_equal(vsd_groups_add(rootfd, &server, "x", 6, why), -EINVAL);
	assert_int_equal(vsd_groups_add(rootfd, &server, "x:x:0:\ny", 0, why), -EINVAL);
	assert_int_equal(vsd_groups_add(rootfd, &server, "", 0, why), -EINVAL);
	assert_null(strstr(test_tree_read("vs/etc/group"), "\nx"));
}

static void groups_go(void **state)
{
	NEED();
	assert_int_equal(vsd_groups_remove(rootfd, &server, "alice", why), -EBUSY);
	assert_int_equal(vsd_groups_remove(rootfd, &server, "admin", why), -EPERM);
	assert_int_equal(vsd_groups_remove(rootfd, &server, "disk", why), -ENOENT);
	assert_int_equal(vsd_groups_remove(rootfd, &server, "none", why), -ENOENT);
	assert_int_equal(vsd_groups_remove(rootfd, &server, "w:w", why), -ENOENT);
	unchanged();
	assert_int_equal(vsd_groups_remove(rootfd, &server, "www", why), 0);
	assert_null(strstr(test_tree_read("vs/etc/group"), "www"));
	assert_string_equal(test_tree_read("vs/etc/vsd/retired"), "2000150\n");
}

static void members(void **state)
{
	NEED();
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "alice", true, why), 0);
	has("vs/etc/group", "\nwww:x:2000150:bob,alice\n");
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "alice", true, why), 0);
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "bob", false, why), 0);
	has("vs/etc/group", "\nwww:x:2000150:alice\nftp:x:2000151:alice,bob\n");
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "bob", false, why), -ENOENT);
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "carol", true, why), -ENOENT);
	assert_int_equal(vsd_groups_member(rootfd, &server, "www", "root", true, why), -ENOENT);
	assert_int_equal(vsd_groups_member(rootfd, &server, "disk", "bob", true, why), -ENOENT);
	assert_int_equal(vsd_groups_member(rootfd, &server, "none", "bob", true, why), -ENOENT);
	has("vs/etc/group", "\ndisk:x:6:\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes), cmocka_unit_test(a_lock_comes_off),
		cmocka_unit_test(refused), cmocka_unit_test(spoilt_files),
		cmocka_unit_test(groups_come), cmocka_unit_test(groups_go),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
