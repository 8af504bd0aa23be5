/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make COUNT servers of 200 users, from vsFROM (vs1) on, for bench-nss and bench-pam:
 * their account files, registry and index; and the same users as one passwd and one
 * group file in OUT for the peers.
 * Run it in a lab: it writes to /etc/vsd, /var/lib/vsd and /home/vsd. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "registry.h"
#include "safe.h"

enum { USERS = 200, FIRST = 2000000 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static FILE *open_in(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		die(path);
	return f;
}

/* One user of server n: in the server's own file, and in everybody's. */
static void user(FILE *own, FILE *all, unsigned n, unsigned k)
{
	unsigned id = FIRST + n * USERS + k;

	fprintf(own, "user%u:x:%u:%u:User Number %u,,,:/home/user%u:/bin/bash\n", k, id, id, k, k);
	fprintf(all, "user%u@vs%u:x:%u:%u:User Number %u:/home/vsd/vs/vs%u/./home/user%u:/bin/bash\n", k,
		n, id, id, k, n, k);
}

/* Its own group, and one in ten a group of three. */
static void group(FILE *own, FILE *all, unsigned n, unsigned k)
{
	unsigned id = FIRST + n * USERS + k;

	if (k % 10 != 9) {
		fprintf(own, "user%u:x:%u:\n", k, id);
		fprintf(all, "user%u@vs%u:x:%u:\n", k, n, id);
		return;
	}
	fprintf(own, "team%u:x:%u:user%u,user%u,user%u\n", k, id, k - 1, k - 2, k - 3);
	fprintf(all, "team%u@vs%u:x:%u:user%u@vs%u,user%u@vs%u,user%u@vs%u\n", k, n, id, k - 1, n,
		k - 2, n, k - 3, n);
}

static void registry(unsigned n)
{
	struct vsd_server s = { .id = n, .uid_first = FIRST + n * USERS, .uid_count = USERS,
				.naddr = 1, .max_users = USERS, .max_sessions = 8 };
	char text[2048], addr[32];
	size_t len;
	FILE *f;

	snprintf(s.name, sizeof(s.name), "vs%u", n);
	snprintf(s.root, sizeof(s.root), "/home/vsd/vs/vs%u", n);
	snprintf(s.skel, sizeof(s.skel), "/home/vsd/skel");
	snprintf(s.fqdn, sizeof(s.fqdn), "vs%u.example.test", n);
	snprintf(addr, sizeof(addr), "10.77.%u.%u", n / 250, n % 250 + 1);
	if (vsd_addr_parse(addr, strlen(addr), &s.addr[0]) < 0 ||
	    vsd_server_format(&s, text, sizeof(text), &len) < 0) {
		fprintf(stderr, "nss_make: server %u cannot be written\n", n);
		exit(1);
	}
	f = open_in(vsd_path_servers, s.name);
	if (fwrite(text, 1, len, f) != len || fclose(f))
		die(s.name);
}

static void server(FILE *all_users, FILE *all_groups, unsigned n)
{
	char etc[64];
	FILE *p, *g;

	snprintf(etc, sizeof(etc), "/home/vsd/vs/vs%u", n);
	if (mkdir(etc, 0755) < 0)
		die(etc);
	snprintf(etc, sizeof(etc), "/home/vsd/vs/vs%u/etc", n);
	if (mkdir(etc, 0755) < 0)
		die(etc);
	p = open_in(etc, "passwd");
	g = open_in(etc, "group");
	for (unsigned k = 0; k < USERS; k++) {
		user(p, all_users, n, k);
		group(g, all_groups, n, k);
	}
	if (fclose(p) || fclose(g))
		die(etc);
	registry(n);
}

int main(int argc, char **argv)
{
	static const char *const dir[] = { "/home/vsd", "/home/vsd/vs", "/etc/vsd", vsd_path_servers,
					   vsd_path_state, vsd_path_lock };
	FILE *users, *groups;
	unsigned count, from;
	int lock;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: nss_make COUNT OUT [FROM]\n");
		return 2;
	}
	(void)umask(022);
	count = (unsigned)strtoul(argv[1], NULL, 10);
	from = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	for (size_t i = 0; i < sizeof(dir) / sizeof(*dir); i++)
		(void)mkdir(dir[i], dir[i] == vsd_path_lock ? 0700 : 0755); /* or it is there */
	users = open_in(argv[2], "passwd");
	groups = open_in(argv[2], "group");
	for (unsigned n = from; n < from + count; n++)
		server(users, groups, n);
	if (fclose(users) || fclose(groups))
		die(argv[2]);
	if (vsd_registry_lock(&lock) < 0 || vsd_registry_rebuild(lock) < 0)
		die("index");
	return 0;
}
