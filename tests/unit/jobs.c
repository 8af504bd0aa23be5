/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths_test.h"
#include "unfinished.h"
#include "unit.h"

static const char conf[] =
	"uid_base = 2000000\nuid_step = 200\nslots = 3\n"
	"vs_root = " JOBS_VS_ROOT "\nskel = /mnt/home/vsd/skel\n";

static const char manifest[] =
	"vsd-skeleton 1\nid 0123456789abcdef0123456789abcdef\n"
	"d r 0755 .\nd r 0755 etc\nt r 0644 passwd\ne r 0640 shadow\n"
	"d a 0755 home\nd r 0755 usr\ns tool\n";

int jobs_tree_make(void)
{
	if (test_tree_make() < 0)
		return -1;
	test_tree_write("etc/vsd.conf", 0644, conf);
	test_tree_write("home/vsd/skel/.vsd-manifest", 0600, manifest);
	test_tree_write("home/vsd/skel/etc/passwd", 0644, "admin:x:@UID@:@UID@::/root:/bin/sh\n");
	test_tree_write("home/vsd/skel/etc/shadow", 0640, "");
	test_tree_write("home/vsd/skel/usr/tool", 0755, "#!/bin/sh\n");
	assert_int_equal(mkdir("/mnt/home/vsd/skel/home", 0755), 0);
	assert_int_equal(mkdir(JOBS_VS_ROOT, 0711), 0);
	return 0;
}

struct vsd_conf *jobs_conf(void)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];

	if (vsd_conf_load(&c, why) < 0)
		fail_msg("%s", why);
	return c;
}

int jobs_queue(const char *name, const char *address, const char *fqdn, const char *users,
	       char why[VSD_WHY_MAX])
{
	char text[5][300];
	char *const argv[5] = { text[0], text[1], text[2], text[3], text[4] };
	const char *const from[5] = { name, address, fqdn, "100", users };
	struct vsd_conf *c = jobs_conf();
	struct job j;
	int lock = -1, r;

	for (int i = 0; i < 5; i++)
		snprintf(text[i], sizeof(text[i]), "%s", from[i]);
	r = job_parse(argv, &j, why);
	if (r == 0)
		r = vsd_registry_lock(&lock);
	if (r == 0)
		r = job_check(&j, c, why);
	if (r == 0)
		r = job_write(&j);
	if (lock >= 0)
		close(lock);
	vsd_conf_free(c);
	return r;
}

int jobs_work(void)
{
	struct vsd_conf *c = jobs_conf();
	char why[VSD_WHY_MAX];
	int failed = unfinished_finish(c->vs_root, NULL, why) < 0;
	bool stuck = false;
	unsigned n;

	while (!stuck && job_next(JOB_QUEUED, 0, &n) == 0) {
		struct job j;
		int r = job_read(JOB_QUEUED, n, &j, why);

		if (r == 0)
			r = job_run(&j, c, NULL, why);
		if (r < 0)
			failed++;
		stuck = (r < 0 ? job_fail(n, why) : job_remove(JOB_QUEUED, n)) < 0;
	}
	vsd_conf_free(c);
	return failed + stuck;
}

int jobs_is_there(const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), TEST_TREE "/%s", path);
	return lstat(full, &st) == 0;
}
