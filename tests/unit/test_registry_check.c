/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with the registry is told, mended, and not believed. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index.h"
#include "paths.h"
#include "paths_test.h"
#include "registry.h"
#include "servers.h"

static int fresh_tree(void **state)
{
	(void)state;
	return test_tree_make();
}

/* Edited by hand or restored from elsewhere: which of two servers a uid belongs
 * to would be a guess. */
static void clashing_files_are_shut(void **state)
{
	static char told[4096];
	struct vsd_server s;
	struct vsd_addr a = test_addr("10.77.0.4");
	int lock;

	(void)state;
	for (unsigned i = 1; i <= 6; i++) {
		char name[8], addr[16];

		snprintf(name, sizeof(name), "vs%u", i);
		snprintf(addr, sizeof(addr), "10.77.0.%u", i);
		test_server_add(name, i, addr);
	}
	test_tree_write("var/lib/vsd/given", 0644, "id = 6\nuid_end = 2001200\n");
	assert_int_equal(test_check(told, sizeof(told)), 0);
	s = test_server("vs2", 2, "10.77.0.2");
	s.uid_first -= 1; /* one id of vs1's */
	test_server_plant(&s);
	s = test_server("vs3", 3, "10.77.0.4");
	test_server_plant(&s);
	assert_int_equal(test_check(told, sizeof(told)), 6);
	lock = test_locked();
	assert_int_equal(vsd_registry_rebuild(lock), 0);
	close(lock);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(2000399, &s), -ENOENT);
	assert_int_equal(vsd_registry_find_addr(&a, &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(2000800, &s), 0);
	assert_string_equal(s.name, "vs5");
	assert_int_equal(test_check(told, sizeof(told)), 2);
	assert_non_null(strstr(told, "vs1: its range is server vs2's too"));
	assert_non_null(strstr(told, "vs3: its address is server vs4's too"));
	/* And without an index. */
	assert_int_equal(unlink(vsd_path_index), 0);
	assert_int_equal(vsd_registry_find_uid(2000199, &s), -EBADMSG);
	assert_int_equal(vsd_registry_find_addr(&a, &s), -EBADMSG);
	assert_int_equal(vsd_registry_find_uid(2000800, &s), 0);
}

static void check_tells(void **state)
{
	static const struct {
		const char *path, *text;
		mode_t mode;
		const char *want;
	} t[] = {
		{ "etc/vsd/servers/vs2", "format = 1\nx = 1\n", 0644, "vs2: /mnt/etc/vsd/servers/vs2: line 2: x: unknown key: vsd-servers(5) says how to mend it\n" },
		{ "etc/vsd/servers/vs2", "", 0666, "servers/vs2: not root's" },
		{ "etc/passwd", "host:x:2000000:1::/:/\n", 0644, "etc/passwd gives some to 'host'" },
		{ "var/lib/vsd/given", "?", 0644, "/given: damaged" },
		{ "var/lib/vsd/given", "id = 0\nuid_end = 0\n", 0644, "above all that were given" },
		{ "var/lib/vsd/index", "short", 0644, "index: damaged" },
	};
	static char told[4096];
	struct vsd_server s;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		fresh_tree(state);
		test_server_add("vs1", 1, "10.77.0.1");
		test_tree_write("var/lib/vsd/given", 0644, "id = 1\nuid_end = 2000200\n");
		assert_int_equal(test_check(told, sizeof(told)), 0);
		test_tree_write(t[i].path, t[i].mode, t[i].text);
		assert_int_equal(test_check(told, sizeof(told)), 1);
		assert_non_null(strstr(told, t[i].want));
	}
	/* An index that is sound and not the truth. */
	fresh_tree(state);
	test_server_add("vs1", 1, "10.77.0.1");
	test_tree_write("var/lib/vsd/given", 0644, "id = 9\nuid_end = 2009200\n");
	s = test_server("vs1", 1, "10.77.0.9");
	test_server_plant(&s);
	assert_int_equal(test_check(told, sizeof(told)), 1);
	assert_non_null(strstr(told, "vs1: the index does not have what its file says"));
	assert_int_equal(unlink(TEST_TREE "/etc/vsd/servers/vs1"), 0);
	assert_int_equal(test_check(told, sizeof(told)), 1);
	assert_non_null(strstr(told, "vs1: the index has it"));
}

