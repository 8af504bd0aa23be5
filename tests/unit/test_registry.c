/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index.h"
#include "index_format.h"
#include "paths.h"
#include "paths_test.h"
#include "registry.h"
#include "servers.h"

static int fresh_tree(void **state)
{
	(void)state;
	return test_tree_make();
}

static void finds_by_each_key(void **state)
{
	struct vsd_server s;
	struct vsd_addr a;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	test_server_add("vs2", 2, "10.77.0.2");
	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	assert_int_equal(s.id, 2);
	assert_int_equal(vsd_registry_find_uid(2000199, &s), 0);
	assert_string_equal(s.name, "vs1");
	assert_int_equal(vsd_registry_find_uid(2000200, &s), 0);
	assert_string_equal(s.name, "vs2");
	assert_int_equal(vsd_registry_find_uid(1999999, &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(2000400, &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(0, &s), -ENOENT);
	assert_int_equal(vsd_addr_parse("10.77.0.2", 9, &a), 0);
	assert_int_equal(vsd_registry_find_addr(&a, &s), 0);
	assert_string_equal(s.name, "vs2");
	assert_int_equal(vsd_registry_find_name("../vs1", &s), -ENOENT);
}

static void refuses_what_clashes(void **state)
{
	struct vsd_server s;
	char why[VSD_WHY_MAX];
	int lock;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	lock = test_locked();
	s = test_server("vs1", 2, "10.77.0.2");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	s = test_server("vs2", 2, "10.77.0.1");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	assert_non_null(strstr(why, "address is server vs1's"));
	s = test_server("vs2", 2, "10.77.0.2");
	s.uid_first = 2000199;
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	s = test_server("vs2", 2, "10.77.0.2");
	s.uid_first = 0;
	assert_int_equal(vsd_registry_add(lock, &s, why), -EINVAL);
	assert_int_equal(vsd_registry_find_name("vs2", &s), -ENOENT);
	close(lock);
}

/* A mapping made before a change learns of it without a system call. */
static void old_mappings_learn(void **state)
{
	struct vsd_index *ix = NULL;
	struct vsd_server s;
	int lock;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_CURRENT);
	lock = test_locked();
	assert_int_equal(vsd_registry_remove(lock, "vs1"), 0);
	close(lock);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_SUPERSEDED);
	vsd_index_close(ix);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), -ENOENT);
}

/* What a writer killed after its commit point leaves: the new file, the old index. */
static void dirty_index_is_not_believed(void **state)
{
	static const uint32_t dirty = VSD_INDEX_DIRTY;
	struct vsd_index *ix = NULL;
	struct vsd_server s;
	FILE *f;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	f = fopen(vsd_path_index, "r+e");
	assert_non_null(f);
	fseek(f, 12, SEEK_SET);
	fwrite(&dirty, sizeof(dirty), 1, f);
	fclose(f);
	test_tree_write("etc/vsd/servers/vs9", 0644,
			"format = 1\nid = 9\nuid = 2001600\ncount = 200\nstate = enabled\n"
			"root = /home/vsd/vs/vs9\nskel = /home/vsd/skel\nfqdn = vs9.example.test\n"
			"quota_mb = 0\nmax_users = 1\nmax_sessions = 1\nmemory = 0\npids = 0\n"
			"cpu = 0\naddress = 10.77.0.9\n");
	assert_int_equal(vsd_registry_find_uid(2001600, &s), 0);
	assert_string_equal(s.name, "vs9");
	close(test_locked());
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_CURRENT);
	assert_non_null(vsd_index_find_uid(ix, 2001600));
	vsd_index_close(ix);
}

static char whole[8192]; /* the index of one server */
static size_t whole_len;

static void read_index(void)
{
	FILE *f = fopen(vsd_path_index, "re");

	assert_non_null(f);
	whole_len = fread(whole, 1, sizeof(whole), f);
	fclose(f);
	assert_true(whole_len > 100 && whole_len < sizeof(whole));
}

