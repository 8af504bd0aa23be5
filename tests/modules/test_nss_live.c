/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nss_vsd in a process that lives long, beside tools at work: a server that is
 * renamed, moved or given another address, locks that others hold, files that
 * somebody writes to, and callers that ask oddly. */
#include "nss_rig.h"
#include "paths_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "registry.h"

/* ---- what tools change is seen by the next lookup ---- */

static void test_renamed(void **state)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	struct passwd p;
	int lock;

	(void)state;
	assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig_pwuid(rig_uid(1, 1), &p), NSS_STATUS_SUCCESS);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(vsd_registry_lock(&lock), 0);
	assert_int_equal(vsd_registry_remove(lock, "vs1"), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs1", RIG_ROOTS "/shop"), 0);
	snprintf(s.name, sizeof(s.name), "shop");
	snprintf(s.root, sizeof(s.root), "%s", RIG_ROOTS "/shop");
	assert_int_equal(vsd_registry_add(lock, &s, why), 0);
	assert_int_equal(close(lock), 0);

	assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_NOTFOUND);
	assert_int_equal(rig_pwnam("alice@shop", &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_dir, RIG_ROOTS "/shop/./home/alice");
	assert_int_equal(rig_pwuid(rig_uid(1, 1), &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_name, "alice@shop");
}

static void test_moved(void **state)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	struct passwd p;
	int lock;

	(void)state;
	assert_int_equal(rig_pwnam("bob@vs2", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(mkdir("/mnt/home/vsd/other", 0711), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs2", "/mnt/home/vsd/other/vs2"), 0);
	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	snprintf(s.root, sizeof(s.root), "%s", "/mnt/home/vsd/other/vs2");
	assert_int_equal(vsd_registry_lock(&lock), 0);
	assert_int_equal(vsd_registry_update(lock, &s, why), 0);
	assert_int_equal(close(lock), 0);

	assert_int_equal(rig_pwnam("bob@vs2", &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_dir, "/mnt/home/vsd/other/vs2/./home/bob");
	assert_int_equal(rig_pwuid(rig_uid(2, 2), &p), NSS_STATUS_SUCCESS);
	assert_string_equal(p.pw_dir, "/mnt/home/vsd/other/vs2/./home/bob");
}

/* ---- locks ---- */

/* Every lock that a tool or a tenant's admin can hold, in this process: a lookup
 * that wanted one would wait for ever, and the alarm would end the test. */
static void test_locks(void **state)
{
	static const char *const file[] = { "passwd", "group", "shadow", "gshadow" };
	struct flock all = { .l_type = F_WRLCK };
	char path[128], room[4096];
	struct passwd p;
	struct spwd sp;
	int lock, fd[4], e;

	(void)state;
	rig_server(3);
	assert_int_equal(vsd_registry_lock(&lock), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), RIG_ROOTS "/vs3/etc/%s", file[i]);
		fd[i] = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd[i] >= 0);
		assert_int_equal(flock(fd[i], LOCK_EX), 0);
		assert_int_equal(fcntl(fd[i], F_OFD_SETLK, &all), 0);
	}
	test_tree_write("home/vsd/vs/vs3/etc/.pwd.lock", 0600, "");
	test_tree_write("home/vsd/vs/vs3/etc/passwd.lock", 0600, "");
	alarm(20);
	assert_int_equal(rig_pwnam("alice@vs3", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig_pwuid(rig_uid(3, 2), &p), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.getspnam("alice@vs3", &sp, room, sizeof(room), &e), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.setpwent(0), NSS_STATUS_SUCCESS);
	while (rig.getpwent(&p, room, sizeof(room), &e) == NSS_STATUS_SUCCESS)
		;
	assert_int_equal(rig.endpwent(), NSS_STATUS_SUCCESS);
	alarm(0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(close(fd[i]), 0);
	assert_int_equal(close(lock), 0);
}

/* ---- files that somebody writes to ---- */

static atomic_bool stop;

/* Whole files by rename, in turns without carol, and with her as last. */
static void *replacer(void *arg)
{
	char line[128];

	snprintf(line, sizeof(line), "carol:x:%u:%u:Carol:/home/carol:/bin/sh\n", rig_uid(4, 77),
		 rig_uid(4, 77));
	for (unsigned i = 0; !stop; i++)
		rig_passwd(4, "", i % 2 ? line : "");
	return arg;
}

/* An admin with an editor of the worst kind: truncates, then writes byte by byte,
 * then lets the file grow without end. */
static void *scribbler(void *arg)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "alice:x:%u:%u:Alice:/home/alice:/bin/sh\n",
			   rig_uid(5, 1), rig_uid(5, 1));

	while (!stop) {
		int fd = open(RIG_ROOTS "/vs5/etc/passwd", O_WRONLY | O_TRUNC | O_CLOEXEC);

		for (int i = 0; fd >= 0 && i < len; i++)
			if (write(fd, line + i, 1) != 1)
				break;
		for (int i = 0; fd >= 0 && i < 200 && !stop; i++)
			if (write(fd, "#\n", 2) != 2)
				break;
		if (fd >= 0)
			(void)close(fd);
	}
	return arg;
}

static void look_for(double seconds, void (*one)(void))
{
	struct timespec now, end;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
	end.tv_sec += (time_t)seconds;
	do {
		one();
		assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	} while (now.tv_sec < end.tv_sec ||
		 (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

/* A file is either the old one or the new one. */
static void look_whole(void)
{
	struct passwd p;
	enum nss_status s;

	assert_int_equal(rig_pwnam("bob@vs4", &p), NSS_STATUS_SUCCESS);
	assert_int_equal(p.pw_uid, rig_uid(4, 2));
	s = rig_pwnam("carol@vs4", &p);
	if (s == NSS_STATUS_SUCCESS) {
		assert_int_equal(p.pw_uid, rig_uid(4, 77));
		assert_string_equal(p.pw_dir, RIG_ROOTS "/vs4/./home/carol");
	} else {
		assert_int_equal(s, NSS_STATUS_NOTFOUND);
	}
}

/* Found with all that is hers, or not found, or an outage: never a part. */
static void look_torn(void)
{
	struct passwd p;
	enum nss_status s = rig_pwnam("alice@vs5", &p);

	if (s == NSS_STATUS_SUCCESS) {
		assert_int_equal(p.pw_uid, rig_uid(5, 1));
		assert_int_equal(p.pw_gid, rig_uid(5, 1));
		assert_string_equal(p.pw_name, "alice@vs5");
	} else {
		assert_true(s == NSS_STATUS_NOTFOUND || s == NSS_STATUS_UNAVAIL ||
			    s == NSS_STATUS_TRYAGAIN);
	}
}

static void test_writers(void **state)
{
	pthread_t t[2];

	(void)state;
	rig_server(4);
	rig_server(5);
	stop = false;
	assert_int_equal(pthread_create(&t[0], NULL, replacer, NULL), 0);
	look_for(1, look_whole);
	stop = true;
	assert_int_equal(pthread_join(t[0], NULL), 0);
	stop = false;
	assert_int_equal(pthread_create(&t[1], NULL, scribbler, NULL), 0);
	alarm(20);
	look_for(1, look_torn);
	alarm(0);
	stop = true;
	assert_int_equal(pthread_join(t[1], NULL), 0);
}

/* ---- odd callers ---- */

static void test_odd_callers(void **state)
{
	struct passwd p;
	struct group g;
	gid_t *groups = malloc(sizeof(*groups));
	long start, size = 1;
	char one[1];
	int e = 0;

	(void)state;
	rig_server(6);
	/* no buffer at all */
	assert_int_equal(rig.getpwnam("alice@vs6", &p, NULL, 0, &e), NSS_STATUS_TRYAGAIN);
	assert_int_equal(e, ERANGE);
	e = 0;
	assert_int_equal(rig.getgrgid(rig_uid(6, 50), &g, one, 0, &e), NSS_STATUS_TRYAGAIN);
	assert_int_equal(e, ERANGE);
	/* an error number that was zero is set, whatever is missed */
	e = 0;
	assert_int_equal(rig.getpwnam("", &p, one, sizeof(one), &e), NSS_STATUS_NOTFOUND);
	assert_int_not_equal(e, 0);
	e = 0;
	assert_int_equal(rig.getpwnam("@", &p, one, sizeof(one), &e), NSS_STATUS_NOTFOUND);
	assert_int_not_equal(e, 0);
	e = 0;
	assert_int_equal(rig.getpwuid((uid_t)-1, &p, one, sizeof(one), &e), NSS_STATUS_NOTFOUND);
	assert_int_not_equal(e, 0);
	/* the group list grows, up to the caller's limit */
	assert_non_null(groups);
	for (long limit = 1; limit <= 2; limit++) {
		start = 1;
		groups[0] = 12345;
		assert_int_equal(rig.initgroups("alice@vs6", rig_uid(6, 1), &start, &size, &groups,
						limit, &e), NSS_STATUS_SUCCESS);
		assert_int_equal(groups[0], 12345);
		assert_int_equal(start, limit);
	}
	assert_int_equal(groups[1], rig_uid(6, 50));
	free(groups);
	/* an enumeration ended twice, and one asked on after its end */
	assert_int_equal(rig.endpwent(), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.endpwent(), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.setgrent(1), NSS_STATUS_SUCCESS);
	assert_int_equal(rig.endgrent(), NSS_STATUS_SUCCESS);
}

/* ---- exec rights: the host's list and the server's priv, either changing ---- */

static void write_list(const char *text)
{
	FILE *f = fopen("/mnt/etc/vsd/exec-groups.new", "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename("/mnt/etc/vsd/exec-groups.new", vsd_path_exec), 0);
}

/* Which of the gids 900 and 901 alice of vs7 has: 1 | 2. */
static int rights_of_alice(void)
{
	long start = 0, size = 0;
	gid_t *got = NULL;
	int e = 0, has = 0;

	assert_int_equal(rig.initgroups("alice@vs7", rig_uid(7, 1), &start, &size, &got, -1, &e),
			 NSS_STATUS_SUCCESS);
	for (long i = 0; i < start; i++)
		has |= got[i] == 900 ? 1 : got[i] == 901 ? 2 : 0;
	free(got);
	return has;
}

static void test_exec_rights(void **state)
{
	(void)state;
	rig_server(7);
	assert_int_equal(mkdir(RIG_ROOTS "/vs7/etc/vsd", 0755), 0);
	assert_int_equal(rights_of_alice(), 0); /* no priv at all */
	rig_file(7, "etc/vsd/priv", 0644, "login:x::alice,bob\nperl:x::bob,alice\ngcc:x::bob\n");
	assert_int_equal(rights_of_alice(), 0); /* no list */
	write_list("perl:900\ngcc:901\n");
	assert_int_equal(rights_of_alice(), 1);
	write_list("gcc:900\nperl:901\n"); /* of the same size */
	assert_int_equal(rights_of_alice(), 2);
	rig_file(7, "etc/vsd/priv", 0644, "gcc:x::alice\nperl:x::alice\n");
	assert_int_equal(rights_of_alice(), 3);
	/* the second line of a right says nothing, nor does a gid of the server's own */
	rig_file(7, "etc/vsd/priv", 0644, "gcc:x::bob\ngcc:x::alice\nperl:x:901:\n901:x::alice\n");
	assert_int_equal(rights_of_alice(), 0);
	rig_file(7, "etc/vsd/priv", 0644, "login:x::alice\ngcc:x::alice\n");
	assert_int_equal(rights_of_alice(), 1);
	write_list("login:901\ngcc:900\n"); /* a list that vsd-install never writes */
	assert_int_equal(rights_of_alice(), 0);
	assert_int_equal(unlink(vsd_path_exec), 0);
	assert_int_equal(rights_of_alice(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_odd_callers),
		cmocka_unit_test(test_exec_rights),
	};

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
