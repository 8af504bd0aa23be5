/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "paths.h"
#include "paths_test.h"

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
		"host_ports = 22\nreach_host = 53\nanyip = 10.0.0.0/8 192.0.2.7/32\n";
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
	assert_int_equal(c->nanyip, 2);
	assert_int_equal(c->anyip[1].bits, 32);
	s = vsd_conf_find_service(c, "sshd");
	assert_non_null(s);
	assert_string_equal(s->right, "login");
	assert_int_equal(s->nprogram, 2);
	assert_string_equal(s->program[0], "/usr/sbin/sshd");
	assert_string_equal(s->program[1], "/usr/lib/openssh/sshd-session");
	vsd_conf_free(c);
	assert_int_equal(vsd_conf_parse("service.a=b /c/d /e", 19, &c, why), 0);
	assert_string_equal(c->service[0].program[0], "/c/d");
	assert_string_equal(c->service[0].program[1], "/e");
	vsd_conf_free(c);
}

/* The fence keeps their targets, so that there is no other list of pairs than this. */
static void redirects_have_defaults(void **state)
{
	static const struct {
		const char *text;
		unsigned n;
	} table[] = {
		{ "", 3 }, { "redirect =", 0 }, { "redirect = none", 0 }, { "redirect = 1:2", 1 },
	};
	char why[VSD_WHY_MAX] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct vsd_conf *c = NULL;

		assert_int_equal(vsd_conf_parse(table[i].text, strlen(table[i].text), &c, why), 0);
		assert_int_equal(c->nredirect, table[i].n);
		if (i == 0) {
			assert_int_equal(c->redirect[2].from, 25);
			assert_int_equal(c->redirect[2].to, 2525);
		}
		vsd_conf_free(c);
	}
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
		/* which of the two would count? */
		"fence = yes\nfence = no", "host_ports = 21\nhost_ports =",
		"exec.a = /bin/a\nexec.a = /bin/b", "redirect = 80:1\nredirect = 80:2",
		"redirect = 80:1 80:2", "redirect = none 80:1", "redirect = 80:1 none",
		"redirect = 80:1,81:2", "anyip = 10.0.0.0", "anyip = 10.0.0.1/24", "anyip = 10.0.0.0/7",
		"anyip = fd00::/64", "anyip = 10.0.0.0/33", "anyip = /8", "anyip = 10.0.0.0/",
		"service.= login", "service.sshd = Login", "service.../sshd = login",
		"exec. = /bin/a", "exec.login = /bin/a", "exec.ftp = /bin/a",
		"exec.telnet = /bin/a", "slots = 0", "slots = 4294967295", "redirect = 0:80",
		"redirect = 80:70000", "redirect = :", "interface =", "interface = a b",
		"interface = sixteen-bytes-xx", "isolation =", "= 1", "vs_root = /",
		"vs_root = /a b", "skel = /a/.", "\377 = 1", "memory = 9223372036854775808",
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

/* One more than there is room for, of each thing that is counted. */
static void limits(void **state)
{
	struct vsd_conf *c = NULL;
	static char text[8192];
	char why[VSD_WHY_MAX];

	(void)state;
	for (unsigned n = VSD_SERVICE_MAX; n <= VSD_SERVICE_MAX + 1; n++) {
		size_t len = 0;

		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"service.s%u = login\nexec.x%u = /bin/x\n", i, i);
		assert_int_equal(vsd_conf_parse(text, len, &c, why),
				 n > VSD_SERVICE_MAX ? -EINVAL : 0);
	}
	vsd_conf_free(c);
	c = NULL;
	for (unsigned n = VSD_PORT_MAX; n <= VSD_PORT_MAX + 1; n++) {
		size_t len = (size_t)snprintf(text, sizeof(text), "host_ports =");

		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %u", i + 1);
		assert_int_equal(vsd_conf_parse(text, len, &c, why), n > VSD_PORT_MAX ? -EINVAL : 0);
	}
	vsd_conf_free(c);
	memset(text, '#', sizeof(text)); /* a line that no person wrote */
	assert_int_equal(vsd_conf_parse(text, 4096, &c, why), 0);
	vsd_conf_free(c);
	assert_int_equal(vsd_conf_parse(text, 4097, &c, why), -EINVAL);
	assert_string_equal(why, "line 1: too long");
}

/* What we ship must be what we accept, and give the defaults that are promised. */
static void shipped_file(void **state)
{
	struct vsd_conf *c = NULL, *plain = NULL;
	static char text[16384];
	char why[VSD_WHY_MAX] = "";
	FILE *f = fopen("conf/vsd.conf", "re");
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	assert_int_equal(vsd_conf_parse(text, len, &c, why), 0);
	assert_int_equal(vsd_conf_parse("", 0, &plain, why), 0);
	assert_string_equal(vsd_conf_find_service(c, "sshd")->right, "login");
	assert_null(vsd_conf_find_service(c, "atd"));
	assert_null(vsd_conf_find_service(c, "systemd-user"));
	assert_int_equal(c->uid_base, plain->uid_base);
	assert_int_equal(c->uid_step, plain->uid_step);
	assert_int_equal(c->slots, plain->slots);
	assert_string_equal(c->vs_root, plain->vs_root);
	assert_string_equal(c->skel, plain->skel);
	assert_int_equal(c->isolation, plain->isolation);
	assert_int_equal(c->fence, plain->fence);
	assert_int_equal(c->max_users, plain->max_users);
	assert_int_equal(c->max_sessions, plain->max_sessions);
	assert_int_equal(c->nhost_port, plain->nhost_port);
	assert_memory_equal(c->host_port, plain->host_port, c->nhost_port * sizeof(*c->host_port));
	assert_int_equal(c->nredirect, plain->nredirect);
	assert_memory_equal(c->redirect, plain->redirect, c->nredirect * sizeof(*c->redirect));
	vsd_conf_free(plain);
	vsd_conf_free(c);
}

/* Whoever can write the file can write himself a service. */
static void owner_and_mode(void **state)
{
	static const struct {
		mode_t mode;
		uid_t uid;
		int want;
	} t[] = {
		{ 0644, 0, 0 }, { 0600, 0, 0 }, { 0664, 0, -EPERM }, { 0646, 0, -EPERM },
		{ 0644, 1000, -EPERM },
	};
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX];

	(void)state;
	if (test_tree_make() != 0)
		skip();
	assert_int_equal(vsd_conf_load(&c, why), 0); /* none: the defaults */
	assert_int_equal(c->nservice, 0);
	vsd_conf_free(c);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		c = NULL;
		test_tree_write("etc/vsd.conf", t[i].mode, "service.a = login\n");
		assert_int_equal(chown(vsd_path_conf, t[i].uid, 0), 0);
		assert_int_equal(vsd_conf_load(&c, why), t[i].want);
		vsd_conf_free(c);
		assert_int_equal(unlink(vsd_path_conf), 0);
	}
	c = NULL;
	assert_int_equal(mkfifo(vsd_path_conf, 0644), 0); /* must not wait */
	assert_int_equal(vsd_conf_load(&c, why), -EINVAL);
	assert_int_equal(unlink(vsd_path_conf), 0);
	assert_int_equal(symlink("vsd/other", vsd_path_conf), 0);
	assert_int_equal(vsd_conf_load(&c, why), -ELOOP);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(redirects_have_defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits),
		cmocka_unit_test(shipped_file),
		cmocka_unit_test(owner_and_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
