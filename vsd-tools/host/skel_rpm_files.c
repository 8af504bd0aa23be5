/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of rpm packages: into the plan, and as the skeleton's database has them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "skel_rpm_impl.h"
#include "tool.h"

#define STATE_NORMAL 0
#define STATE_NOT_INSTALLED 2
#define FRESH RPM_WORK "/db"

int rpm_each_file(const struct rpm_package *k,
		  int (*visit)(const struct rpm_package *k, const struct rpm_file *f, void *arg),
		  void *arg)
{
	struct rpm_texts names = rpm_head_texts(&k->head, RPM_BASENAMES);
	struct rpm_texts t = rpm_head_texts(&k->head, RPM_DIRNAMES);
	uint32_t nfolder = 0;
	const char *name;
	const char **folder = plan_memory(calloc(t.left + 1ul, sizeof(*folder)));
	int r = 0;

	while ((folder[nfolder] = rpm_texts_next(&t)))
		nfolder++;
	for (uint32_t i = 0; r == 0 && (name = rpm_texts_next(&names)); i++) {
		struct rpm_file f = { .name = name, .n = i };
		uint32_t n = rpm_head_number(&k->head, RPM_DIRINDEXES, i);

		if (n >= nfolder || folder[n][0] != '/')
			continue;
		f.folder = folder[n];
		f.path = plan_format("%s%s", f.folder, name);
		r = visit(k, &f, arg);
		free(f.path);
	}
	free(folder);
	return r;
}

/* In a header without states all is there. */
static bool is_there(const struct rpm_package *k, uint32_t n)
{
	uint32_t count;
	const char *states = rpm_head_bytes(&k->head, RPM_FILESTATES, &count);

	return !states || n >= count || states[n] == STATE_NORMAL;
}

static int put_file(const struct rpm_package *k, const struct rpm_file *f, void *arg)
{
	int r = is_there(k, f->n) ? plan_add(arg, f->path, false) : 0;

	/* A file that the host's root removed, or one that may be made some day. */
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
}

int rpm_put_files(struct rpm *r, struct plan *p)
{
	for (size_t i = 0; i < r->npackage; i++) {
		struct rpm_package *k = &r->package[i];
		int error;

		if (!k->chosen || k->put)
			continue;
		k->put = true;
		error = rpm_each_file(k, put_file, p);
		if (error < 0)
			return error;
	}
	return 0;
}

/* ---- the skeleton's database ---- */

struct note {
	struct plan *p;
	char *state;             /* of the header that is written */
	uint32_t count;
	const char *folder;      /* the last that was looked at, and where it leads */
	char *real;
};

static int note_file(const struct rpm_package *k, const struct rpm_file *f, void *arg)
{
	struct note *n = arg;
	VSD_FREE char *path = NULL;

	(void)k;
	if (f->n >= n->count || n->state[f->n] != STATE_NORMAL)
		return 0;
	if (f->folder != n->folder) {
		free(n->real);
		n->real = NULL;
		n->folder = f->folder;
		if (plan_canonical_link(n->p, f->folder, &n->real) < 0)
			n->real = NULL;
	}
	path = n->real ? plan_format("%s/%s", strcmp(n->real, "/") ? n->real : "", f->name) : NULL;
	if (!path || !plan_find(n->p, path))
		n->state[f->n] = STATE_NOT_INSTALLED;
	return 0;
}

static int write_head(FILE *f, const struct rpm_package *k, struct plan *p)
{
	VSD_FREE char *text = plan_memory(malloc(k->head.len));
	struct note n = { .p = p };
	const char *states = rpm_head_bytes(&k->head, RPM_FILESTATES, &n.count);
	int r = 0;

	memcpy(text, k->head.start, k->head.len);
	if (states) {
		n.state = text + (states - k->head.start);
		r = rpm_each_file(k, note_file, &n);
		free(n.real);
	}
	if (r == 0 && fwrite(text, 1, k->head.len, f) != k->head.len)
		r = -EIO;
	return r;
}

static int write_chosen(const struct rpm *r, struct plan *p, const char *path, uint32_t *out_time)
{
	FILE *f = fopen(path, "we");
	int error = 0;

	if (!f)
		return -errno;
	for (size_t i = 0; error == 0 && i < r->npackage; i++) {
		const struct rpm_package *k = &r->package[i];
		uint32_t time = rpm_head_number(&k->head, RPM_INSTALLTIME, 0);

		if (!k->chosen)
			continue;
		if (time > *out_time)
			*out_time = time;
		error = write_head(f, k, p);
	}
	if (fclose(f) != 0 && error == 0)
		error = -EIO;
	return error;
}

/* Each server has a copy: sqlite warns of a database with several names.  What it keeps
 * beside one may be empty, but must be there for who may not make it.  The time is the
 * last package's, so that an unchanged database is an unchanged file. */
static int put_database_file(const struct rpm *r, struct plan *p, const char *name, uint32_t time)
{
	const struct timespec times[2] = { { .tv_sec = time }, { .tv_sec = time } };
	VSD_FREE char *host = plan_format(FRESH "/%s", name);
	VSD_FREE char *path = plan_format("%s/%s", r->database, name);
	struct plan_item *i;
	struct stat st;

	if (name[0] == '.' || strncmp(name, "__db.", 5) == 0)
		return 0; /* locks and the like */
	if (utimensat(AT_FDCWD, host, times, AT_SYMLINK_NOFOLLOW) < 0 || lstat(host, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	i = plan_put(p, path, PLAN_FILE, 0644);
	i->is_private = true;
	if (strstr(name, "-wal") || strstr(name, "-shm")) {
		i->is_empty = true;
		i->text = "";
		return 0;
	}
	i->host = host;
	host = NULL;
	i->nlink = 1;
	i->size = (uint64_t)st.st_size;
	return 0;
}

static int put_database_files(const struct rpm *r, struct plan *p, uint32_t time)
{
	VSD_FREE char *folder = NULL;
	struct dirent *e;
	int error = plan_canonical(p, r->database, &folder);
	DIR *d = error < 0 ? NULL : opendir(FRESH);

	if (!d)
		return error < 0 ? error : -errno;
	while (error == 0 && (e = vsd_safe_readdir(d, &error)))
		error = put_database_file(r, p, e->d_name, time);
	(void)closedir(d); /* opened for reading */
	/* The other name that it may have. */
	if (error == 0)
		error = plan_add(p, "/var/lib/rpm", true);
	return error == -ENOENT ? 0 : error;
}

int rpm_put_database(struct rpm *r, struct plan *p)
{
	uint32_t time = 0;
	int error = write_chosen(r, p, RPM_WORK "/chosen", &time);

	if (error == 0 && mkdir(FRESH, 0700) < 0)
		error = -errno;
	if (error == 0)
		error = rpm_run("--initdb", FRESH, "/dev/null", "/dev/null");
	if (error == 0)
		error = rpm_run("--importdb", FRESH, RPM_WORK "/chosen", "/dev/null");
	if (error == -ECHILD)
		(void)tool_error("make", "the skeleton's package database", "rpmdb failed: see above");
	return error < 0 ? error : put_database_files(r, p, time);
}
