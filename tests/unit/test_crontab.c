/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a crontab becomes, and where it is kept. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crontab.h"
#include "paths_test.h"
#include "safe.h"
#include "unit.h"

static char why[VSD_WHY_MAX];

static struct vsd_span span(const char *text)
{
	return (struct vsd_span){ text, strlen(text) };
}

static void taken(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "\n # a comment\n\t\n", "" },
		{ "* * * * * x", "* * * * *\tx\n" },
		{ "*/15 0-23/2 1,15 JAN,dec Sun-Tue  a b ", "*/15 0-23/2 1,15 1,12 0-2\ta b\n" },
		{ "59\t23 31 12 7 x%y", "59 23 31 12 7\tx%y\n" },
		{ "00 007 * * * x", NULL },             /* no number has three digits */
		{ "@weekly =x", "0 0 * * 0\t=x\n" },    /* to cron this is no variable any more */
		{ "@yearly x\n@annually x", "0 0 1 1 *\tx\n0 0 1 1 *\tx\n" },
		{ "A=b", "VSD_E_A=\"b\"\n" },
		{ "A= ", "VSD_E_A=\"\"\n" },
		{ "A = 'it is' ", "VSD_E_A=\"it is\"\n" },
		{ "A=say \"b\"", "VSD_E_A='say \"b\"'\n" },
		{ "A='\"b\"'", NULL },                  /* cron would take off both pairs */
		{ "LD_PRELOAD=/x", "VSD_E_LD_PRELOAD=\"/x\"\n" },
		{ "SHELL=/bin/sh", "VSD_E_SHELL=\"/bin/sh\"\n" },
		{ "MAILTO=", "MAILTO=\"\"\n" },
		{ "MAILTO=a@b,c", "MAILTO=\"a@b,c\"\n" },
		{ "MAILTO=a b", NULL },                 /* another word of sendmail's */
		{ "MAILTO=-X/tmp/x", NULL },            /* an option of it */
		{ "MAILTO=a\"b", NULL },
		{ "* * * * fri-sun x", NULL },          /* 5-0 */
		{ "* * * * 1-x x", NULL },
		{ "1/2 * * * * x", NULL },
		{ "* * * * * * x", NULL },
		{ "@reboot x", NULL },
		{ "@daily", NULL },
		{ "@", NULL },
		{ "=x", NULL },
		{ "* * * * *\n", NULL },
		{ "A=b\001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out = NULL;
		unsigned jobs;
		size_t len = 0;
		int r = vsd_crontab_compile(span(rows[i].text), &out, &len, &jobs, why);

		if (rows[i].want) {
			assert_int_equal(r, 0);
			assert_string_equal(out, rows[i].want);
			assert_int_equal(len, strlen(rows[i].want));
		} else {
			assert_int_equal(r, -EINVAL);
			assert_null(out);
			assert_non_null(strstr(why, "line 1: "));
		}
		free(out);
	}
}

/* The longest of everything still fits. */
static void bounds(void **state)
{
	static char text[VSD_CRONTAB_BYTES_MAX + 2];
	char line[VSD_CRONTAB_LINE_MAX + 2], *out = NULL;
	unsigned jobs = 0;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < VSD_CRONTAB_JOBS_MAX; i++)
		strcat(text, "@yearly x\nA=\n");
	assert_int_equal(vsd_crontab_compile(span(text), &out, &len, &jobs, why), 0);
	assert_int_equal(jobs, VSD_CRONTAB_JOBS_MAX);
	free(out);
	out = NULL;
	strcat(text, "@yearly x\n");
	assert_int_equal(vsd_crontab_compile(span(text), &out, &len, &jobs, why), -EDQUOT);
	for (int over = 0; over < 2; over++) {
		(void)snprintf(line, sizeof(line), "A=%0*d", VSD_CRONTAB_LINE_MAX - 2 + over, 0);
		assert_int_equal(vsd_crontab_compile(span(line), &out, &len, &jobs, why), over ? -EINVAL : 0);
		free(out);
		out = NULL;
	}
	memset(text, '\n', sizeof(text));
	assert_int_equal(vsd_crontab_compile((struct vsd_span){ text, VSD_CRONTAB_BYTES_MAX }, &out, &len,
					     &jobs, why), 0);
	free(out);
	assert_int_equal(vsd_crontab_compile((struct vsd_span){ text, VSD_CRONTAB_BYTES_MAX + 1 }, &out,
					     &len, &jobs, why), -EFBIG);
}

