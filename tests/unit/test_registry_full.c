/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry on a full disk: what it says is what is there, and what needs no room
 * is done. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "paths_test.h"
#include "servers.h"
#include "starve.h"

static int *said; /* by a child: of the lock, of adding vs2, of removing vs1 */

static void make_one(void)
{
	assert_int_equal(test_tree_make(), 0);
	test_server_add("vs1", 1, "10.0.0.1");
}

static int add_and_remove(void)
{
	struct vsd_server s = test_server("vs2", 2, "10.0.0.2");
	char why[VSD_WHY_MAX] = "";
	int lock = -1;

	said[0] = vsd_registry_lock(&lock);
	if (said[0] < 0)
		return 1;
	said[1] = vsd_registry_add(lock, &s, why);
	close(lock);
	said[0] = vsd_registry_lock(&lock); /* the index may be dirty now */
	if (said[0] == 0)
		said[2] = vsd_registry_remove(lock, "vs1");
	return said[1] < 0;
}

/* What was said is what is there; and what needs no room was done. */
static void check_said(void)
{
	struct vsd_server s;

	if (said[0] == -EROFS)
		return;
	assert_int_equal(said[0], 0);
	assert_int_equal(said[1] == 0, vsd_registry_find_name("vs2", &s) == 0);
	assert_int_equal(said[1] == 0, vsd_registry_find_uid(2000200, &s) == 0);
	assert_int_equal(said[2], 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), -ENOENT);
	close(test_locked()); /* writes the index anew */
	assert_int_equal(said[1] == 0, vsd_registry_find_uid(2000200, &s) == 0);
}

static void full_disk(void **state)
{
	(void)state;
	said = mmap(NULL, 3 * sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(said != MAP_FAILED);
	assert_true(starve(make_one, add_and_remove, check_said) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_disk),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP not root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
