/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server's admin may have put in place of its account files: skipped or
 * refused, never waited for, and the other server is served all the while. */
#include "nss_rig.h"
#include "paths_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define PASSWD RIG_ROOTS "/vs1/etc/passwd"
#define GROUP RIG_ROOTS "/vs1/etc/group"

/* vs1's passwd is refused: an outage, not "no such user"; vs2 is untouched. */
static void expect_refused(const char *what)
{
	static char room[1 << 16];
	struct passwd p;
	struct group g;
	int e = 0, n = 0, fds = rig_open_fds();

	if (rig_pwnam("alice@vs1", &p) != NSS_STATUS_UNAVAIL)
		fail_msg("%s: by name", what);
	if (rig_pwuid(rig_uid(1, 1), &p) != NSS_STATUS_UNAVAIL)
		fail_msg("%s: by uid", what);
	if (rig.getgrnam("audio@vs1", &g, room, sizeof(room), &e) != NSS_STATUS_UNAVAIL || e == 0)
		fail_msg("%s: group", what);
	assert_int_equal(rig_pwnam("alice@vs2", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.setpwent(0), NSS_STATUS_SUCCESS);
	while (rig.getpwent(&p, room, sizeof(room), &e) == NSS_STATUS_SUCCESS)
		n++;
	assert_int_equal(rig.endpwent(), NSS_STATUS_SUCCESS);
	assert_int_equal(n, 3); /* vs2's */
	assert_int_equal(rig_open_fds(), fds);
}

static void both_gone(void)
{
	(void)unlink(PASSWD);
	(void)unlink(GROUP);
	(void)rmdir(PASSWD);
	(void)rmdir(GROUP);
}

static void restore(void)
{
	struct passwd p;
	char text[128];

	both_gone();
	rig_passwd(1, "", "");
	snprintf(text, sizeof(text), "audio:x:%u:alice,bob\n", rig_uid(1, 50));
	rig_file(1, "etc/group", 0644, text);
	assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
}

static void test_special_files(void **state)
{
	(void)state;
	both_gone();
	expect_refused("missing");
	assert_int_equal(mkfifo(PASSWD, 0644), 0);
	assert_int_equal(mkfifo(GROUP, 0644), 0);
	expect_refused("fifo");
	both_gone();
	if (mknod(PASSWD, S_IFCHR | 0644, makedev(1, 5)) == 0 &&
	    mknod(GROUP, S_IFCHR | 0644, makedev(1, 5)) == 0)
		expect_refused("device");
	both_gone();
	assert_int_equal(mkdir(PASSWD, 0755), 0);
	assert_int_equal(mkdir(GROUP, 0755), 0);
	expect_refused("folder");
	restore();
}

static void test_links(void **state)
{
	(void)state;
	both_gone();
	assert_int_equal(symlink(RIG_ROOTS "/vs2/etc/passwd", PASSWD), 0);
	assert_int_equal(symlink(RIG_ROOTS "/vs2/etc/group", GROUP), 0);
	expect_refused("link to another server");
	restore();
	/* the whole etc by way of a link */
	assert_int_equal(rename(RIG_ROOTS "/vs1/etc", RIG_ROOTS "/vs1/real"), 0);
	assert_int_equal(symlink(RIG_ROOTS "/vs2/etc", RIG_ROOTS "/vs1/etc"), 0);
	expect_refused("linked etc");
	assert_int_equal(unlink(RIG_ROOTS "/vs1/etc"), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs1/real", RIG_ROOTS "/vs1/etc"), 0);
	restore();
}

static void test_owner_and_mode(void **state)
{
	(void)state;
	assert_int_equal(chown(PASSWD, rig_uid(1, 0), 0), 0);
	assert_int_equal(chown(GROUP, rig_uid(1, 0), 0), 0);
	expect_refused("owner");
	restore();
	assert_int_equal(chmod(PASSWD, 0664), 0);
	assert_int_equal(chmod(GROUP, 0666), 0);
	expect_refused("writable by others");
	restore();
}

static void test_size(void **state)
{
	(void)state;
	assert_int_equal(truncate(PASSWD, 2ll << 30), 0);
	assert_int_equal(truncate(GROUP, 2ll << 30), 0);
	expect_refused("2 GiB");
	restore();
}

/* Bad lines around good ones. %u is the range's first id. */
static void test_lines(void **state)
{
	static const char *const line[] = {
		"+\n", "-\n", "+::::::\n", "-alice\n", "+@group::::::\n", ":x:%u:%u::/:/bin/sh\n",
		"eve\n", "eve:x\n", "eve:x:%u\n", "eve:x:4294967295:%u::/:/s\n",
		"eve:x:-1:%u::/:/s\n", "eve:x:+%u:%u::/:/s\n", "eve:x:0x1e8485:%u::/:/s\n",
		"eve:x: %u:%u::/:/s\n", "eve:x:0:0::/:/s\n", "eve:x:%u:0::/:/s\n",
		"eve:x:0:%u::/:/s\n", "eve:x:99999999999999999999:%u::/:/s\n",
		"eve:x::%u::/:/s\n", "EVE:x:%u:%u::/:/s\n", "e@ve:x:%u:%u::/:/s\n",
		"eve:x:0%u:%u::/:/s\n", "eve:x:%u:%u::/:/s:more\n", "\n\n\n", "#eve:x:%u:%u::/:/s\n",
		" eve:x:%u:%u::/:/s\n", "eve:x:1e6:%u::/:/s\n", "\xff\xfe:x:%u:%u::/:/s\n",
	};
	struct passwd p;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(line) / sizeof(*line); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), line[i], rig_uid(1, 9), rig_uid(1, 9));
#pragma GCC diagnostic pop
		for (int after = 0; after < 2; after++) {
			rig_passwd(1, after ? "" : text, after ? text : "");
			for (int again = 0; again < 3; again++) { /* text, then table */
				if (rig_pwnam("eve@vs1", &p) != NSS_STATUS_NOTFOUND ||
				    rig_pwuid(rig_uid(1, 9), &p) != NSS_STATUS_NOTFOUND)
					fail_msg("served: %s", text);
				assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
				assert_int_equal(rig_pwuid(rig_uid(1, 2), &p), NSS_STATUS_SUCCESS);
			}
		}
	}
	restore();
}

