/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders and links of a new tree.  The manifest says what there is, so the
 * skeleton is neither listed nor asked about: one linkat per shared file. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tree_impl.h"
#include "why.h"

int tree_fail(struct tree_job *j, int error, const char *path, const char *name,
	      const char *what)
{
	(void)pthread_mutex_lock(&j->mutex); /* cannot fail: a plain, initialised mutex */
	if (atomic_load(&j->error) == 0) {
		atomic_store(&j->error, error);
		why_say(j->why, "%s '%s/%s': %s", what, path, name,
			       strerror(-error));
	}
	(void)pthread_mutex_unlock(&j->mutex);
	return error;
}

int tree_make_folders(struct tree_job *j)
{
	struct manifest_entry e;
	size_t at = j->m->body;

	j->folder = calloc(j->m->folders, sizeof(*j->folder));
	if (!j->folder)
		return tree_fail(j, -ENOMEM, j->s->root, "", "make");
	while (manifest_next(j->m, &at, &e)) {
		if (e.kind != MANIFEST_FOLDER)
			continue;
		j->folder[j->nfolder++] = (struct tree_folder){ .e = e, .at = at };
		/* The root folder is there already, and 0700 until all is done, so
		 * that an owner other than root cannot look on. */
		if (j->nfolder > 1 && mkdirat(j->rootfd, e.name, e.mode & 0755) < 0)
			return tree_fail(j, -errno, j->s->root, e.name, "make folder");
	}
	return 0;
}

/* Owner, mode and times, once nothing more is added.  The root folder stays
 * shut: tree_create opens it last of all. */
static int finish_folder(struct tree_job *j, const struct tree_folder *f, int srcfd, int dstfd)
{
	bool is_root = strcmp(f->e.name, ".") == 0;
	struct timespec times[2];
	struct stat st;

	if (f->e.admin && fchown(dstfd, j->s->uid_first, j->s->uid_first) < 0)
		return -errno;
	if (!is_root && (f->e.mode & ~0755u) != 0 && fchmod(dstfd, f->e.mode) < 0)
		return -errno;
	if (fstat(srcfd, &st) < 0)
		return -errno;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(dstfd, times) < 0 ? -errno : 0;
}

static int fill_folder(struct tree_job *j, const struct tree_folder *f)
{
	VSD_CLOSE int srcfd = -1;
	VSD_CLOSE int dstfd = -1;
	struct manifest_entry e;
	size_t at = f->at, n = 1;
	int r;

	srcfd = openat(j->skelfd, f->e.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (srcfd < 0)
		return tree_fail(j, -errno, j->s->skel, f->e.name, "open");
	dstfd = openat(j->rootfd, f->e.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dstfd < 0)
		return tree_fail(j, -errno, j->s->root, f->e.name, "open");
	for (; manifest_next(j->m, &at, &e) && e.kind != MANIFEST_FOLDER; n++) {
		if (e.kind != MANIFEST_SHARED)
			r = tree_make_private(j, f, srcfd, dstfd, &e);
		else if (linkat(srcfd, e.name, dstfd, e.name, 0) < 0)
			r = tree_fail(j, -errno, f->e.name, e.name, "link");
		else
			r = 0;
		if (r < 0)
			return r;
	}
	atomic_fetch_add(&j->done, n);
	r = finish_folder(j, f, srcfd, dstfd);
	return r < 0 ? tree_fail(j, r, j->s->root, f->e.name, "finish folder") : 0;
}

static void *fill_some(void *arg)
{
	struct tree_job *j = arg;

	while (atomic_load(&j->error) == 0) {
		size_t n = atomic_fetch_add(&j->next, 1);

		if (n >= j->nfolder)
			break;
		if (fill_folder(j, &j->folder[n]) < 0)
			break; /* tree_fail has kept the reason */
		if (j->o && j->o->progress && n % 64 == 0)
			j->o->progress(atomic_load(&j->done), j->m->entries, j->o->arg);
	}
	return NULL;
}

/* Of the processors that we may use: a host may have set others aside. */
static unsigned thread_count(const struct tree_job *j)
{
	cpu_set_t ours;

	if (j->o && j->o->threads > 0)
		return j->o->threads > 16 ? 16 : j->o->threads;
	return sched_getaffinity(0, sizeof(ours), &ours) == 0 && CPU_COUNT(&ours) > 1 ? 2 : 1;
}

int tree_fill_folders(struct tree_job *j)
{
	unsigned want = thread_count(j) - 1, got = 0;
	pthread_t helper[16];

	while (got < want && pthread_create(&helper[got], NULL, fill_some, j) == 0)
		got++; /* fewer threads are slower, not wrong */
	(void)fill_some(j);
	while (got > 0)
		(void)pthread_join(helper[--got], NULL); /* ours, joined once */
	if (atomic_load(&j->error) == 0 && j->o && j->o->progress)
		j->o->progress(j->m->entries, j->m->entries, j->o->arg);
	return atomic_load(&j->error);
}