static void kept(void **state)
{
	const struct vsd_server s = { .id = 1, .uid_first = 2000000, .uid_count = 200, .max_users = 3 };
	const struct vsd_user_seen alice = { .name = "alice", .uid = 2000001 };
	const struct vsd_user_seen other = { .name = "alice", .uid = 2000002 };
	const struct vsd_user_seen bad = { .name = "../priv", .uid = 2000001 };
	VSD_CLOSE int root = -1;
	struct stat st;
	char *text = NULL;
	size_t len;

	(void)state;
	if (test_tree_make() != 0)
		skip();
	test_tree_write("vs/etc/passwd", 0644, "admin:x:2000000:2000000::/root:/bin/sh\n"
			"alice:x:2000001:2000001::/home/alice:/bin/sh\n");
	test_tree_write("vs/etc/group", 0644, "");
	test_tree_write("vs/etc/shadow", 0600, "alice:!:1::::::\n");
	test_tree_write("vs/etc/vsd/priv", 0644, "");
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/vs", &root), 0);
	assert_int_equal(vsd_crontab_read(root, "alice", &text, &len), -ENOENT);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("nonsense"), why), -EINVAL);
	assert_int_equal(vsd_crontab_set(root, &s, &other, span("@daily x"), why), -ESTALE);
	assert_true(vsd_crontab_set(root, &s, &bad, span("@daily x"), why) < 0);
	assert_int_equal(vsd_crontab_read(root, "alice", &text, &len), -ENOENT);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily x"), why), 0);
	assert_int_equal(stat(TEST_TREE "/vs/etc/vsd/crontabs/alice", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(vsd_crontab_read(root, "alice", &text, &len), 0);
	assert_string_equal(text, "@daily x");
	free(text);
	assert_int_equal(vsd_crontab_read(root, "../priv", &text, &len), -EINVAL);
	/* It would be the next alice's. */
	assert_int_equal(vsd_users_remove(root, &s, "alice", why), 0);
	assert_int_equal(vsd_crontab_read(root, "alice", &text, &len), -ENOENT);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, (struct vsd_span){ NULL, 0 }, why), -ENOENT);
}

/* A folder that is not root's alone, and no more jobs than the host will start. */
static void refused_for_the_server(void **state)
{
	const struct vsd_server s = { .id = 1, .uid_first = 2000000, .uid_count = 200, .max_users = 3 };
	const struct vsd_user_seen alice = { .name = "alice", .uid = 2000001 };
	const struct vsd_user_seen stranger = { .name = "nobody", .uid = 2000009 };
	VSD_CLOSE int root = -1;
	char jobs[64 * 10], path[64], *text = NULL;
	size_t len;

	(void)state;
	if (test_tree_make() != 0)
		skip();
	test_tree_write("vs/etc/passwd", 0644, "alice:x:2000001:2000001::/home/alice:/bin/sh\n");
	test_tree_write("vs/etc/vsd/crontabs/damaged", 0600, "nonsense\n");
	for (size_t i = 0; i < 64; i++)
		memcpy(jobs + i * 9, "@daily x\n", 10);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "vs/etc/vsd/crontabs/user%d", i);
		test_tree_write(path, 0600, i < 3 ? jobs : jobs + 9);
	}
	assert_int_equal(vsd_safe_open_root(TEST_TREE "/vs", &root), 0);
	assert_int_equal(vsd_crontab_set(root, &s, &stranger, span("@daily x"), why), -ENOENT);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily x\n@daily y"), why), -EDQUOT);
	assert_string_equal(why, "the server's users have 255 jobs already, and may have 256");
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily x"), why), 0);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily y"), why), 0); /* in its place */
	assert_int_equal(chmod(TEST_TREE "/vs/etc/vsd/crontabs", 0770), 0);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily z"), why), -EPERM);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, (struct vsd_span){ NULL, 0 }, why), -EPERM);
	assert_int_equal(chmod(TEST_TREE "/vs/etc/vsd/crontabs", 0755), 0);
	assert_int_equal(chown(TEST_TREE "/vs/etc/vsd/crontabs", 2000000, 0), 0);
	assert_int_equal(vsd_crontab_set(root, &s, &alice, span("@daily z"), why), -EPERM);
	assert_int_equal(chown(TEST_TREE "/vs/etc/vsd/crontabs", 0, 0), 0);
	assert_int_equal(vsd_crontab_read(root, "alice", &text, &len), 0);
	assert_string_equal(text, "@daily y");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(bounds),
		cmocka_unit_test(kept),
		cmocka_unit_test(refused_for_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
