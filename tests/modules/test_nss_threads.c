/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sixteen threads look up, enumerate and fork while servers and users come and
 * go.  Built twice: as it is, and with ThreadSanitizer in program and module. */
#include "nss_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOKERS = 7, LISTERS = 4, FORKERS = 3, SERVERS = 4, SECONDS = 2 };

static atomic_bool stop;
static atomic_uint done;

/* cmocka's asserts belong to the main thread. */
#define CHECK(cond)                                                                  \
	do {                                                                         \
		if (!(cond)) {                                                       \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);   \
			abort();                                                     \
		}                                                                    \
	} while (0)

static void look(unsigned seed)
{
	char room[1024], name[32];
	unsigned n = 1 + seed % SERVERS;
	struct passwd p;
	struct group g;
	long start = 0, size = 4;
	gid_t *groups;
	int e = 0;

	snprintf(name, sizeof(name), "alice@vs%u", n);
	CHECK(rig.getpwnam(name, &p, room, sizeof(room), &e) == NSS_STATUS_SUCCESS);
	CHECK(!strcmp(p.pw_name, name) && p.pw_uid == rig_uid(n, 1) && !strcmp(p.pw_gecos, "Alice"));
	CHECK(rig.getpwuid(rig_uid(n, 2), &p, room, sizeof(room), &e) == NSS_STATUS_SUCCESS);
	CHECK(!strncmp(p.pw_name, "bob@vs", 6));
	CHECK(rig.getgrgid(rig_uid(n, 50), &g, room, sizeof(room), &e) == NSS_STATUS_SUCCESS);
	CHECK(!strncmp(g.gr_name, "audio@vs", 8) && g.gr_mem[0] && g.gr_mem[1] && !g.gr_mem[2]);
	CHECK(rig.getpwnam("carol@vs1", &p, room, sizeof(room), &e) != NSS_STATUS_TRYAGAIN);
	CHECK(rig.getpwuid(rig_uid(9, 1), &p, room, sizeof(room), &e) != NSS_STATUS_TRYAGAIN);
	CHECK(rig.getpwuid(1000, &p, room, sizeof(room), &e) == NSS_STATUS_NOTFOUND);
	groups = malloc(4 * sizeof(*groups));
	CHECK(groups != NULL);
	CHECK(rig.initgroups(name, rig_uid(n, 1), &start, &size, &groups, -1, &e) == NSS_STATUS_SUCCESS);
	CHECK(start == 1 && groups[0] == rig_uid(n, 50));
	free(groups);
	atomic_fetch_add(&done, 1);
}

static void *looker(void *arg)
{
	for (unsigned i = (unsigned)(uintptr_t)arg; !stop; i++)
		look(i);
	return NULL;
}

/* The stream is the process's: threads share it, and each entry is whole. */
static void *lister(void *arg)
{
	char room[1024];
	struct passwd p;
	enum nss_status s;
	int e = 0;

	(void)arg;
	while (!stop) {
		CHECK(rig.setpwent(0) == NSS_STATUS_SUCCESS);
		for (int i = 0; i < 40; i++) {
			s = rig.getpwent(&p, room, i % 5 ? sizeof(room) : 3, &e);
			if (s == NSS_STATUS_SUCCESS)
				CHECK(strchr(p.pw_name, '@') && p.pw_uid >= RIG_FIRST);
			else
				CHECK(s == NSS_STATUS_NOTFOUND || s == NSS_STATUS_TRYAGAIN);
		}
		CHECK(rig.endpwent() == NSS_STATUS_SUCCESS);
	}
	return NULL;
}

static void *forker(void *arg)
{
	char room[1024];
	struct passwd p;
	int status, e;
	pid_t pid;

	while (!stop) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
#if defined(NSS_TSAN) || defined(__SANITIZE_ADDRESS__)
			_exit(0); /* its allocator's own locks do not survive a fork */
#endif
			alarm(20); /* a lock that nobody releases */
			for (unsigned i = 0; i < 8; i++)
				look(i + (unsigned)(uintptr_t)arg);
			(void)rig.getpwent(&p, room, sizeof(room), &e);
			_exit(rig.setpwent(0) == NSS_STATUS_SUCCESS &&
			      rig.getpwent(&p, room, sizeof(room), &e) == NSS_STATUS_SUCCESS ? 0 : 1);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		if (status)
			fprintf(stderr, "child: status %#x\n", (unsigned)status);
		CHECK(status == 0);
	}
	return NULL;
}

/* Users of vs1 and the server vs9 come and go. */
static void *churner(void *arg)
{
	char line[128];

	(void)arg;
	for (unsigned i = 0; !stop; i++) {
		snprintf(line, sizeof(line), "carol:x:%u:%u::/home/carol:/bin/sh\n", rig_uid(1, 60 + i % 9),
			 rig_uid(1, 60));
		rig_passwd(1, "", i % 2 ? line : "");
		if (i % 8 == 3)
			rig_server(9);
		if (i % 8 == 7)
			rig_server_remove(9);
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t t[LOOKERS + LISTERS + FORKERS + 2];
	int fds = rig_open_fds();
	size_t n = 0;

	(void)state;
	for (uintptr_t i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_create(&t[n++], NULL, looker, (void *)i), 0);
	for (int i = 0; i < LISTERS; i++)
		assert_int_equal(pthread_create(&t[n++], NULL, lister, NULL), 0);
	for (uintptr_t i = 0; i < FORKERS; i++)
		assert_int_equal(pthread_create(&t[n++], NULL, forker, (void *)i), 0);
	assert_int_equal(pthread_create(&t[n++], NULL, churner, NULL), 0);
	sleep(SECONDS);
	stop = true;
	while (n)
		assert_int_equal(pthread_join(t[--n], NULL), 0);
	assert_int_equal(rig_open_fds(), fds);
	print_message("%u rounds of lookups\n", done);
}

static int set_up(void **state)
{
	(void)state;
	rig_start();
	for (unsigned i = 1; i <= SERVERS; i++)
		rig_server(i);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads) };

	return cmocka_run_group_tests(tests, set_up, rig_tear_down);
}
