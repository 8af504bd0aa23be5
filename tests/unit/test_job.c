/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of vsdadm and vsd-vsbatch. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "paths_test.h"

static int fresh_tree(void **state)
{
	(void)state;
	return jobs_tree_make();
}

static void refuses_bad_arguments(void **state)
{
	static const char *const bad[][4] = {
		/* name, address, fqdn, max_users */
		{ "", "10.0.0.1", "a.example", "5" },
		{ "VS1", "10.0.0.1", "a.example", "5" },
		{ "1vs", "10.0.0.1", "a.example", "5" },
		{ "../vs1", "10.0.0.1", "a.example", "5" },
		{ ".vs1", "10.0.0.1", "a.example", "5" },
		{ "vs1\nid = 7", "10.0.0.1", "a.example", "5" },
		{ "a23456789012345678901234567890123", "10.0.0.1", "a.example", "5" },
		{ "vs1", "10.0.0.256", "a.example", "5" },
		{ "vs1", "", "a.example", "5" },
		{ "vs1", "127.0.0.1", "a.example", "5" },
		{ "vs1", "0.0.0.0", "a.example", "5" },
		{ "vs1", "224.0.0.1", "a.example", "5" },
		{ "vs1", "::1", "a.example", "5" },
		{ "vs1", "::ffff:10.0.0.1", "a.example", "5" },
		{ "vs1", "10.0.0.1", "", "5" },
		{ "vs1", "10.0.0.1", "a..example", "5" },
		{ "vs1", "10.0.0.1", "-a.example", "5" },
		{ "vs1", "10.0.0.1", "a example", "5" },
		{ "vs1", "10.0.0.1", "a.example", "" },
		{ "vs1", "10.0.0.1", "a.example", "0" },
		{ "vs1", "10.0.0.1", "a.example", "-1" },
		{ "vs1", "10.0.0.1", "a.example", "05" },
		{ "vs1", "10.0.0.1", "a.example", "200" }, /* one of 200 ids is admin's */
		{ "vs1", "10.0.0.1", "a.example", "4294967296" },
	};
	char why[VSD_WHY_MAX];
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(jobs_queue(bad[i][0], bad[i][1], bad[i][2], bad[i][3], why),
				 -EINVAL);
		assert_true(why[0] != '\0');
	}
	assert_int_equal(job_next(JOB_QUEUED, 0, &n), -ENOENT);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "199", why), 0);
}

static void refuses_what_is_taken(void **state)
{
	static const char *const taken[][3] = {
		{ "vs1", "10.0.0.9", "b.example" },
		{ "vs9", "10.0.0.1", "b.example" },
		{ "vs9", "10.0.0.9", "A.Example" },
		{ "vs9", "fd00:0::1", "b.example" }, /* another way to write an address */
	};
	char why[VSD_WHY_MAX];

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs2", "fd00::1", "c.example", "5", why), 0);
	for (int made = 0; made < 2; made++) { /* while queued, and when made */
		for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
			assert_int_equal(jobs_queue(taken[i][0], taken[i][1], taken[i][2], "5",
						    why), -EEXIST);
		assert_int_equal(jobs_work(), 0);
	}
	assert_int_equal(mkdir(JOBS_VS_ROOT "/vs3", 0755), 0);
	assert_int_equal(jobs_queue("vs3", "10.0.0.3", "d.example", "5", why), -EEXIST);
	assert_non_null(strstr(why, "there is a folder"));
}

static void refuses_a_full_table_at_once(void **state)
{
	char why[VSD_WHY_MAX];

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_work(), 0);
	assert_int_equal(jobs_queue("vs2", "10.0.0.2", "b.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs3", "10.0.0.3", "c.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs4", "10.0.0.4", "d.example", "5", why), -ENOSPC);
	assert_non_null(strstr(why, "all 3 slots"));
	assert_int_equal(jobs_work(), 0);
	assert_int_equal(jobs_queue("vs4", "10.0.0.4", "d.example", "5", why), -ENOSPC);
}

static void refuses_a_missing_skeleton(void **state)
{
	char why[VSD_WHY_MAX];

	(void)state;
	assert_int_equal(unlink("/mnt/home/vsd/skel/.vsd-manifest"), 0);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), -ENOENT);
	assert_non_null(strstr(why, "no skeleton"));
}