/* Every byte of the index turned over: refused or harmless, never a crash. */
static void damaged_index(void **state)
{
	const struct vsd_index_entry *e;
	struct vsd_index *ix;
	struct vsd_server s;
	int r;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	read_index();
	for (size_t i = 0; i < whole_len; i++) {
		whole[i] = (char)~whole[i];
		test_tree_write_bytes("var/lib/vsd/index", 0644, whole, whole_len);
		ix = NULL;
		if (vsd_index_open(&ix) == 0) {
			e = vsd_index_find_uid(ix, 2000000);
			assert_true(!e || 2000000 - e->uid_first < e->uid_count);
			e = vsd_index_find_name(ix, "vs1", 3);
			assert_true(!e || strcmp(e->name, "vs1") == 0);
			(void)vsd_index_at(ix, 0);
			r = vsd_index_check(ix);
			assert_true(r == 0 || r == -EBADMSG);
		}
		vsd_index_close(ix);
		whole[i] = (char)~whole[i];
	}
	test_tree_write_bytes("var/lib/vsd/index", 0644, whole, whole_len / 2);
	assert_int_equal(vsd_index_open(&ix), -EBADMSG);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), 0);
}

/* A number that leads out of the index: the lookup that meets it says so, the
 * registry's files answer, and the next writer makes a good one. */
static void damage_is_met_and_mended(void **state)
{
	static const uint32_t far = 77;
	struct vsd_index *ix = NULL;
	struct vsd_index_layout l;
	struct vsd_server s;

	(void)state;
	test_server_add("vs1", 1, "10.77.0.1");
	read_index();
	l = vsd_index_layout((const void *)whole);
	memcpy(whole + l.by_uid, &far, sizeof(far));
	test_tree_write_bytes("var/lib/vsd/index", 0644, whole, whole_len);
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_CURRENT);
	assert_int_equal(vsd_index_check(ix), -EBADMSG);
	assert_null(vsd_index_find_uid(ix, 2000000));
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_DIRTY);
	vsd_index_close(ix);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), 0);
	close(test_locked());
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_check(ix), 0);
	assert_non_null(vsd_index_find_uid(ix, 2000000));
	vsd_index_close(ix);
}

static void ids_are_given_once(void **state)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];
	uint32_t id, uid;
	int lock;

	(void)state;
	assert_int_equal(vsd_conf_parse("slots = 3", 9, &c, why), 0);
	lock = test_locked();
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), 0);
	assert_int_equal(id, 1);
	assert_int_equal(uid, 2000000);
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), 0);
	assert_int_equal(uid, 2000200);
	test_tree_write("etc/subuid", 0644, "vsd:2000000:600\nhost:2000599:10\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EEXIST);
	assert_non_null(strstr(why, "subuid gives some to 'host'"));
	test_tree_write("etc/subuid", 0644, "vsd:2000000:600\n");
	test_tree_write("etc/passwd", 0644, "root:x:0:0::/:/bin/sh\nx:x:2000400:5::/:/bin/sh\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EEXIST);
	test_tree_write("etc/passwd", 0644, "root:x:0:0::/:/bin/sh\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), 0);
	assert_int_equal(id, 3);
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -ENOSPC);
	test_tree_write("var/lib/vsd/given", 0644, "id = x\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EBADMSG);
	close(lock);
	vsd_conf_free(c);
}

/* A range that was a deleted server's must not become another's when vsd.conf
 * changes: its files may still lie somewhere. */
static void ranges_are_given_once(void **state)
{
	static const struct {
		const char *conf;
		int want;
		uint32_t uid;
	} t[] = {
		{ "", 0, 2000000 },
		{ "uid_step = 50", 0, 2000200 },
		{ "uid_step = 500", 0, 2000500 },
		{ "uid_base = 1900000", 0, 2001000 },
		{ "uid_base = 3000000\nslots = 1", 0, 3000000 },
		{ "uid_base = 3000000\nslots = 1", -ENOSPC, 0 },
		{ "", 0, 3000200 },
	};
	static const char *const bad[] = { "", "id = 1\n", "id = 1\nid = 1\n", "uid_end = 5\nid = -1\n",
					   "id = 1\nuid_end = 5\nmore = 1\n", "id\n" };
	char why[VSD_WHY_MAX];
	uint32_t id = 0, uid = 0, before = 0;
	struct vsd_conf *c;
	int lock = test_locked();

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		c = NULL;
		assert_int_equal(vsd_conf_parse(t[i].conf, strlen(t[i].conf), &c, why), 0);
		assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), t[i].want);
		vsd_conf_free(c);
		if (t[i].want < 0)
			continue;
		assert_int_equal(uid, t[i].uid);
		assert_int_equal(id, ++before);
	}
	c = NULL;
	assert_int_equal(vsd_conf_parse("", 0, &c, why), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		test_tree_write("var/lib/vsd/given", 0644, bad[i]);
		assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EBADMSG);
		assert_non_null(strstr(why, "given: damaged"));
	}
	/* The file lost: what the servers' own files say is left. */
	assert_int_equal(unlink(TEST_TREE "/var/lib/vsd/given"), 0);
	close(lock);
	test_server_add("vs7", 7, "10.77.0.7");
	lock = test_locked();
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), 0);
	assert_int_equal(id, 8);
	assert_int_equal(uid, 2001400);
	vsd_conf_free(c);
	close(lock);
}

