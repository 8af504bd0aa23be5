/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index.h"
#include "paths.h"
#include "paths_test.h"
#include "registry.h"

static int fresh_tree(void **state)
{
	(void)state;
	return test_tree_make();
}

static struct vsd_server server(const char *name, uint32_t id, const char *address)
{
	struct vsd_server s = { .id = id, .uid_first = 2000000 + (id - 1) * 200,
				.uid_count = 200, .naddr = 1, .max_users = 10 };

	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.root, sizeof(s.root), "/home/vsd/vs/%s", name);
	snprintf(s.skel, sizeof(s.skel), "/home/vsd/skel");
	snprintf(s.fqdn, sizeof(s.fqdn), "%s.example.test", name);
	assert_int_equal(vsd_addr_parse(address, strlen(address), &s.addr[0]), 0);
	return s;
}

static int locked(void)
{
	int lock = -1;

	assert_int_equal(vsd_registry_lock(&lock), 0);
	return lock;
}

static void add(const char *name, uint32_t id, const char *address)
{
	struct vsd_server s = server(name, id, address);
	char why[VSD_WHY_MAX] = "";
	int lock = locked();

	assert_int_equal(vsd_registry_add(lock, &s, why), 0);
	close(lock);
}

static void finds_by_each_key(void **state)
{
	struct vsd_server s;
	struct vsd_addr a;

	(void)state;
	add("vs1", 1, "10.77.0.1");
	add("vs2", 2, "10.77.0.2");
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
	add("vs1", 1, "10.77.0.1");
	lock = locked();
	s = server("vs1", 2, "10.77.0.2");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	s = server("vs2", 2, "10.77.0.1");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	assert_non_null(strstr(why, "address is server vs1's"));
	s = server("vs2", 2, "10.77.0.2");
	s.uid_first = 2000199;
	assert_int_equal(vsd_registry_add(lock, &s, why), -EEXIST);
	s = server("vs2", 2, "10.77.0.2");
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
	add("vs1", 1, "10.77.0.1");
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_CURRENT);
	lock = locked();
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
	add("vs1", 1, "10.77.0.1");
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
	close(locked());
	assert_int_equal(vsd_index_open(&ix), 0);
	assert_int_equal(vsd_index_age(ix), VSD_INDEX_CURRENT);
	assert_non_null(vsd_index_find_uid(ix, 2001600));
	vsd_index_close(ix);
}

/* Every byte of the index turned over: refused or harmless, never a crash. */
static void damaged_index(void **state)
{
	struct vsd_index *ix;
	struct vsd_server s;
	static char whole[8192];
	size_t n;
	FILE *f;

	(void)state;
	add("vs1", 1, "10.77.0.1");
	f = fopen(vsd_path_index, "re");
	assert_non_null(f);
	n = fread(whole, 1, sizeof(whole), f);
	fclose(f);
	assert_true(n > 100 && n < sizeof(whole));
	for (size_t i = 0; i < n; i++) {
		whole[i] = (char)~whole[i];
		test_tree_write_bytes("var/lib/vsd/index", 0644, whole, n);
		ix = NULL;
		if (vsd_index_open(&ix) == 0) {
			(void)vsd_index_find_uid(ix, 2000000);
			(void)vsd_index_find_name(ix, "vs1", 3);
		}
		vsd_index_close(ix);
		whole[i] = (char)~whole[i];
	}
	test_tree_write_bytes("var/lib/vsd/index", 0644, whole, n / 2);
	assert_int_equal(vsd_index_open(&ix), -EBADMSG);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), 0);
}

static void ids_are_given_once(void **state)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];
	uint32_t id, uid;
	int lock;

	(void)state;
	assert_int_equal(vsd_conf_parse("slots = 3", 9, &c, why), 0);
	lock = locked();
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
	test_tree_write("var/lib/vsd/last-id", 0644, "x\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EBADMSG);
	close(lock);
	vsd_conf_free(c);
}

static void other_peoples_files_are_refused(void **state)
{
	struct vsd_server s;

	(void)state;
	add("vs1", 1, "10.77.0.1");
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs1", 0664), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EPERM);
	assert_int_equal(chmod(TEST_TREE "/etc/vsd/servers/vs1", 0644), 0);
	assert_int_equal(chown(TEST_TREE "/etc/vsd/servers/vs1", 1, 0), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EPERM);
	assert_int_equal(unlink(TEST_TREE "/etc/vsd/servers/vs1"), 0);
	assert_int_equal(mkfifo(TEST_TREE "/etc/vsd/servers/vs1", 0644), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_by_each_key, fresh_tree),
		cmocka_unit_test_setup(refuses_what_clashes, fresh_tree),
		cmocka_unit_test_setup(old_mappings_learn, fresh_tree),
		cmocka_unit_test_setup(dirty_index_is_not_believed, fresh_tree),
		cmocka_unit_test_setup(damaged_index, fresh_tree),
		cmocka_unit_test_setup(ids_are_given_once, fresh_tree),
		cmocka_unit_test_setup(other_peoples_files_are_refused, fresh_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
