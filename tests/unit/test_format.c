/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What another version wrote is refused by file, format and what is known here; what
 * an older one wrote is read, and written anew as this version does. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index_format.h"
#include "job_impl.h"
#include "jobs.h"
#include "paths.h"
#include "paths_test.h"
#include "refresh_journal.h"
#include "registry.h"
#include "running.h"
#include "servers.h"
#include "skelconf.h"

#define NEWER "new = 1\nformat = 3\n"
#define SERVER "/mnt/etc/vsd/servers/vs2: line 2: format: '3' is another version's, this program knows 1"

static int fresh_tree(void **state)
{
	(void)state;
	if (jobs_tree_make() < 0)
		return -1;
	test_server_add("vs1", 1, "10.77.0.1");
	test_server_add("vs3", 3, "10.77.0.3");
	test_tree_write("var/lib/vsd/given", 0644, "id = 9\nuid_end = 2009200\n");
	return 0;
}

static void set_index_format(uint32_t format)
{
	int fd = open(vsd_path_index, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, &format, sizeof(format),
				offsetof(struct vsd_index_header, version)), sizeof(format));
	close(fd);
}

static uint32_t index_format(void)
{
	int fd = open(vsd_path_index, O_RDONLY | O_CLOEXEC);
	uint32_t format = 0;

	assert_int_equal(pread(fd, &format, sizeof(format),
			       offsetof(struct vsd_index_header, version)), sizeof(format));
	close(fd);
	return format;
}

static void newer_server(void **state)
{
	static char told[4096];
	char why[VSD_WHY_MAX];
	struct vsd_server s;

	(void)state;
	test_tree_write("etc/vsd/servers/vs2", 0644, NEWER);
	assert_int_equal(vsd_registry_find_name("vs2", &s), -EPROTONOSUPPORT);
	vsd_registry_why("vs2", -EPROTONOSUPPORT, why);
	assert_string_equal(why, SERVER);
	vsd_registry_why(NULL, -EPROTONOSUPPORT, why);
	assert_string_equal(why, SERVER);
	assert_int_equal(test_check(told, sizeof(told)), 1);
	assert_non_null(strstr(told, SERVER));
}

