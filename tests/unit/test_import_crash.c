/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's import killed before each of its changes in turn: the next run of
 * the queue makes it once and whole. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "killer.h"
#include "paths_test.h"
#include "starve.h"
#include "vs_export.h"

#define EXPORT "/mnt/vs1.tar"

static void told(const char *object, const char *reason, void *arg)
{
	(void)arg;
	print_error("%s: %s\n", object, reason);
}

static void none_left(const char *path, const char *what, void *arg)
{
	(void)arg;
	fail_msg("%s: %s", path, what);
}

/* vs1 with something of its own, and its export. */
static void make_export(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	FILE *f;
	int r;

	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_work(), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	test_tree_write("home/vsd/vs/vs1/home/letter", 0600, "dear\n");
	assert_int_equal(chown(JOBS_VS_ROOT "/vs1/home/letter", s.uid_first + 1, s.uid_first + 1), 0);
	test_tree_write("home/vsd/vs/vs1/etc/group", 0644, "admin:x:2000000:\nalice:x:2000001:\n");
	f = fopen(EXPORT, "we");
	assert_non_null(f);
	assert_int_equal(vs_export_write(&s, f, none_left, NULL, why), 0);
	r = fclose(f);
	assert_int_equal(r, 0);
}

static void queue_import(void)
{
	struct job j = { .name = "vs2", .address = "10.0.0.2", .fqdn = "b.example", .max_users = 5 };

	snprintf(j.import, sizeof(j.import), "%s", EXPORT);
	assert_int_equal(job_write(&j), 0);
}

static void check_whole(void)
{
	struct vsd_server s;
	struct stat st;
	char line[64] = "";
	FILE *f;

	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	assert_int_equal(vsd_registry_check(told, NULL), 0);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs2/home/letter", &st), 0);
	assert_int_equal(st.st_uid, s.uid_first + 1);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 5);
	f = fopen(JOBS_VS_ROOT "/vs2/etc/group", "re");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_int_equal(strtoul(line + 8, NULL, 10), s.uid_first);
	killer_holds_only(JOBS_VS_ROOT, "vs1", "vs2");
	killer_holds_only("/mnt/var/spool/vsd", NULL, NULL);
}

static void make_import(void)
{
	assert_int_equal(jobs_tree_make(), 0);
	make_export();
	queue_import();
}

static void finish(void)
{
	assert_int_equal(jobs_work(), 0);
	check_whole();
}

static void killed_at_every_call(void **state)
{
	(void)state;
	killer_sweep(make_import, jobs_work, finish, 40);
}

static void settle(void)
{
	struct vsd_server s;

	if (vsd_registry_find_name("vs2", &s) == -ENOENT)
		killer_holds_only(JOBS_VS_ROOT, "vs1", NULL);
	assert_true(job_retry(1) == 0 || jobs_is_there("var/spool/vsd/00000001.job") ||
		    vsd_registry_find_name("vs2", &s) == 0);
	finish();
}

static void starved(void **state)
{
	(void)state;
	assert_true(starve(make_import, jobs_work, settle) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_call),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
