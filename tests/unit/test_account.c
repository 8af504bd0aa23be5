/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "account.h"
#include "exec.h"

#define SPAN(text) ((struct vsd_span){ .p = (text), .len = sizeof(text) - 1 })

static const struct vsd_range range = { .first = 2000000, .count = 200 };

static void passwd_lines(void **state)
{
	static const struct {
		struct vsd_span line;
		bool good;
	} rows[] = {
		{ SPAN("alice:x:2000001:2000001:A:/home/alice:/bin/bash"), true },
		{ SPAN("+::::::"), false },                       /* NIS: everybody */
		{ SPAN("-alice:x:2000001:2000001::/:"), false },
		{ SPAN(":x:2000001:2000001::/:"), false },        /* the empty name */
		{ SPAN("a:x:-1:2000001::/:"), false },
		{ SPAN("a:x:0x1:2000001::/:"), false },
		{ SPAN("a:x:4294967295:2000001::/:"), false },    /* "no change" of chown */
		{ SPAN("a:x:2000001:2000001::/"), false },        /* six fields */
		{ SPAN("a:x:2000001:2000001::/::"), false },      /* eight */
		{ SPAN("a:x:2000001:2000001:\0:/:"), false },     /* NUL ends a C string early */
	};
	struct vsd_passwd_line got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vsd_passwd_parse(rows[i].line, &got), rows[i].good ? 0 : -EINVAL);
}

static void passwd_lookup_is_fenced(void **state)
{
	const struct vsd_span file = SPAN("alice:x:0:0:root:/:/bin/sh\n"          /* uid 0 */
					  "alice:x:2000001:6::/:/bin/sh\n"        /* group disk */
					  "garbage\n"
					  "alice:x:2000005:2000005:real:/home/alice:/bin/sh\n"
					  "alice:x:2000006:2000006:later:/:/bin/sh\n"
					  "last:x:2000199:2000199::/:/bin/sh");
	struct vsd_passwd_line got;

	(void)state;
	assert_int_equal(vsd_passwd_find_name(file, range, SPAN("alice"), &got), 0);
	assert_int_equal(got.uid, 2000005);
	assert_int_equal(vsd_passwd_find_name(file, range, SPAN("last"), &got), 0);
	assert_int_equal(vsd_passwd_find_uid(file, range, 0, &got), -ENOENT);
	assert_int_equal(vsd_passwd_find_uid(file, range, 2000199, &got), 0);
	assert_int_equal(vsd_passwd_find_name(file, range, SPAN("ali"), &got), -ENOENT);
}

static void group_lookup_is_fenced(void **state)
{
	const struct vsd_span file = SPAN("disk:x:6:alice\nweb:x:2000010:alice,+,,../x,bob\n");
	struct vsd_group_line got;
	struct vsd_span name;
	size_t cursor = 0;

	(void)state;
	assert_int_equal(vsd_group_find_name(file, range, SPAN("disk"), &got), -ENOENT);
	assert_int_equal(vsd_group_find_gid(file, range, 6, &got), -ENOENT);
	assert_int_equal(vsd_group_find_gid(file, range, 2000010, &got), 0);
	assert_true(vsd_members_next(got.members, &cursor, &name));
	assert_memory_equal(name.p, "alice", 5);
	assert_true(vsd_members_next(got.members, &cursor, &name));
	assert_int_equal(name.len, 3);
	assert_memory_equal(name.p, "bob", 3);
	assert_false(vsd_members_next(got.members, &cursor, &name));
}

