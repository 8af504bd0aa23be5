/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-genskel killed before each of its changes in turn, or starved: the skeleton's
 * name is that of the old one or the new one, whole, and the next run clears up. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "killer.h"
#include "manifest.h"
#include "paths_test.h"
#include "safe.h"
#include "skel_write.h"
#include "starve.h"

#define HOME "/mnt/home/vsd"
#define SKEL HOME "/skel"
#define SOURCE "/mnt/source"

static void make(void)
{
	assert_int_equal(jobs_tree_make(), 0);
	test_tree_write("source/usr/bin/one", 0755, "#!/bin/one\n");
	test_tree_write("source/usr/bin/two", 0755, "#!/bin/two\n");
	test_tree_write("source/etc/conf", 0644, "conf\n");
	assert_int_equal(link(SOURCE "/usr/bin/one", SOURCE "/usr/bin/twin"), 0);
	assert_int_equal(symlink("usr/bin", SOURCE "/bin"), 0);
}

/* What it has must be had: a kill while the old one is taken away costs a rerun. */
static int genskel(void)
{
	static const char *const paths[] = { "/bin/one", "/usr/bin/twin", "/usr/bin/two", "/etc/conf" };
	const struct skel_wish w = { .source = SOURCE, .origin = SOURCE, .skel = SKEL,
				     .profile = "minimal", .conf = "/etc/freevsd.conf" };
	struct skel_conf conf = { .nrule = 0 };
	VSD_CLOSE int fd = open(SOURCE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char why[VSD_WHY_MAX] = "";
	struct plan p;
	int r = 0;

	plan_init(&p, &conf, SOURCE, fd);
	(void)plan_put(&p, "/", PLAN_FOLDER, 0755); /* made; it has none yet */
	for (size_t i = 0; r == 0 && i < sizeof(paths) / sizeof(*paths); i++)
		r = plan_add(&p, paths[i], true);
	plan_sort(&p);
	if (r == 0)
		r = skel_write(&p, &w, true, why);
	plan_free(&p);
	return r < 0;
}

static bool has(const char *file)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), SKEL "/%s", file);
	return lstat(path, &st) == 0;
}

/* All that its manifest names is there. */
static void check_whole(void)
{
	char why[VSD_WHY_MAX] = "";
	struct manifest m = { .text = NULL };
	VSD_CLOSE int fd = -1;

	assert_int_equal(vsd_safe_open_root(SKEL, &fd), 0);
	assert_int_equal(manifest_load(fd, &m, why), 0);
	if (has("usr/tool")) {
		assert_string_equal(m.id, "0123456789abcdef0123456789abcdef");
		assert_true(has("etc/passwd") && has("home") && !has("usr/bin"));
	} else {
		struct stat one, twin;

		assert_true(has("usr/bin/two") && has("etc/conf") && has("bin") && !has("home"));
		assert_int_equal(stat(SKEL "/bin/one", &one), 0);
		assert_int_equal(stat(SKEL "/usr/bin/twin", &twin), 0);
		assert_int_equal(one.st_ino, twin.st_ino);
		assert_int_equal(one.st_mode & 07777, 0755);
		assert_int_equal(m.entries, 9);
	}
	manifest_free(&m);
}

static void settle(void)
{
	check_whole();
	assert_int_equal(genskel(), 0);
	assert_false(has("usr/tool"));
	check_whole();
	killer_holds_only(HOME, "skel", "vs");
}

static void killed_at_every_change(void **state)
{
	(void)state;
	killer_sweep(make, genskel, settle, 20);
}

static void starved(void **state)
{
	(void)state;
	assert_true(starve(make, genskel, settle) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_change),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
