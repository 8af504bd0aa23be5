/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-create's stop-watch: each call prints microseconds.
 *   time COMMAND...                    a command, from fork to its end
 *   make SKEL ROOT THREADS             tree_create
 *   drop ROOT                          tree_retire, then all of tree_delete
 *   refresh FOLDER OLD NEW VS N        the comparison, then N servers VS/sN
 *   bare SKEL ROOT THREADS             the names of such a tree alone
 *   unbare SKEL ROOT                   and their removal
 *   floor FOLDER OLD NEW VS N          link and rename of the same files alone */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "create_floor.h"
#include "refresh.h"
#include "tree.h"

static char why[VSD_WHY_MAX];

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "create: %s: %s %s\n", what, why, strerror(-r));
	exit(1);
}

static int time_command(char **argv)
{
	long long start = now();
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout)) /* what it says is no sample */
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return 1;
	printf("%lld\n", now() - start);
	return 0;
}

static struct vsd_server server(const char *skel, const char *root, unsigned n)
{
	struct vsd_server s = { .id = n + 1, .uid_first = 2000000 + n * 200, .uid_count = 200,
				.naddr = 0 };

	(void)snprintf(s.name, sizeof(s.name), "s%u", n);
	(void)snprintf(s.fqdn, sizeof(s.fqdn), "s%u.example", n);
	(void)snprintf(s.skel, sizeof(s.skel), "%s", skel);
	(void)snprintf(s.root, sizeof(s.root), "%s", root);
	return s;
}

static void make(const char *skel, const char *root, unsigned threads)
{
	struct vsd_server s = server(skel, root, 0);
	struct tree_opts o = { .threads = threads };
	long long start = now();

	must(tree_create(&s, &o, why), root);
	printf("%lld\n", now() - start);
}

static void drop(const char *root)
{
	char retired[VSD_PATH_MAX], folder[VSD_PATH_MAX];
	long long start = now(), free_at;

	must(tree_retire(root, retired, why), root);
	free_at = now();
	(void)snprintf(folder, sizeof(folder), "%s", root);
	*strrchr(folder, '/') = '\0';
	must(tree_purge(folder, retired, NULL, why), root);
	printf("%lld %lld\n", free_at - start, now() - start);
}

static void root_of(const char *vs, unsigned n, char out[VSD_PATH_MAX])
{
	(void)snprintf(out, VSD_PATH_MAX, "%s/s%u", vs, n);
}

static void refresh(const struct refresh_diff *d, const char *vs, unsigned count)
{
	struct refresh_opts o = { .dry = false };
	char root[VSD_PATH_MAX];

	for (unsigned n = 0; n < count; n++) {
		struct vsd_server s;

		root_of(vs, n, root);
		s = server("/none", root, n);
		must(refresh_server(&s, d, &o, why), root);
	}
}

static void floor_one(const struct refresh_diff *d, int root)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct refresh_change *c = &d->change[i];
		char from[1024], temp[1024];

		(void)snprintf(from, sizeof(from), "%s/%s", c->folder, c->now.name);
		(void)snprintf(temp, sizeof(temp), "%s/.floor", c->folder);
		must(linkat(d->new.fd, from, root, temp, 0), "link");
		must(renameat(root, temp, root, from), "rename");
	}
}

static void floor_all(const struct refresh_diff *d, const char *vs, unsigned count)
{
	char root[VSD_PATH_MAX];

	for (unsigned n = 0; n < count; n++) {
		int fd;

		root_of(vs, n, root);
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(fd, root);
		floor_one(d, fd);
		close(fd);
	}
}

static void exchange(char **argv, void (*work)(const struct refresh_diff *, const char *, unsigned))
{
	int parent = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long long start = now(), compared;
	struct refresh_diff d;

	must(parent, argv[0]);
	must(refresh_diff_make(parent, argv[1], argv[2], &d, why), "compare");
	compared = now();
	work(&d, argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	printf("%lld %lld %zu\n", compared - start, now() - compared, d.n);
	refresh_diff_free(&d);
	close(parent);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "time") == 0 && argc > 2)
		return time_command(argv + 2);
	if (strcmp(what, "make") == 0 && argc == 5)
		make(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	else if (strcmp(what, "bare") == 0 && argc == 5)
		floor_make(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	else if (strcmp(what, "unbare") == 0 && argc == 4)
		floor_drop(argv[2], argv[3]);
	else if (strcmp(what, "drop") == 0 && argc == 3)
		drop(argv[2]);
	else if (strcmp(what, "refresh") == 0 && argc == 7)
		exchange(argv + 2, refresh);
	else if (strcmp(what, "floor") == 0 && argc == 7)
		exchange(argv + 2, floor_all);
	else
		return 2;
	return 0;
}