static void members_are_whole_names(void **state)
{
	static const struct {
		struct vsd_span members;
		const char *name;
		bool has;
	} rows[] = {
		{ SPAN("alice,bob"), "bob", true },
		{ SPAN("alice,bob"), "alice", true },
		{ SPAN("alice,bob"), "ali", false },       /* a part of one */
		{ SPAN("alice,bob"), "alice,bob", false },
		{ SPAN("bobby,+,,bob"), "bob", true },     /* past a longer one and bad ones */
		{ SPAN("+,../x"), "+", false },            /* what is no user's name */
		{ SPAN(",,"), "", false },                 /* the empty name is nobody's */
		{ SPAN(""), "alice", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vsd_members_has(rows[i].members, rows[i].name), rows[i].has);
}

/* Which gids a session may have beside the range: one bad line, and it is none. */
static void exec_groups(void **state)
{
	static const struct {
		struct vsd_span text;
		int result;
	} rows[] = {
		{ SPAN(""), 0 },
		{ SPAN("perl:993\ngcc:994\n"), 0 },
		{ SPAN("perl:993"), 0 },
		{ SPAN("perl:0\n"), -EINVAL },           /* root's */
		{ SPAN("perl:993\ngcc:993\n"), -EINVAL }, /* one right would be the other */
		{ SPAN("perl:993\nperl:994\n"), -EINVAL },
		{ SPAN("login:993\n"), -EINVAL }, { SPAN("gcc:993\nftp:994\n"), -EINVAL },
		{ SPAN("perl\n"), -EINVAL },
		{ SPAN("perl:\n"), -EINVAL },
		{ SPAN("perl:-1\n"), -EINVAL },
		{ SPAN("perl:993:x\n"), -EINVAL },
		{ SPAN("../x:993\n"), -EINVAL },
		{ SPAN(":993\n"), -EINVAL },
		{ SPAN("\n"), -EINVAL },
	};
	struct vsd_exec_groups g = { .n = 7 };
	uint32_t gid[VSD_EXEC_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vsd_exec_parse(rows[i].text, &g), rows[i].result);
	assert_int_equal(g.n, 1); /* the last good one stays */
	assert_int_equal(vsd_exec_parse(SPAN("perl:993\ngcc:994\n"), &g), 0);
	assert_true(vsd_exec_has_gid(&g, 994));
	assert_false(vsd_exec_has_gid(&g, 0));
	assert_int_equal(vsd_exec_gid(&g, SPAN("per")), 0);
	assert_int_equal(vsd_exec_of_user(&g, SPAN("login:x::bob\ngcc:x::al,bob\nperl:x::bobby\ndisk:x::bob\n"),
					  "bob", gid), 1);
	assert_int_equal(gid[0], 994);
}

static void shadow_lines(void **state)
{
	const struct vsd_span file = SPAN("alice:$6$bad:x:::::\n"      /* eight fields */
					  "alice:$y$hash:19000:0:99999:7:::\n");
	struct vsd_shadow_line got;

	(void)state;
	assert_int_equal(vsd_shadow_find_name(file, SPAN("alice"), &got), 0);
	assert_int_equal(got.last_change, 19000);
	assert_int_equal(got.inactive, -1);
	assert_int_equal(got.flag, ~0ul);
	assert_int_equal(got.hash.len, 7);
	assert_int_equal(vsd_shadow_find_name(file, SPAN("alic"), &got), -ENOENT);
}

/* pam_umask obeys `pri=` and `umask=` in a GECOS. */
static void gecos_is_cleaned(void **state)
{
	char out[16];

	(void)state;
	vsd_gecos_clean(SPAN("Al\033ice,pri=-15"), out, sizeof(out));
	assert_string_equal(out, "Alice");
	vsd_gecos_clean(SPAN("pri=-15"), out, sizeof(out));
	assert_string_equal(out, "pri-15");
	assert_int_equal(vsd_gecos_clean(SPAN("0123456789abcdefgh"), out, sizeof(out)), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwd_lines),
		cmocka_unit_test(passwd_lookup_is_fenced),
		cmocka_unit_test(group_lookup_is_fenced),
		cmocka_unit_test(members_are_whole_names),
		cmocka_unit_test(exec_groups),
		cmocka_unit_test(shadow_lines),
		cmocka_unit_test(gecos_is_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
