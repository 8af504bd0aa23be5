/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "create_floor.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "manifest.h"

#define THREADS_MAX 16

struct floor {
	struct manifest m;
	int skel, root;
	struct {
		const char *path, *name;
		size_t at;           /* of its first file */
		size_t up, child, sibling;
		atomic_bool made;
	} *folder;
	size_t n;
	atomic_size_t next;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int folder(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void load(struct floor *f, const char *skel)
{
	struct manifest_entry e;
	char why[VSD_WHY_MAX] = "";
	size_t at;

	f->skel = folder(AT_FDCWD, skel);
	if (manifest_load(f->skel, &f->m, why) < 0 ||
	    !(f->folder = calloc(f->m.folders, sizeof(*f->folder)))) {
		fprintf(stderr, "create: %s: %s\n", skel, why);
		exit(1);
	}
	at = f->m.body;
	while (manifest_next(&f->m, &at, &e))
		if (e.kind == MANIFEST_FOLDER) {
			const char *slash = strrchr(e.name, '/');
			size_t len = slash ? (size_t)(slash - e.name) : 0, up = f->n ? f->n - 1 : 0;

			while (up > 0 && (strlen(f->folder[up].path) != len ||
					  memcmp(f->folder[up].path, e.name, len) != 0))
				up = f->folder[up].up;
			f->folder[f->n].path = e.name;
			f->folder[f->n].name = slash ? slash + 1 : e.name;
			f->folder[f->n].up = up;
			f->folder[f->n++].at = at;
		}
	for (size_t n = f->n; n-- > 1;) {
		f->folder[n].sibling = f->folder[f->folder[n].up].child;
		f->folder[f->folder[n].up].child = n;
	}
}

static void *fill(void *arg)
{
	struct floor *f = arg;
	struct manifest_entry e;
	size_t n;

	while ((n = atomic_fetch_add(&f->next, 1)) < f->n) {
		size_t at = f->folder[n].at;
		int from, to;

		while (!atomic_load(&f->folder[n].made))
			sched_yield();
		from = folder(f->skel, f->folder[n].path);
		to = folder(f->root, f->folder[n].path);
		for (size_t i = f->folder[n].child; i; i = f->folder[i].sibling) {
			if (mkdirat(to, f->folder[i].name, 0755) < 0)
				die(f->folder[i].path);
			atomic_store(&f->folder[i].made, true);
		}
		while (manifest_next(&f->m, &at, &e) && e.kind != MANIFEST_FOLDER)
			if (linkat(from, e.name, to, e.name, 0) < 0)
				die(e.name);
		close(from);
		close(to);
	}
	return NULL;
}

void floor_make(const char *skel, const char *root, unsigned threads)
{
	struct floor f = { .n = 0 };
	pthread_t helper[THREADS_MAX];
	long long start;

	if (threads < 1 || threads > THREADS_MAX)
		exit(2);
	load(&f, skel);
	start = now();
	if (mkdir(root, 0755) < 0)
		die(root);
	f.root = folder(AT_FDCWD, root);
	atomic_store(&f.folder[0].made, true); /* the first is "." */
	for (unsigned i = 1; i < threads; i++)
		if (pthread_create(&helper[i], NULL, fill, &f) != 0)
			die("thread");
	fill(&f);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(helper[i], NULL);
	printf("%lld\n", now() - start);
}

void floor_drop(const char *skel, const char *root)
{
	struct floor f = { .n = 0 };
	struct manifest_entry e;
	long long start;

	load(&f, skel);
	start = now();
	f.root = folder(AT_FDCWD, root);
	for (size_t n = f.n; n-- > 0;) {
		size_t at = f.folder[n].at;
		int fd = folder(f.root, f.folder[n].path);

		while (manifest_next(&f.m, &at, &e) && e.kind != MANIFEST_FOLDER)
			if (unlinkat(fd, e.name, 0) < 0)
				die(e.name);
		close(fd);
		if (unlinkat(n ? f.root : AT_FDCWD, n ? f.folder[n].path : root, AT_REMOVEDIR) < 0)
			die(f.folder[n].path);
	}
	printf("%lld\n", now() - start);
}