static void test_duplicates(void **state)
{
	struct passwd p;
	char text[512];
	uint32_t u = rig_uid(1, 0);

	(void)state;
	/* A first alice out of the range hides the good one as little as a second
	 * one takes its place; her second uid is nobody's. */
	snprintf(text, sizeof(text), "alice:x:%u:%u::/home/x:/s\nwww-data:x:%u:%u::/:/s\n", u + 30,
		 u + 30, u, u);
	rig_passwd(1, "alice:x:0:0::/:/s\n", text);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(rig_pwuid(u + 30, &p), NSS_STATUS_NOTFOUND);
		assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
		assert_int_equal(p.pw_uid, u + 1);
		/* one uid, two names: both by name, the first by uid */
		assert_int_equal(rig_pwnam("www-data@vs1", &p), NSS_STATUS_SUCCESS);
		assert_int_equal(p.pw_uid, u);
		assert_int_equal(rig_pwuid(u, &p), NSS_STATUS_SUCCESS);
		assert_string_equal(p.pw_name, "admin@vs1");
	}
	restore();
}

static void test_homes_and_gecos(void **state)
{
	static const struct {
		const char *gecos, *dir, *want_gecos, *want_dir;
	} c[] = {
		{ "a", "/home/alice", "a", "/home/alice" },
		{ "pri=-15", "/..", NULL, "/" },
		{ "a,pri=-15", "/home/../../..", "a", "/" },
		{ "a\033[2Jb", "../x", NULL, "/" },
		{ "a", "", "a", "/" },
		{ "a", "/x\033", "a", "/" },
		{ "a", "/..x/y..", "a", "/..x/y.." },
	};
	struct passwd p;
	char text[256], want[256];
	uint32_t u = rig_uid(1, 40);

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		snprintf(text, sizeof(text), "carol:x:%u:%u:%s:%s:/s\n", u, u, c[i].gecos, c[i].dir);
		snprintf(want, sizeof(want), RIG_ROOTS "/vs1/.%s", c[i].want_dir);
		rig_passwd(1, "", text);
		for (int again = 0; again < 3; again++) {
			assert_int_equal(rig_pwnam("carol@vs1", &p), NSS_STATUS_SUCCESS);
			assert_string_equal(p.pw_dir, want);
			assert_null(strpbrk(p.pw_gecos, "=,\033"));
			if (c[i].want_gecos)
				assert_string_equal(p.pw_gecos, c[i].want_gecos);
		}
	}
	restore();
}

/* NUL bytes, a line of 1 MiB less a little, no last newline. */
static void test_bytes(void **state)
{
	char *text = malloc(1 << 20);
	struct passwd p;
	size_t len;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 1 << 20);
	len = (1 << 20) - 200;
	snprintf(text + len, 128, "\nalice:x:%u:%u:::", rig_uid(1, 1), rig_uid(1, 1));
	rig_file(1, "etc/passwd", 0644, text);
	for (int again = 0; again < 3; again++)
		assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
	len = (size_t)snprintf(text, 256, "al_ce:x:%u:%u:::\n_\nalice:x:%u:%u:::", rig_uid(1, 5),
			       rig_uid(1, 5), rig_uid(1, 1), rig_uid(1, 1));
	for (size_t i = 0; i < len; i++)
		if (text[i] == '_')
			text[i] = '\0';
	test_tree_write_bytes("home/vsd/vs/vs1/etc/passwd", 0644, text, len);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
		assert_int_equal(rig_pwuid(rig_uid(1, 5), &p), NSS_STATUS_NOTFOUND);
	}
	free(text);
	restore();
}

/* A file of as many names as fit, and one of a single group with all of them:
 * bounded time (quadratic would be minutes). */
static void test_crowd(void **state)
{
	char *text = malloc(1 << 20);
	struct timespec a, b;
	struct passwd p;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; len < (1 << 20) - 64; i++)
		len += (size_t)sprintf(text + len, "u%u:x:%u:%u:::\n", i, rig_uid(1, 9), rig_uid(1, 9));
	rig_file(1, "etc/passwd", 0644, text);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &a), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_pwuid(rig_uid(1, 9), &p), NSS_STATUS_SUCCESS);
		assert_string_equal(p.pw_name, "u0@vs1");
		assert_int_equal(rig_pwnam("u9999@vs1", &p), NSS_STATUS_SUCCESS);
	}
	/* the same name throughout */
	for (len = 0; len < (1 << 20) - 64;)
		len += (size_t)sprintf(text + len, "u:x:%u:%u:::\n", rig_uid(1, 9), rig_uid(1, 8));
	rig_file(1, "etc/passwd", 0644, text);
	for (int i = 0; i < 4; i++)
		assert_int_equal(rig_pwuid(rig_uid(1, 8), &p), NSS_STATUS_NOTFOUND);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &b), 0);
	assert_true(b.tv_sec - a.tv_sec < 5);
	free(text);
	restore();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_special_files),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_owner_and_mode),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_homes_and_gecos),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
