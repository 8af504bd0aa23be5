/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "registry.h"

#define GOOD "format = 1\nid = 1\nuid = 2000000\ncount = 200\nstate = enabled\n" \
	     "root = /home/vsd/vs/vs1\nskel = /home/vsd/skel\nfqdn = vs1.example.test\n" \
	     "quota_mb = 0\nmax_users = 100\nmax_sessions = 64\nmemory = 0\npids = 0\ncpu = 0\n"

static void survives_writing(void **state)
{
	static const char text[] = GOOD "io_read = 9\nio_write = 1048576\naddress = 10.77.0.1\naddress = fd00::1\n";
	struct vsd_server s;
	char out[1024], why[VSD_WHY_MAX] = "";
	size_t len = 0;

	(void)state;
	assert_int_equal(vsd_server_parse(text, sizeof(text) - 1, "vs1", &s, why), 0);
	assert_int_equal(s.naddr, 2);
	assert_int_equal(vsd_server_format(&s, out, sizeof(out), &len), 0);
	assert_int_equal(len, sizeof(text) - 1);
	assert_memory_equal(out, text, len);
	for (size_t size = 1; size <= len; size++)
		assert_int_equal(vsd_server_format(&s, out, size, &len), -ENOSPC);
}

static void redirects_may_be_its_own(void **state)
{
	static const struct vsd_conf conf = { .nredirect = 1, .redirect = { { 80, 8080 } } };
	static const struct {
		const char *line;
		unsigned n;
		uint16_t first;
	} table[] = {
		{ "", 1, 80 }, { "redirect = none\n", 0, 0 }, { "redirect = 81:82 83:84\n", 2, 81 },
	};
	char text[1024], out[1024], why[VSD_WHY_MAX] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct vsd_redirect *pair;
		struct vsd_server s;
		size_t len = 0;
		unsigned n;

		(void)snprintf(text, sizeof(text), GOOD "address = 10.77.0.1\n%s", table[i].line);
		assert_int_equal(vsd_server_parse(text, strlen(text), "vs1", &s, why), 0);
		pair = vsd_server_redirects(&s, &conf, &n);
		assert_int_equal(n, table[i].n);
		assert_true(n == 0 || pair[0].from == table[i].first);
		assert_int_equal(vsd_server_format(&s, out, sizeof(out), &len), 0);
		assert_int_equal(len, strlen(text));
		assert_memory_equal(out, text, len);
	}
}

/* A damaged file must never give somebody else's range. */
static void damage_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		GOOD,                                              /* no address */
		GOOD "address = 127.0.0.1\n",
		GOOD "address = 10.0.0.1\naddress = 10.0.0.1\n",
		GOOD "address = 10.0.0.1\nuid = 0\n",              /* twice */
		GOOD "address = 10.0.0.1\nio_read = 1\nio_read = 1\n",
		GOOD "address = 10.0.0.1\nio_write = 0\n",
		GOOD "address = 10.0.0.1\nio_write = -1\n",
		GOOD "address = 10.0.0.1\nextra = 1\n",
		GOOD "address = 10.0.0.1\nno equals\n",
		GOOD "address = 10.0.0.1\nredirect = 80\n",
		GOOD "address = 10.0.0.1\nredirect = 80:1 80:2\n",
		GOOD "address = 10.0.0.1\nredirect = 80:1\nredirect = none\n",
		GOOD "address = 10.0.0.1\nredirect = 1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 "
		     "11:1 12:1 13:1 14:1 15:1 16:1 17:1\n",
		GOOD "address = 10.0.0.1\nformat\001 = 1\n",
	};
	static const struct {
		const char *from, *to;
	} change[] = {
		{ "format = 1", "format = 2" },        { "id = 1", "id = 0" },
		{ "uid = 2000000", "uid = 0" },        { "uid = 2000000", "uid = 4294967200" },
		{ "count = 200", "count = 0" },        { "count = 200", "count = 99999999" },
		{ "state = enabled", "state = on" },   { "root = /home", "root = home" },
		{ "/vs/vs1", "/vs/../vs1" },           { "fqdn = vs1", "fqdn = -vs1" },
		{ "cpu = 0\n", "" },                   { "pids = 0", "pids = -1" },
	};
	static const char whole[] = GOOD "address = 10.77.0.1\n";
	struct vsd_server s = { .id = 77 };
	char text[1024], why[VSD_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(vsd_server_parse(bad[i], strlen(bad[i]), "vs1", &s, why), -EBADMSG);
	for (size_t i = 0; i < sizeof(change) / sizeof(*change); i++) {
		const char *at = strstr(whole, change[i].from);

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, change[i].to,
			 at + strlen(change[i].from));
		why[0] = '\0';
		/* a newer format is no damage */
		assert_int_equal(vsd_server_parse(text, strlen(text), "vs1", &s, why),
				 strncmp(change[i].from, "format", 6) == 0 ? -EPROTONOSUPPORT : -EBADMSG);
		assert_true(why[0] != '\0');
	}
	assert_int_equal(vsd_server_parse(whole, sizeof(whole) - 1, "../vs1", &s, why), -EBADMSG);
	assert_int_equal(s.id, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_writing),
		cmocka_unit_test(redirects_may_be_its_own),
		cmocka_unit_test(damage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
