/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-vsbatch killed before each of its changes in turn: whatever it had
 * done, the next run makes the server once and leaves nothing half made. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "killer.h"
#include "paths_test.h"
#include "starve.h"

static void count_told(const char *object, const char *reason, void *arg)
{
	(void)arg;
	print_error("%s: %s\n", object, reason);
}

static void check_whole(void)
{
	struct vsd_server s;
	struct stat st;

	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.uid_count, 200);
	assert_int_equal(vsd_registry_check(count_told, NULL), 0);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs1/home", &st), 0);
	assert_int_equal(st.st_uid, s.uid_first);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs1/usr/tool", &st), 0);
	assert_int_equal(st.st_nlink, 2);
	killer_holds_only(JOBS_VS_ROOT, "vs1", NULL);
	killer_holds_only("/mnt/var/spool/vsd", NULL, NULL);
}

static void make_job(void)
{
	char why[VSD_WHY_MAX];

	assert_int_equal(jobs_tree_make(), 0);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
}

static void finish(void)
{
	assert_int_equal(jobs_work(), 0);
	check_whole();
}

static void killed_at_every_call(void **state)
{
	(void)state;
	killer_sweep(make_job, jobs_work, finish, 32);
}

/* The job waits or has failed, and nothing of a server is there; or it was made. */
static void settle(void)
{
	struct vsd_server s;

	if (vsd_registry_find_name("vs1", &s) == -ENOENT)
		killer_holds_only(JOBS_VS_ROOT, NULL, NULL);
	assert_true(job_retry(1) == 0 || jobs_is_there("var/spool/vsd/00000001.job") ||
		    vsd_registry_find_name("vs1", &s) == 0);
	finish();
}

static void starved(void **state)
{
	(void)state;
	assert_true(starve(make_job, jobs_work, settle) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_call),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