/* A process that has the index mapped must see that it was mended. */
static void repair_reaches_old_mappings(void **state)
{
	struct vsd_index *ix = NULL;
	int lock;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	assert_int_equal(vsd_index_open(&ix), 0);
	lock = test_locked();
	assert_int_equal(vsd_registry_rebuild(lock), 0);
	close(lock);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_SUPERSEDED);
	vsd_index_close(ix);
}

static void other_peoples_files_are_refused(void **state)
{
	struct vsd_server s;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs1", 0664), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EPERM);
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs1", 0644), 0);
	assert_int_equal(chown(TEST_TREE "/etc/vsd/servers/vs1", 1, 0), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EPERM);
	assert_int_equal(unlink(TEST_TREE "/etc/vsd/servers/vs1"), 0);
	assert_int_equal(mkfifo(TEST_TREE "/etc/vsd/servers/vs1", 0644), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EBADMSG);
}

static int join(const struct vsd_server *s, void *arg)
{
	char *out = arg;

	snprintf(out + strlen(out), 64, "%s:%u ", s->name, s->max_users);
	return 0;
}

/* "NAME:MAX_USERS " of each that a repeated reading finds. */
static const char *again(void)
{
	static char out[512];

	out[0] = '\0';
	assert_int_equal(vsd_registry_each_again(join, NULL, out), 0);
	return out;
}

static void edit_in_place(const char *path, const char *from, const char *to)
{
	char text[2048] = "";
	FILE *f = fopen(path, "r+e");
	char *at;

	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(fseek(f, at - text, SEEK_SET), 0);
	assert_int_equal(fwrite(to, 1, strlen(to), f), strlen(to));
	assert_int_equal(fclose(f), 0);
}

/* What was read before is asked whether it still holds, whatever became of it. */
static void what_is_remembered_is_asked_again(void **state)
{
	struct vsd_server s = test_server("vs2", 2, "10.77.0.2");

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		char name[8], addr[16];

		snprintf(name, sizeof(name), "vs%u", i);
		snprintf(addr, sizeof(addr), "10.77.0.%u", i);
		test_server_add(name, i, addr);
	}
	sleep(3); /* older than what is not yet remembered */
	assert_string_equal(again(), "vs1:10 vs2:10 vs3:10 vs4:10 ");
	assert_string_equal(again(), "vs1:10 vs2:10 vs3:10 vs4:10 ");
	edit_in_place(TEST_TREE "/etc/vsd/servers/vs1", "max_users = 10", "max_users = 11");
	s.max_users = 22;
	test_server_plant(&s);
	assert_int_equal(unlink(TEST_TREE "/etc/vsd/servers/vs3"), 0);
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs4", 0664), 0);
	assert_string_equal(again(), "vs1:11 vs2:22 ");
	edit_in_place(TEST_TREE "/etc/vsd/servers/vs1", "max_users = 11", "max_users = 12");
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs4", 0644), 0);
	test_server_add("vs0", 9, "10.77.0.9");
	assert_string_equal(again(), "vs0:10 vs1:12 vs2:22 vs4:10 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(clashing_files_are_shut, fresh_tree),
		cmocka_unit_test_setup(check_tells, fresh_tree),
		cmocka_unit_test_setup(repair_reaches_old_mappings, fresh_tree),
		cmocka_unit_test_setup(other_peoples_files_are_refused, fresh_tree),
		cmocka_unit_test_setup(what_is_remembered_is_asked_again, fresh_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
