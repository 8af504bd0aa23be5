/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time lookups through glibc with one NSS module:
 *   nss SERVICE SERVERS TEST...
 * prints, for each test, SERVICE TEST NANOSECONDS (one sample: run it again for
 * more).  Names are random ones of SERVERS x 200 users; all servers are touched
 * once before the warm tests.  TEST:count-N makes N lookups, for callgrind. */
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern int __nss_configure_lookup(const char *db, const char *service);

enum { USERS = 200, FIRST = 2000000, MEMBERS = 64, KEYS = 1 << 16, KEY_BYTES = 40 };

static unsigned servers;
static int has_memory;
static uint64_t state = 0x9e3779b97f4a7c15u;
static char room[1 << 16];
static char key[KEYS][KEY_BYTES]; /* what the lookups ask for, written before they are timed */
static unsigned next_key;

static uint64_t random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned random_server(void)
{
	return 1 + (unsigned)(random_next() % servers);
}

static void must(const char *what, const void *found)
{
	if (!found) {
		fprintf(stderr, "nss: %s found nothing\n", what);
		exit(1);
	}
}

static void by_name(unsigned n, unsigned k)
{
	struct passwd p, *r = NULL;
	char name[64];

	snprintf(name, sizeof(name), "user%u@vs%u", k, n);
	(void)getpwnam_r(name, &p, room, sizeof(room), &r);
	must(name, r);
}

static const char *take_key(void)
{
	return key[next_key++ % KEYS];
}

static void hit_name(void)
{
	struct passwd p, *r = NULL;

	(void)getpwnam_r(take_key(), &p, room, sizeof(room), &r);
	must("name", r);
}

static void key_name(char *out)
{
	snprintf(out, KEY_BYTES, "user%u@vs%u", (unsigned)(random_next() % USERS), random_server());
}

static void key_few(char *out)
{
	snprintf(out, KEY_BYTES, "user%u@vs1", (unsigned)(random_next() % USERS));
}

/* a user with one supplementary group */
static void key_groups(char *out)
{
	snprintf(out, KEY_BYTES, "user%u@vs%u", (unsigned)(random_next() % 20) * 10 + 8,
		 random_server());
}

static void key_path(char *out)
{
	snprintf(out, KEY_BYTES, "/home/vsd/vs/vs%u/etc/passwd", random_server());
}

static void hit_uid(void)
{
	struct passwd p, *r = NULL;
	uid_t id = FIRST + random_server() * USERS + (unsigned)(random_next() % USERS);

	(void)getpwuid_r(id, &p, room, sizeof(room), &r);
	must("uid", r);
}

static void hit_gid(void)
{
	struct group g, *r = NULL;
	gid_t id = FIRST + random_server() * USERS + (unsigned)(random_next() % USERS);

	(void)getgrgid_r(id, &g, room, sizeof(room), &r);
	must("gid", r);
}

static void hit_groups(void)
{
	const char *name = take_key();
	gid_t g[MEMBERS];
	int n = MEMBERS;

	if (getgrouplist(name, 1, g, &n) != 2)
		must(name, NULL);
}

static void miss_name(void)
{
	struct passwd p, *r = NULL;

	(void)getpwnam_r("nosuchuser", &p, room, sizeof(room), &r);
}

static void miss_server(void)
{
	struct passwd p, *r = NULL;

	(void)getpwnam_r("alice@nosuchserver", &p, room, sizeof(room), &r);
}

