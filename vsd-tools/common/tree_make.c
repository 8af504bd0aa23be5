/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders and links of a new tree.  The manifest says what there is, so the
 * skeleton is neither listed nor asked about: one linkat per shared file. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

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

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool lies_in(const char *path, const char *folder)
{
	size_t len = (size_t)(last_part(path) - path); /* with the slash, or nothing */

	if (len == 0)
		return strcmp(folder, ".") == 0;
	return strncmp(path, folder, len - 1) == 0 && folder[len - 1] == '\0';
}

/* A manifest names what a folder holds right after it: the folder above is the one
 * before, or one of those that hold that. */
static int find_up(const struct tree_job *j, const char *path, size_t *out_up)
{
	size_t up = j->nfolder - 1;

	while (!lies_in(path, j->folder[up].e.name)) {
		if (up == 0)
			return -EBADMSG;
		up = j->folder[up].up;
	}
	*out_up = up;
	return 0;
}

static int make_folder(struct tree_job *j, int at, const char *name, struct tree_folder *f)
{
	if (mkdirat(at, name, f->e.mode & 0755) < 0)
		return tree_fail(j, -errno, j->s->root, f->e.name, "make folder");
	atomic_store(&f->made, true);
	return 0;
}

/* Is it one of the folders that hold the server's own path? */
static bool is_on_way(const char *folder, const char *root)
{
	size_t len = strlen(folder);

	return strncmp(root + 1, folder, len) == 0 && root[1 + len] == '/';
}

int tree_plan_folders(struct tree_job *j)
{
	struct manifest_entry e;
	size_t at = j->m->body;
	int r = 0;

	j->folder = calloc(j->m->folders, sizeof(*j->folder));
	if (!j->folder)
		return tree_fail(j, -ENOMEM, j->s->root, "", "make");
	while (r == 0 && manifest_next(j->m, &at, &e)) {
		struct tree_folder *f = &j->folder[j->nfolder];

		if (e.kind != MANIFEST_FOLDER)
			continue;
		f->e = e;
		f->at = at;
		if (j->nfolder > 0 && find_up(j, e.name, &f->up) < 0)
			r = tree_fail(j, -EBADMSG, j->s->skel, e.name, "find the folder of");
		else if (j->nfolder > 0 && is_on_way(e.name, j->s->root))
			r = make_folder(j, j->rootfd, e.name, f);
		j->nfolder++;
	}
	for (size_t n = j->nfolder; n-- > 1;) {
		j->folder[n].sibling = j->folder[j->folder[n].up].child;
		j->folder[j->folder[n].up].child = n;
	}
	/* The root folder is there already, and 0700 until all is done, so that an owner
	 * other than root cannot look on. */
	atomic_store(&j->folder[0].made, true);
	return r;
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

/* The thread that has the folder above makes this one first of all. */
static bool wait_made(struct tree_job *j, const struct tree_folder *f)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	for (unsigned n = 0; !atomic_load(&f->made); n++) {
		if (atomic_load(&j->error) != 0)
			return false;
		if (n < 1000)
			(void)sched_yield(); /* never fails */
		else
			(void)nanosleep(&nap, NULL); /* a slow disk: woken early, it looks again */
	}
	return true;
}

/* Its folders come first, since others wait for them, and all else that is in it comes
 * from the same thread: two would wait for the kernel's lock of the folder. */
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
	for (size_t i = f->child; i != 0; i = j->folder[i].sibling) {
		struct tree_folder *in = &j->folder[i];

		if (!atomic_load(&in->made) && make_folder(j, dstfd, last_part(in->e.name), in) < 0)
			return atomic_load(&j->error);
	}
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

		if (n >= j->nfolder || !wait_made(j, &j->folder[n]))
			break;
		if (fill_folder(j, &j->folder[n]) < 0)
			break; /* tree_fail has kept the reason */
		if (j->o && j->o->progress && n % 64 == 0)
			j->o->progress(atomic_load(&j->done), j->m->entries, j->o->arg);
	}
	return NULL;
}

int tree_fill_folders(struct tree_job *j)
{
	tree_run_threads(j->o, fill_some, j);
	if (atomic_load(&j->error) == 0 && j->o && j->o->progress)
		j->o->progress(j->m->entries, j->m->entries, j->o->arg);
	return atomic_load(&j->error);
}