/* An index without it would tell its version's modules that it is no more. */
static void newer_server_is_not_lost(void **state)
{
	struct stat before, after;
	char why[VSD_WHY_MAX];
	struct vsd_server s;
	int lock;

	(void)state;
	test_tree_write("etc/vsd/servers/vs2", 0644, NEWER);
	assert_int_equal(stat(vsd_path_index, &before), 0);
	lock = test_locked();
	s = test_server("vs4", 4, "10.77.0.4");
	assert_int_equal(vsd_registry_add(lock, &s, why), -EPROTONOSUPPORT);
	assert_string_equal(why, SERVER);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	s.max_users = 11;
	assert_int_equal(vsd_registry_update(lock, &s, why), -EPROTONOSUPPORT);
	assert_string_equal(why, SERVER);
	assert_int_equal(vsd_registry_remove(lock, "vs1"), -EPROTONOSUPPORT);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(vsd_registry_may_change(lock, why), -EPROTONOSUPPORT);
	assert_int_equal(vsd_registry_rebuild(lock), -EPROTONOSUPPORT);
	close(lock);
	assert_int_equal(stat(vsd_path_index, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(vsd_registry_find_uid(2000400, &s), 0);
	assert_string_equal(s.name, "vs3");
	/* Without an index nobody can tell whose the unread ranges are. */
	assert_int_equal(unlink(vsd_path_index), 0);
	assert_int_equal(vsd_registry_find_uid(2000200, &s), -EPROTONOSUPPORT);
	assert_int_equal(vsd_registry_lock(&lock), -EPROTONOSUPPORT);
}

static void other_index(void **state)
{
	static const uint32_t formats[] = { 0, 2, UINT32_MAX };
	static char told[4096];
	char want[128];
	struct vsd_server s;
	struct vsd_index *ix;

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		set_index_format(formats[i]);
		assert_int_equal(vsd_index_open(&ix), -EPROTONOSUPPORT);
		assert_int_equal(vsd_registry_find_uid(2000400, &s), 0);
		assert_string_equal(s.name, "vs3");
		assert_int_equal(test_check(told, sizeof(told)), 1);
		snprintf(want, sizeof(want), "%s: format %u is another version's, this program knows 1",
			 vsd_path_index, (unsigned)formats[i]);
		assert_non_null(strstr(told, want));
		close(test_locked()); /* the next writer makes it anew */
		assert_int_equal(index_format(), VSD_INDEX_VERSION);
		assert_int_equal(test_check(told, sizeof(told)), 0);
	}
}

/* Of before there were redirects and io limits; what is written now says the same. */
static void older_server(void **state)
{
	static const char older[] =
		"format = 1\nid = 2\nuid = 2000200\ncount = 200\nstate = enabled\n"
		"root = /home/vsd/vs/vs2\nskel = /home/vsd/skel\nfqdn = vs2.example.test\n"
		"quota_mb = 5\nmax_users = 10\nmax_sessions = 9\nmemory = 0\npids = 0\ncpu = 0\n"
		"address = 10.77.0.2\n";
	char why[VSD_WHY_MAX];
	struct vsd_server s;
	int lock;

	(void)state;
	test_tree_write("etc/vsd/servers/vs2", 0644, older);
	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	assert_int_equal(s.quota_mb, 5);
	assert_false(s.own_redirects);
	assert_int_equal(s.io_read, 0);
	s.io_read = 4096;
	lock = test_locked();
	assert_int_equal(vsd_registry_update(lock, &s, why), 0);
	close(lock);
	assert_int_equal(vsd_registry_find_uid(2000200, &s), 0);
	assert_int_equal(s.io_read, 4096);
	assert_int_equal(s.max_sessions, 9);
}

static void other_given(void **state)
{
	struct vsd_conf *c = jobs_conf();
	char why[VSD_WHY_MAX];
	uint32_t id, uid;
	int lock = test_locked();

	(void)state;
	test_tree_write("var/lib/vsd/given", 0644, "format = 3\nid = 1\nuid_end = 2000200\n");
	assert_int_equal(vsd_registry_allocate(lock, c, &id, &uid, why), -EPROTONOSUPPORT);
	assert_string_equal(why, "/mnt/var/lib/vsd/given: line 1: format: '3' is another version's, "
			    "this program knows 1");
	close(lock);
	vsd_conf_free(c);
}

static void other_conf(void **state)
{
	struct vsd_conf *c;
	struct skel_conf skel;
	char why[VSD_WHY_MAX];

	(void)state;
	test_tree_write("etc/vsd.conf", 0644, "format = 1\nuid_base = 3000000\n");
	assert_int_equal(vsd_conf_load(&c, why), 0);
	assert_int_equal(c->uid_base, 3000000);
	vsd_conf_free(c);
	test_tree_write("etc/vsd.conf", 0644, NEWER);
	assert_int_equal(vsd_conf_load(&c, why), -EPROTONOSUPPORT);
	assert_string_equal(why, "line 2: format: '3' is another version's, this program knows 1");
	assert_int_equal(skelconf_parse("format 1\nprofile p\n", 19, "p", &skel, why), 0);
	skelconf_free(&skel);
	assert_int_equal(skelconf_parse("format 3\nprofile p\n", 19, "p", &skel, why),
			 -EPROTONOSUPPORT);
	assert_string_equal(why, "line 1: another version's format, this program knows 1, not '3'");
}

static void other_state(void **state)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	struct refresh_journal journal;
	char why[VSD_WHY_MAX], file[JOB_FILE_MAX], path[64];
	struct job j;

	(void)state;
	test_tree_write("run/vsd/vs1/init", 0600, "format 3\n");
	assert_int_equal(vsd_running_open("vs1", &run), -EPROTONOSUPPORT);
	job_file(JOB_QUEUED, 1, file);
	snprintf(path, sizeof(path), "var/spool/vsd/%s", file);
	test_tree_write(path, 0600, NEWER);
	assert_int_equal(job_read(JOB_QUEUED, 1, &j, why), -EPROTONOSUPPORT);
	assert_non_null(strstr(why, "format: '3'"));
	test_tree_write("var/lib/vsd/refresh", 0600, NEWER);
	assert_int_equal(refresh_journal_read(&journal, why), -EPROTONOSUPPORT);
	assert_non_null(strstr(why, "/refresh: line 2: format: '3'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(newer_server, fresh_tree),
		cmocka_unit_test_setup(newer_server_is_not_lost, fresh_tree),
		cmocka_unit_test_setup(other_index, fresh_tree),
		cmocka_unit_test_setup(older_server, fresh_tree),
		cmocka_unit_test_setup(other_given, fresh_tree),
		cmocka_unit_test_setup(other_conf, fresh_tree),
		cmocka_unit_test_setup(other_state, fresh_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
