/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "addr.h"
#include "name.h"
#include "number.h"

/* Each row stands beside what it would let through. */
static void vs_names(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "vs1", true },
		{ "a", true },
		{ "a-b", true },
		{ "", false },             /* the registry's folder itself */
		{ "..", false },           /* out of the folder */
		{ "a/b", false },
		{ "1vs", false },          /* would read as a uid */
		{ "-rf", false },          /* would read as an option */
		{ "Vs", false },
		{ "vs.1", false },
		{ "vs\n", false },         /* a second log line */
		{ "abcdefghijklmnopqrstuvwxyz012345", true },
		{ "abcdefghijklmnopqrstuvwxyz0123456", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vsd_name_is_vs(rows[i].text, strlen(rows[i].text)), rows[i].good);
	assert_false(vsd_name_is_vs("a\0b", 3));
}

static void qualified_names(void **state)
{
	static const char *const bad[] = { "alice", "@vs1", "alice@", "alice@@vs1", "alice@vs1@vs2",
					   "+@vs1", "alice@../x", "Alice@vs1", "alice@vs1 " };
	struct vsd_qualified q = { .user = "kept" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(vsd_name_split(bad[i], strlen(bad[i]), &q), -EINVAL);
		assert_string_equal(q.user, "kept");
	}
	assert_int_equal(vsd_name_split("alice@vs1", 9, &q), 0);
	assert_string_equal(q.user, "alice");
	assert_string_equal(q.vs, "vs1");
}

static void ids(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x10", "010", "1e3",
					   "4294967295", "4294967296", "99999999999999999999999" };
	uint32_t id = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(vsd_number_id(bad[i], strlen(bad[i]), &id) < 0);
		assert_int_equal(id, 7);
	}
	assert_int_equal(vsd_number_id("4294967294", 10, &id), 0);
	assert_int_equal(id, 4294967294u);
	assert_int_equal(vsd_number_id("0", 1, &id), 0);
	assert_int_equal(id, 0);
}

static void addresses(void **state)
{
	static const char *const unusable[] = { "0.0.0.0", "127.0.0.1", "224.0.0.1",
						"255.255.255.255", "169.254.1.1", "::", "::1",
						"ff02::1", "fe80::1" };
	struct vsd_addr a;
	char text[VSD_ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(unusable) / sizeof(*unusable); i++) {
		assert_int_equal(vsd_addr_parse(unusable[i], strlen(unusable[i]), &a), 0);
		assert_false(vsd_addr_is_usable(&a));
	}
	assert_int_equal(vsd_addr_parse("10.77.0.1", 9, &a), 0);
	assert_true(vsd_addr_is_v4(&a) && vsd_addr_is_usable(&a));
	vsd_addr_format(&a, text);
	assert_string_equal(text, "10.77.0.1");
	assert_int_equal(vsd_addr_parse("10.77.0.1/8", 11, &a), -EINVAL);
}

static void from_sockets(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct vsd_addr a, mapped, kept;
	char text[VSD_ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "10.77.0.1", &in.sin_addr), 1);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in, sizeof(in), &a), 0);
	vsd_addr_format(&a, text);
	assert_string_equal(text, "10.77.0.1");
	/* of a socket that serves both: one address, in whatever form */
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.77.0.1", &in6.sin6_addr), 1);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in6, sizeof(in6), &mapped), 0);
	assert_true(vsd_addr_equal(&a, &mapped));
	assert_int_equal(inet_pton(AF_INET6, "fd00::1", &in6.sin6_addr), 1);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in6, sizeof(in6), &a), 0);
	vsd_addr_format(&a, text);
	assert_string_equal(text, "fd00::1");
	kept = a;
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&un, sizeof(un), &a), -EAFNOSUPPORT);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in, 1, &a), -EAFNOSUPPORT);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in, sizeof(in) - 1, &a), -EAFNOSUPPORT);
	assert_int_equal(vsd_addr_from_sockaddr((struct sockaddr *)&in6, sizeof(in6) - 1, &a), -EAFNOSUPPORT);
	assert_true(vsd_addr_equal(&a, &kept));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vs_names),
		cmocka_unit_test(qualified_names),
		cmocka_unit_test(ids),
		cmocka_unit_test(addresses),
		cmocka_unit_test(from_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