static void miss_uid(void)
{
	struct passwd p, *r = NULL;

	(void)getpwuid_r(1000, &p, room, sizeof(room), &r);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void write_keys(void (*write)(char *out))
{
	for (unsigned i = 0; i < KEYS && write; i++)
		write(key[i]);
}

/* A module with a memory is measured with that filled: each server three times, by
 * three users (a first touch keeps one) and by group. */
static void warm_up(void (*one)(void))
{
	struct group g, *r;

	for (unsigned i = 0; i < 3 && has_memory; i++)
		for (unsigned n = 1; n <= servers; n++) {
			by_name(n, (n + i) % USERS);
			(void)getgrgid_r(FIRST + n * USERS, &g, room, sizeof(room), &r);
		}
	one();
}

/* Lookups for about a fifth of a second. */
static double rate(void (*one)(void))
{
	double start, t;
	unsigned long n = 0, batch = 1;

	warm_up(one);
	start = now_ns();
	do {
		for (unsigned long i = 0; i < batch; i++)
			one();
		n += batch;
		if (batch < 4096)
			batch *= 2;
		t = now_ns() - start;
	} while (t < 2e8);
	return t / (double)n;
}

/* Each server once, in a scattered order, in a process that knew none. */
static double first_touch(void (*touch)(unsigned n))
{
	double start;
	unsigned step = servers > 7 ? servers / 2 + 1 : 1, n = 0;

	while (step > 1 && servers % step == 0)
		step++;
	start = now_ns();
	for (unsigned i = 0; i < servers; i++) {
		n = (n + step) % servers;
		touch(n + 1);
	}
	return (now_ns() - start) / servers;
}

static void touch_user(unsigned n)
{
	by_name(n, 100);
}

/* The floor of a first touch. */
static void touch_file(unsigned n)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/home/vsd/vs/vs%u/etc/passwd", n);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, room, sizeof(room)) <= 0 || close(fd))
		exit(1);
}

/* The floor of a warm hit. */
static void one_stat(void)
{
	struct stat st;

	if (lstat(take_key(), &st))
		exit(1);
}

static double enumerate(int groups)
{
	struct passwd p, *pr;
	struct group g, *gr;
	unsigned long n = 0;
	double start = now_ns();

	if (groups) {
		setgrent();
		while (!getgrent_r(&g, room, sizeof(room), &gr))
			n++;
		endgrent();
	} else {
		setpwent();
		while (!getpwent_r(&p, room, sizeof(room), &pr))
			n++;
		endpwent();
	}
	must("enumeration", n ? &n : NULL);
	return (now_ns() - start) / (double)n;
}

static const struct {
	const char *name;
	void (*one)(void);
	void (*key)(char *out);
} test[] = {
	{ "name", hit_name, key_name },
	{ "few", hit_name, key_few },
	{ "uid", hit_uid, NULL },
	{ "gid", hit_gid, NULL },
	{ "groups", hit_groups, key_groups },
	{ "miss-name", miss_name, NULL },
	{ "miss-server", miss_server, NULL },
	{ "miss-uid", miss_uid, NULL },
	{ "floor-stat", one_stat, key_path },
};

static double run(const char *what)
{
	const char *count = strstr(what, ":count-");
	size_t len = count ? (size_t)(count - what) : strlen(what);
	unsigned long n = count ? strtoul(count + 7, NULL, 10) : 0;

	if (!strcmp(what, "first"))
		return first_touch(touch_user);
	if (!strcmp(what, "floor-read"))
		return first_touch(touch_file);
	if (!strcmp(what, "enum") || !strcmp(what, "enum-group"))
		return enumerate(what[4] != '\0');
	for (size_t i = 0; i < sizeof(test) / sizeof(*test); i++) {
		if (strlen(test[i].name) != len || strncmp(test[i].name, what, len) != 0)
			continue;
		write_keys(test[i].key);
		if (!count)
			return rate(test[i].one);
		warm_up(test[i].one);
		while (n--)
			test[i].one();
		return 0;
	}
	fprintf(stderr, "nss: no such test '%s'\n", what);
	exit(2);
}

/* Peak of private memory, in KiB. */
static long private_kib(void)
{
	char line[256];
	long sum = 0, n;
	FILE *f = fopen("/proc/self/smaps_rollup", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Dirty: %ld", &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

int main(int argc, char **argv)
{
	static const char *const db[] = { "passwd", "group", "initgroups", "shadow" };
	long before;

	if (argc < 4) {
		fprintf(stderr, "usage: nss SERVICE SERVERS TEST...\n");
		return 2;
	}
	servers = (unsigned)strtoul(argv[2], NULL, 10);
	has_memory = !strcmp(argv[1], "vsd");
	if (strcmp(argv[1], "-") != 0) /* - : as nsswitch.conf says (nscd) */
		for (size_t i = 0; i < sizeof(db) / sizeof(*db); i++)
			if (__nss_configure_lookup(db[i], argv[1]) != 0)
				return 1;
	before = private_kib();
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "memory")) {
			for (unsigned n = 1; n <= servers; n++) {
				by_name(n, 1);
				by_name(n, 2);
			}
			printf("%s memory %ld\n", argv[1], (private_kib() - before) * 1024);
			continue;
		}
		printf("%s %s %.1f\n", argv[1], argv[i], run(argv[i]));
	}
	return 0;
}