static void makes_them_in_order_and_keeps_failures(void **state)
{
	char why[VSD_WHY_MAX];
	struct vsd_server s;
	struct job j;
	unsigned n;

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs2", "10.0.0.2", "b.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs3", "10.0.0.3", "c.example", "5", why), 0);
	/* In the second's way now, and not when it was queued */
	assert_int_equal(mkdir(JOBS_VS_ROOT "/vs2", 0755), 0);
	assert_int_equal(jobs_work(), 1);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.uid_first, 2000000);
	assert_int_equal(vsd_registry_find_name("vs2", &s), -ENOENT);
	assert_int_equal(vsd_registry_find_name("vs3", &s), 0);
	assert_int_equal(job_next(JOB_FAILED, 0, &n), 0);
	assert_int_equal(job_read(JOB_FAILED, n, &j, why), 0);
	assert_string_equal(j.name, "vs2");
	assert_non_null(strstr(j.why, "there is a folder"));
	assert_true(jobs_is_there("home/vsd/vs/vs2")); /* another's: left as it was */

	assert_int_equal(rmdir(JOBS_VS_ROOT "/vs2"), 0);
	assert_int_equal(job_retry(n), 0);
	assert_int_equal(job_retry(n), -ENOENT);
	assert_int_equal(jobs_work(), 0);
	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	assert_int_equal(job_next(JOB_FAILED, 0, &n), -ENOENT);
}

/* A damaged job is put aside, with the others done. */
static void puts_a_damaged_job_aside(void **state)
{
	char why[VSD_WHY_MAX];
	struct vsd_server s;
	unsigned n;

	(void)state;
	test_tree_write("var/spool/vsd/00000001.job", 0600, "name = vs1\nid = 5\n");
	test_tree_write("var/spool/vsd/1.job", 0600, "no number of ours\n");
	assert_int_equal(jobs_queue("vs2", "10.0.0.2", "b.example", "5", why), 0);
	assert_int_equal(jobs_work(), 1);
	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	assert_int_equal(job_next(JOB_FAILED, 0, &n), 0);
	assert_int_equal(n, 1);
}

/* A reason that quotes a hostile name makes no key of its own. */
static void keeps_a_reason_in_its_line(void **state)
{
	char why[VSD_WHY_MAX];
	struct job j;

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(job_fail(1, "bad\nname = vs7\x1b[2J"), 0);
	assert_int_equal(job_read(JOB_FAILED, 1, &j, why), 0);
	assert_string_equal(j.name, "vs1");
	assert_string_equal(j.why, "bad?name = vs7?[2J");
}

/* What a killed batch has left does not bring a deleted server back. */
static void a_job_goes_with_its_server(void **state)
{
	char why[VSD_WHY_MAX];
	struct vsd_conf *c = jobs_conf();
	struct job j;
	unsigned n;

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(job_read(JOB_QUEUED, 1, &j, why), 0);
	assert_int_equal(job_run(&j, c, NULL, why), 0); /* and killed before job_remove */
	assert_int_equal(job_forget(j.id + 1), 0);
	assert_int_equal(job_next(JOB_QUEUED, 0, &n), 0);
	assert_int_equal(job_forget(j.id), 0);
	assert_int_equal(job_next(JOB_QUEUED, 0, &n), -ENOENT);
	vsd_conf_free(c);
}

/* A tree that another job has made is not taken for one's own. */
static void takes_no_foreign_tree(void **state)
{
	char why[VSD_WHY_MAX];
	struct vsd_conf *c = jobs_conf();
	struct vsd_server s;
	struct job j;

	(void)state;
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(job_read(JOB_QUEUED, 1, &j, why), 0);
	j.id = 1;
	j.uid_first = 2000000;
	j.uid_count = 200;
	assert_int_equal(mkdir(JOBS_VS_ROOT "/vs1", 0755), 0);
	assert_int_equal(mkdir(JOBS_VS_ROOT "/vs1/home", 0755), 0);
	assert_int_equal(chown(JOBS_VS_ROOT "/vs1/home", 2000200, 2000200), 0);
	assert_int_equal(job_run(&j, c, NULL, why), -EEXIST);
	assert_true(jobs_is_there("home/vsd/vs/vs1/home"));
	assert_int_equal(vsd_registry_find_name("vs1", &s), -ENOENT);
	vsd_conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refuses_bad_arguments, fresh_tree),
		cmocka_unit_test_setup(refuses_what_is_taken, fresh_tree),
		cmocka_unit_test_setup(refuses_a_full_table_at_once, fresh_tree),
		cmocka_unit_test_setup(refuses_a_missing_skeleton, fresh_tree),
		cmocka_unit_test_setup(makes_them_in_order_and_keeps_failures, fresh_tree),
		cmocka_unit_test_setup(puts_a_damaged_job_aside, fresh_tree),
		cmocka_unit_test_setup(keeps_a_reason_in_its_line, fresh_tree),
		cmocka_unit_test_setup(a_job_goes_with_its_server, fresh_tree),
		cmocka_unit_test_setup(takes_no_foreign_tree, fresh_tree),
	};

	return RUN_AS_ROOT(tests);
}
