/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "conf.h"

static void defaults(void **state)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];

	(void)state;
	assert_int_equal(vsd_conf_parse("# nothing\n\n", 11, &c, why), 0);
	assert_int_equal(c->uid_base, 2000000);
	assert_int_equal(c->uid_step, 200);
	assert_int_equal(c->isolation, VSD_ISOLATION_FULL);
	assert_int_equal(c->nhost_port, 3);
	assert_null(vsd_conf_find_service(c, "sshd"));
	vsd_conf_free(c);
}

static void every_key(void **state)
{
	static const char text[] =
		"uid_base=3000000\nuid_step = 100\nslots = 50\nvs_root = /srv/vs\n"
		"skel = /srv/skel\ninterface = eth0\nisolation = chroot\n"
		"host_users_on_vs_address = yes\nfence = no\nquota_mb = 10\nmax_users = 5\n"
		"max_sessions = 3\nmemory = 1000\npids = 20\ncpu = 50\n"
		"service.sshd = login /usr/sbin/sshd /usr/lib/openssh/sshd-session\n"
		"exec.perl = /usr/bin/perl\nredirect = 80:8080 443:8443\n"
		"host_ports = 22\nreach_host = 53\n";
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	const struct vsd_service *s;

	(void)state;
	assert_int_equal(vsd_conf_parse(text, sizeof(text) - 1, &c, why), 0);
	assert_int_equal(c->uid_base, 3000000);
	assert_string_equal(c->vs_root, "/srv/vs");
	assert_string_equal(c->interface, "eth0");
	assert_int_equal(c->isolation, VSD_ISOLATION_CHROOT);
	assert_true(c->host_users_on_vs_address);
	assert_false(c->fence);
	assert_int_equal(c->nredirect, 2);
	assert_int_equal(c->redirect[1].to, 8443);
	assert_int_equal(c->nhost_port, 1);
	s = vsd_conf_find_service(c, "sshd");
	assert_non_null(s);
	assert_string_equal(s->right, "login");
	assert_int_equal(s->nprogram, 2);
	vsd_conf_free(c);
}

/* Refused whole: a service line misread as nothing would open no door, but a
 * wall misspelt would be missing. */
static void refusals(void **state)
{
	static const char *const bad[] = {
		"fense = yes", "fence = maybe", "fence", "uid_base = 0x10", "uid_base = 0",
		"uid_base = 4294967000", "uid_step = 0", "vs_root = vs", "vs_root = /a/../b",
		"vs_root = /a//b", "isolation = none", "host_ports = 0", "host_ports = 65536",
		"redirect = 80", "service.sshd =", "service.sshd = login sshd",
		"service.a = login\nservice.a = ftp", "exec.perl =", "interface = a/b",
		"quota_mb = -1", "quota_mb = 1\001",
	};
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		why[0] = '\0';
		assert_int_equal(vsd_conf_parse(bad[i], strlen(bad[i]), &c, why), -EINVAL);
		assert_null(c);
		assert_true(why[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
