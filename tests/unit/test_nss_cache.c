/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nss_vsd's cache keeps and what it lets go, by sizes that snaps are said to have. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache.h"
#include "state.h"
#include "unit.h"

#define THIRD (NSS_CACHE_BYTES / 3 - 4096)

static struct nss_server server(unsigned n)
{
	struct nss_server s = { .range = { 2000000 + 200 * n, 200 } };

	s.name_len = (uint16_t)snprintf(s.name, sizeof(s.name), "vs%u", n);
	s.root_len = (uint16_t)snprintf(s.root, sizeof(s.root), "/home/vsd/vs/vs%u", n);
	return s;
}

static void put(unsigned n, size_t bytes)
{
	struct nss_server s = server(n);
	struct nss_snap *snap = nss_snap_new(&s, FILE_PASSWD);

	assert_non_null(snap);
	snap->bytes = bytes;
	nss_cache_put(snap);
	nss_snap_drop(snap);
}

static bool has(unsigned n)
{
	struct nss_server s = server(n);
	struct nss_snap *snap = nss_cache_get(&s, FILE_PASSWD);

	nss_snap_drop(snap);
	return snap != NULL;
}

static int empty(void **state)
{
	(void)state;
	(void)nss_guard_enter(GUARD_CACHE);
	nss_cache_empty();
	nss_guard_leave(GUARD_CACHE);
	return 0;
}

static void the_oldest_goes(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		put(n, THIRD);
	put(4, THIRD);
	assert_false(has(1));
	assert_true(has(2) && has(3) && has(4));
}

static void who_was_used_stays(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		put(n, THIRD);
	assert_true(has(1));
	put(4, THIRD);
	assert_true(has(1));
	assert_false(has(2));
	put(5, THIRD); /* 1 and 4 were asked for, or are newer than 3 */
	assert_false(has(3));
	assert_true(has(1) && has(4) && has(5));
}

/* Were all used, the oldest goes none the less. */
static void all_used(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		put(n, THIRD);
	assert_true(has(1) && has(2) && has(3));
	put(4, THIRD);
	assert_false(has(1));
	assert_true(has(2) && has(3) && has(4));
	put(5, NSS_CACHE_BYTES); /* and for one that fills it, all do */
	assert_true(has(5));
	assert_false(has(2) || has(3) || has(4));
}

/* Who holds one that goes keeps it. */
static void held_while_it_goes(void **state)
{
	struct nss_server s = server(1);
	struct nss_snap *held;

	(void)state;
	put(1, THIRD);
	held = nss_cache_get(&s, FILE_PASSWD);
	assert_non_null(held);
	put(2, NSS_CACHE_BYTES);
	assert_false(has(1));
	assert_int_equal(held->range.first, s.range.first);
	assert_string_equal(held->text, "vs1");
	nss_snap_drop(held);
}

/* A server that was renamed or moved leaves no twin of its range. */
static void renamed(void **state)
{
	struct nss_server s = server(1), got;
	struct nss_snap *snap;

	(void)state;
	put(1, 100);
	s.name_len = (uint16_t)snprintf(s.name, sizeof(s.name), "shop");
	snap = nss_snap_new(&s, FILE_PASSWD);
	nss_cache_put(snap);
	nss_snap_drop(snap);
	assert_false(has(1));
	(void)nss_guard_enter(GUARD_CACHE);
	assert_false(nss_cache_server_by_name("vs1", 3, &got));
	assert_true(nss_cache_server_by_name("shop", 4, &got));
	assert_string_equal(got.root, "/home/vsd/vs/vs1");
	assert_false(nss_cache_server_by_name("sho", 3, &got));
	assert_true(nss_cache_server_by_id(s.range.first + 199, &got));
	assert_string_equal(got.name, "shop");
	assert_false(nss_cache_server_by_id(s.range.first + 200, &got));
	assert_false(nss_cache_server_by_id(s.range.first - 1, &got));
	nss_guard_leave(GUARD_CACHE);
}

/* A child of a fork while another thread changed the cache begins with none. */
static void torn_by_a_fork(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	put(1, 100);
	(void)nss_guard_enter(GUARD_CACHE);
	child = fork();
	if (child == 0) {
		alarm(10); /* or it would wait for a thread that it has not */
		if (has(1))
			_exit(1);
		put(1, 100);
		_exit(has(1) ? 0 : 2);
	}
	nss_guard_leave(GUARD_CACHE);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(has(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_oldest_goes, empty),
		cmocka_unit_test_teardown(who_was_used_stays, empty),
		cmocka_unit_test_teardown(all_used, empty),
		cmocka_unit_test_teardown(held_while_it_goes, empty),
		cmocka_unit_test_teardown(renamed, empty),
		cmocka_unit_test_teardown(torn_by_a_fork, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