/* What useradd and its like have put where the next range would be. */
static void host_ids_are_respected(void **state)
{
	static const struct {
		const char *file, *text;
		int want;
	} t[] = {
		{ "etc/passwd", "x:x:1999999:5::/:/bin/sh\n", 0 },
		{ "etc/passwd", "x:x:2000200:5::/:/bin/sh\n", 0 },
		{ "etc/passwd", "x:x:2000199:5::/:/bin/sh", -EEXIST },
		{ "etc/passwd", "a\n\n+\nx:x:2000000:5::/:/bin/sh\n", -EEXIST },
		{ "etc/passwd", "x:x:02000000:5::/:/bin/sh\n", -EEXIST }, /* strtoul's reading */
		{ "etc/passwd", "x:x:5:2000001::/:/bin/sh\n", -EEXIST },
		{ "etc/group", "g:x:2000100:\n", -EEXIST },
		{ "etc/group", "g:x:2000100", -EEXIST },
		{ "etc/subuid", "u:1000000:1000000\n", 0 },
		{ "etc/subuid", "u:1000000:1000001\n", -EEXIST },
		{ "etc/subuid", "u:2000199:1\n", -EEXIST },
		{ "etc/subuid", "u:0:4294967295\n", -EEXIST },
		{ "etc/subuid", "vsd:2000000:2000000\n", 0 },
		{ "etc/subgid", "vsdx:2000000:2\n", -EEXIST },
		{ "etc/subgid", "u:2000000\nu::\n:\n", 0 },
	};
	const struct vsd_range slot = { 2000000, 200 };
	char why[VSD_WHY_MAX];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		fresh_tree(state);
		test_tree_write(t[i].file, 0644, t[i].text);
		assert_int_equal(vsd_range_check_host(slot, why), t[i].want);
		assert_int_equal(why[0] != '\0', t[i].want < 0);
	}
	fresh_tree(state); /* unknown means refuse */
	assert_int_equal(mkdir(TEST_TREE "/etc/passwd", 0755), 0);
	assert_true(vsd_range_check_host(slot, why) < 0);
	assert_true(why[0] != '\0');
}

/* A newline in a member would be a line of the writer's choosing. */
static void members_cannot_write_lines(void **state)
{
	struct vsd_server s;
	char why[VSD_WHY_MAX];
	int lock = test_locked();

	(void)state;
	s = test_server("vs1", 1, "10.77.0.1");
	snprintf(s.fqdn, sizeof(s.fqdn), "a.test\naddress = 10.77.0.2");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EINVAL);
	assert_true(why[0] != '\0');
	s = test_server("vs1", 1, "10.77.0.1");
	snprintf(s.root, sizeof(s.root), "/home/a\nuid = 5");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EINVAL);
	s = test_server("vs1", 1, "10.77.0.1");
	snprintf(s.name, sizeof(s.name), "../vs1");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EINVAL);
	s = test_server("vs1", 1, "10.77.0.1");
	s.naddr = VSD_SERVER_ADDR_MAX + 1;
	assert_int_equal(vsd_registry_add(lock, &s, why), -EINVAL);
	s = test_server("vs1", 1, "10.77.0.1");
	assert_int_equal(vsd_registry_update(lock, &s, why), -ENOENT);
	assert_string_equal(why, "no such server");
	assert_int_equal(vsd_registry_remove(lock, "vs1"), -ENOENT);
	assert_int_equal(vsd_registry_remove(lock, "../vs1"), -ENOENT);
	close(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_by_each_key, fresh_tree),
		cmocka_unit_test_setup(refuses_what_clashes, fresh_tree),
		cmocka_unit_test_setup(old_mappings_learn, fresh_tree),
		cmocka_unit_test_setup(dirty_index_is_not_believed, fresh_tree),
		cmocka_unit_test_setup(damaged_index, fresh_tree),
		cmocka_unit_test_setup(damage_is_met_and_mended, fresh_tree),
		cmocka_unit_test_setup(ids_are_given_once, fresh_tree),
		cmocka_unit_test_setup(ranges_are_given_once, fresh_tree),
		cmocka_unit_test_setup(host_ids_are_respected, fresh_tree),
		cmocka_unit_test_setup(members_cannot_write_lines, fresh_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
