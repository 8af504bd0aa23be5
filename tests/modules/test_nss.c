/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nss_vsd's answers, one by one, in buffers of every size. */
#include "index_format.h"
#include "nss_rig.h"
#include "paths_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_passwd_by_name(void **state)
{
	struct passwd p;

	(void)state;
	assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_name, "alice@vs1");
	assert_string_equal(p.pw_passwd, "x");
	assert_string_equal(p.pw_gecos, "Alice");
	assert_string_equal(p.pw_dir, RIG_ROOTS "/vs1/./home/alice");
	assert_string_equal(p.pw_shell, "/usr/lib/vsd/vsd-shell");
	assert_int_equal(p.pw_uid, rig_uid(1, 1));
	assert_int_equal(p.pw_gid, rig_uid(1, 1));
	assert_int_equal(rig_pwnam("alice@vs2", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(p.pw_uid, rig_uid(2, 1));
}

/* Names that must not be found, whatever a server's files say. */
static void test_passwd_refusals(void **state)
{
	static const char *const name[] = {
		"root@vs1",  /* uid 0 in the server's passwd */
		"alice",     "alice@", "@vs1", "@", "", "alice@vs3", "alice@vs1@vs2", "alice@VS1",
		"Alice@vs1", "nobody@vs1", "alice@vs1 ", "alice@vs1/../vs2", "../alice@vs1",
		"al:ice@vs1", "alice\n@vs1", "+@vs1", "-@vs1", "alice@vs1.example.test",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@vs1",
	};
	struct passwd p;

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (rig_pwnam(name[i], &p) != NSS_STATUS_NOTFOUND)
			fail_msg("'%s' is not NOTFOUND", name[i]);
}

static void test_passwd_by_uid(void **state)
{
	static const uid_t none[] = { 0, 1, 1000, 65534, RIG_FIRST - 1, UINT32_MAX,
				      UINT32_MAX - 1 };
	struct passwd p;

	(void)state;
	assert_int_equal(rig_pwuid(rig_uid(2, 2), &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_name, "bob@vs2");
	assert_int_equal(rig_pwuid(rig_uid(2, 3), &p), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig_pwuid(rig_uid(3, 0), &p), NSS_STATUS_NOTFOUND);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_int_equal(rig_pwuid(none[i], &p), NSS_STATUS_NOTFOUND);
}

static void check_inside(const void *p, size_t len, const char *buf, size_t size)
{
	assert_true((const char *)p >= buf && (const char *)p + len <= buf + size);
}

/* Every size from 0 on, at every alignment: ERANGE until it fits, nothing
 * written outside, nothing lost. */
static void sweep_passwd(bool by_uid, size_t off)
{
	static _Alignas(16) char room[4096];
	struct passwd p;
	bool done = false;

	for (size_t size = 0; size < 600 && !done; size++) {
		int e = 0;
		enum nss_status s;

		memset(room, 0x5a, sizeof(room));
		s = by_uid ? rig.getpwuid(rig_uid(1, 1), &p, room + 64 + off, size, &e) :
			     rig.getpwnam("alice@vs1", &p, room + 64 + off, size, &e);
		for (size_t i = 0; i < 64 + off; i++)
			assert_int_equal(room[i], 0x5a);
		for (size_t i = 64 + off + size; i < 64 + off + size + 64; i++)
			assert_int_equal(room[i], 0x5a);
		if (s == NSS_STATUS_TRYAGAIN) {
			assert_int_equal(e, ERANGE);
			continue;
		}
		assert_int_equal(s, NSS_STATUS_SUCCESS);
		check_inside(p.pw_name, strlen(p.pw_name) + 1, room + 64 + off, size);
		check_inside(p.pw_shell, strlen(p.pw_shell) + 1, room + 64 + off, size);
		check_inside(p.pw_dir, strlen(p.pw_dir) + 1, room + 64 + off, size);
		assert_string_equal(p.pw_name, "alice@vs1");
		done = true;
	}
	assert_true(done);
}

static void test_passwd_buffers(void **state)
{
	(void)state;
	for (size_t off = 0; off < 8; off++) {
		sweep_passwd(false, off);
		sweep_passwd(true, off);
	}
}

static void test_group(void **state)
{
	static _Alignas(16) char room[4096];
	struct group g;
	int e;

	(void)state;
	for (size_t off = 0; off < 8; off++) {
		enum nss_status s = NSS_STATUS_TRYAGAIN;

		for (size_t size = 0; s == NSS_STATUS_TRYAGAIN; size++) {
			assert_true(size < 300);
			e = 0;
			memset(room, 0x5a, sizeof(room));
			s = rig.getgrnam("audio@vs1", &g, room + off, size, &e);
			assert_int_equal(room[off + size], 0x5a);
			if (s == NSS_STATUS_TRYAGAIN)
				assert_int_equal(e, ERANGE);
		}
		assert_int_equal(s, NSS_STATUS_SUCCESS);
		assert_int_equal((uintptr_t)g.gr_mem % sizeof(char *), 0);
		assert_string_equal(g.gr_name, "audio@vs1");
		assert_string_equal(g.gr_mem[0], "alice@vs1");
		assert_string_equal(g.gr_mem[1], "bob@vs1");
		assert_null(g.gr_mem[2]);
	}
	/* sudo matches %sudo by name: never the bare one */
	assert_int_equal(rig.getgrgid(rig_uid(1, 51), &g, room, sizeof(room), &e), NSS_STATUS_SUCCESS);
	assert_string_equal(g.gr_name, "sudo@vs1");
	assert_int_equal(rig.getgrnam("sudo", &g, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.getgrnam("disk@vs1", &g, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.getgrgid(6, &g, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
}

static void test_initgroups(void **state)
{
	long start = 1, size = 1;
	gid_t *g = malloc(sizeof(*g));
	int e = 0;

	(void)state;
	assert_non_null(g);
	g[0] = rig_uid(1, 2);
	assert_int_equal(rig.initgroups("bob@vs1", g[0], &start, &size, &g, -1, &e), NSS_STATUS_SUCCESS);
	assert_int_equal(start, 3);
	assert_true((g[1] == rig_uid(1, 50) && g[2] == rig_uid(1, 51)) ||
		    (g[2] == rig_uid(1, 50) && g[1] == rig_uid(1, 51)));
	/* `disk:x:6:alice` in the server's file is not alice's */
	start = 0;
	assert_int_equal(rig.initgroups("alice@vs1", rig_uid(1, 1), &start, &size, &g, -1, &e),
			 NSS_STATUS_SUCCESS);
	assert_int_equal(start, 1);
	assert_int_equal(g[0], rig_uid(1, 50));
	/* nobody else loses groups: certain, not silent */
	assert_int_equal(rig.initgroups("root", 0, &start, &size, &g, -1, &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.initgroups("root@vs1", 0, &start, &size, &g, -1, &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(start, 1);
	free(g);
	/* a limit cuts, as glibc's own modules do */
	g = malloc(sizeof(*g));
	assert_non_null(g);
	start = 0;
	size = 1;
	assert_int_equal(rig.initgroups("bob@vs1", 1, &start, &size, &g, 1, &e), NSS_STATUS_SUCCESS);
	assert_int_equal(start, 1);
	free(g);
}

static void test_shadow(void **state)
{
	char room[512];
	struct spwd sp;
	struct sgrp sg;
	int e = 0;

	(void)state;
	for (size_t size = 0; size < 64; size++) {
		enum nss_status s = rig.getspnam("alice@vs1", &sp, room, size, &e);

		if (s == NSS_STATUS_SUCCESS)
			break;
		assert_int_equal(s, NSS_STATUS_TRYAGAIN);
		assert_int_equal(e, ERANGE);
	}
	assert_string_equal(sp.sp_namp, "alice@vs1");
	assert_string_equal(sp.sp_pwdp, "$6$c$d");
	assert_int_equal(sp.sp_lstchg, 19001);
	assert_int_equal(rig.getspnam("root@vs1", &sp, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.getspnam("alice", &sp, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.getsgnam("audio@vs1", &sg, room, sizeof(room), &e), NSS_STATUS_SUCCESS);
	assert_string_equal(sg.sg_adm[0], "admin@vs1");
	assert_string_equal(sg.sg_mem[1], "bob@vs1");
	assert_int_equal(rig.getsgnam("root@vs1", &sg, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(rig.getspnam("alice@vs1", &sp, room, sizeof(room), &e), NSS_STATUS_UNAVAIL);
	assert_int_equal(rig.setspent(0), NSS_STATUS_UNAVAIL);
	assert_int_equal(rig.getspent(&sp, room, sizeof(room), &e), NSS_STATUS_UNAVAIL);
	assert_int_equal(seteuid(0), 0);
}

/* Enumerate with a buffer that grows from nothing at every entry. */
static void test_enumeration(void **state)
{
	static const char *const want[] = { "admin@vs1", "alice@vs1", "bob@vs1",
					    "admin@vs2", "alice@vs2", "bob@vs2" };
	char room[1024];
	struct passwd p, other;
	struct spwd sp;
	size_t n = 0, spn = 0;
	int e;

	(void)state;
	assert_int_equal(rig.setpwent(0), NSS_STATUS_SUCCESS);
	for (size_t size = 0;; size++) {
		enum nss_status s = rig.getpwent(&p, room, size, &e);

		if (s == NSS_STATUS_NOTFOUND)
			break;
		if (s == NSS_STATUS_TRYAGAIN) {
			assert_int_equal(e, ERANGE);
			continue;
		}
		assert_int_equal(s, NSS_STATUS_SUCCESS);
		assert_true(n < 6);
		assert_string_equal(p.pw_name, want[n++]);
		assert_int_equal(rig_pwnam("bob@vs2", &other), NSS_STATUS_SUCCESS);
		size = 0;
	}
	assert_int_equal(n, 6);
	assert_int_equal(rig.getpwent(&p, room, sizeof(room), &e), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig.endpwent(), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.setspent(0), NSS_STATUS_SUCCESS);
	for (size_t size = 0;; size++) {
		enum nss_status s = rig.getspent(&sp, room, size, &e);

		if (s == NSS_STATUS_NOTFOUND)
			break;
		if (s == NSS_STATUS_TRYAGAIN)
			continue;
		assert_string_equal(sp.sp_namp, want[spn++]);
		size = 0;
	}
	assert_int_equal(spn, 6);
	assert_int_equal(rig.endspent(), NSS_STATUS_SUCCESS);
}

static void test_group_enumeration(void **state)
{
	char room[1024];
	struct group g;
	struct sgrp sg;
	size_t n = 0, sgn = 0;
	int e;

	(void)state;
	assert_int_equal(rig.setgrent(0), NSS_STATUS_SUCCESS);
	for (size_t size = 0;; size++) {
		enum nss_status s = rig.getgrent(&g, room, size, &e);

		if (s == NSS_STATUS_NOTFOUND)
			break;
		if (s == NSS_STATUS_TRYAGAIN)
			continue;
		assert_non_null(strchr(g.gr_name, '@'));
		n++;
		size = 0;
	}
	assert_int_equal(n, 10);
	assert_int_equal(rig.endgrent(), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.setsgent(0), NSS_STATUS_SUCCESS);
	while (rig.getsgent(&sg, room, sizeof(room), &e) == NSS_STATUS_SUCCESS)
		sgn++;
	assert_int_equal(sgn, 4);
	assert_int_equal(rig.endsgent(), NSS_STATUS_SUCCESS);
}

/* Changes are seen by the very next lookup. */
static void test_changes(void **state)
{
	struct passwd p;
	char line[128];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "carol:x:%u:%u::/home/carol:/bin/sh\n",
			 rig_uid(1, 10 + (uint32_t)i % 90), rig_uid(1, 10));
		rig_passwd(1, "", line);
		assert_int_equal(rig_pwnam("carol@vs1", &p), NSS_STATUS_SUCCESS);
		assert_int_equal(p.pw_uid, rig_uid(1, 10 + (uint32_t)i % 90));
		assert_int_equal(rig_pwuid(rig_uid(1, 10 + (uint32_t)i % 90), &p), NSS_STATUS_SUCCESS);
		rig_passwd(1, "", "");
		assert_int_equal(rig_pwnam("carol@vs1", &p), NSS_STATUS_NOTFOUND);
	}
	assert_int_equal(rig_pwnam("alice@vs7", &p), NSS_STATUS_NOTFOUND);
	rig_server(7);
	assert_int_equal(rig_pwnam("alice@vs7", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig_pwuid(rig_uid(7, 1), &p), NSS_STATUS_SUCCESS);
	rig_server_remove(7);
	assert_int_equal(rig_pwnam("alice@vs7", &p), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig_pwuid(rig_uid(7, 1), &p), NSS_STATUS_NOTFOUND);
}

/* An index whose order of ranges leads out of it: the registry answers instead. */
static void test_damaged_index(void **state)
{
	static char bytes[1 << 16];
	struct vsd_index_layout l;
	struct passwd p;
	size_t n;
	FILE *f;
	int r;

	(void)state;
	rig_server(8); /* the module's mapping is superseded */
	f = fopen(TEST_TREE "/var/lib/vsd/index", "re");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	r = fclose(f);
	assert_int_equal(r, 0);
	l = vsd_index_layout((const void *)bytes);
	memset(bytes + l.by_uid, 0xff, l.addrs - l.by_uid);
	test_tree_write_bytes("var/lib/vsd/index", 0644, bytes, n);
	assert_int_equal(rig_pwuid(rig_uid(2, 2), &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_name, "bob@vs2");
	assert_int_equal(rig_pwuid(rig_uid(9, 2), &p), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig_pwnam("alice@vs8", &p), NSS_STATUS_SUCCESS);
	rig_server_remove(8);
	assert_int_equal(rig_pwuid(rig_uid(2, 2), &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig_pwnam("alice@vs8", &p), NSS_STATUS_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passwd_by_name),
		cmocka_unit_test(test_passwd_refusals),
		cmocka_unit_test(test_passwd_by_uid),
		cmocka_unit_test(test_passwd_buffers),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_initgroups),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_enumeration),
		cmocka_unit_test(test_group_enumeration),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_damaged_index),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
