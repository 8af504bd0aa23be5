/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's rename killed before each of its changes in turn, or starved: it has the
 * one name or the other afterwards, in all that goes by it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"
#include "killer.h"
#include "paths_test.h"
#include "rename.h"
#include "starve.h"
#include "unfinished.h"

static void told(const char *object, const char *reason, void *arg)
{
	(void)arg;
	print_error("%s: %s\n", object, reason);
}

static void make(void)
{
	char why[VSD_WHY_MAX] = "";

	assert_int_equal(jobs_tree_make(), 0);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_work(), 0);
}

static int rename_it(void)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int lock = -1;
	int r = vsd_registry_lock(&lock);

	return r < 0 ? 1 : rename_server(lock, "vs1", "shop", why) < 0;
}

static void check_link(const char *name)
{
	char path[256], to[8] = "";

	snprintf(path, sizeof(path), JOBS_VS_ROOT "/%s" JOBS_VS_ROOT, name);
	killer_holds_only(path, name, NULL);
	snprintf(path, sizeof(path), JOBS_VS_ROOT "/%s" JOBS_VS_ROOT "/%s", name, name);
	assert_int_equal(readlink(path, to, sizeof(to) - 1), 1);
	assert_string_equal(to, "/");
}

static void settle(void)
{
	char why[VSD_WHY_MAX] = "", root[VSD_PATH_MAX];
	struct vsd_server s, by_uid;
	const char *name;

	assert_int_equal(unfinished_finish(JOBS_VS_ROOT, NULL, why), 0);
	name = vsd_registry_find_name("shop", &s) == 0 ? "shop" : "vs1";
	assert_int_equal(vsd_registry_find_name(name, &s), 0);
	snprintf(root, sizeof(root), JOBS_VS_ROOT "/%s", name);
	assert_string_equal(s.root, root);
	killer_holds_only("/mnt/etc/vsd/servers", name, NULL);
	killer_holds_only(JOBS_VS_ROOT, name, NULL);
	check_link(name);
	assert_int_equal(vsd_registry_find_uid(s.uid_first + 1, &by_uid), 0);
	assert_string_equal(by_uid.name, name);
	assert_int_equal(vsd_registry_check(told, NULL), 0);
	assert_false(rename_is_pending());
	if (strcmp(name, "vs1") == 0)
		assert_int_equal(rename_it(), 0);
}

static void killed_at_every_change(void **state)
{
	(void)state;
	killer_sweep(make, rename_it, settle, 20);
}

static void starved(void **state)
{
	(void)state;
	assert_true(starve(make, rename_it, settle) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_change),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
