/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Take a tree away that a hostile admin has filled: folders as deep as they like,
 * links to anywhere, mounts.  Each folder is opened by one component without
 * following a link or crossing a mount, so that a path is never walked; names
 * are unlinked, contents never opened.  Depth costs no stack and few
 * descriptors: what lies deeper than DEPTH is moved up and done later.
 *
 * Folders that are known and not yet looked into lie on a heap, from which each thread
 * takes the one that came last: so those that are open are about as many as the
 * tree is deep.  Who takes the last thing out of a folder removes it.
 *
 * Another run may be at work on the same tree, as who finishes what a killed tool has
 * left: what it has taken is not missed, and what it moves up is looked for. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tree_impl.h"
#include "why.h"

#define DEPTH 64
#define FOLDERS_MAX 1000 /* known of one folder at a time: memory is not the tenant's to fill */
#define READ_BYTES 32768
#define LOOKS_MAX 100 /* at a tree in which others are at work */

struct folder {
	struct folder *up;    /* what holds it; NULL: it is the tree's own */
	struct folder *next;  /* on the heap */
	unsigned depth;
	unsigned left;        /* folders in it that are known and there, and one for its reader */
	int fd;               /* -1: not opened yet */
	bool unread, gone;    /* there is more in it; another run has taken it */
	char name[];
};

struct removal {
	int top;              /* the tree's own folder: what is deep is moved here */
	const struct tree_opts *o;
	atomic_ulong moved;
	atomic_uint_fast64_t done;
	atomic_int error;     /* the first, of which why tells */
	char *why;
	/* for the mutex, as is every folder's `left` */
	pthread_mutex_t mutex;
	pthread_cond_t more;
	struct folder *heap;
	bool ended;
};

static int fail(struct removal *r, int error, const char *name, const char *what)
{
	(void)pthread_mutex_lock(&r->mutex); /* cannot fail: a plain, initialised mutex */
	if (atomic_load(&r->error) == 0) {
		atomic_store(&r->error, error);
		why_say(r->why, "%s '%s': %s", what, name, strerror(-error));
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return error;
}

static int open_folder(int parent, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, parent, name, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return errno == EXDEV ? -EBUSY : -errno; /* a mount lies there */
	return (int)fd;
}

static bool is_folder(int parent, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(parent, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Move a folder that lies too deep to the top, under a name that is free. */
static int move_up(struct removal *r, int parent, const char *name)
{
	char to[40];

	for (;;) {
		(void)snprintf(to, sizeof(to), ".vsd-deep-%lu", atomic_fetch_add(&r->moved, 1));
		if (renameat2(parent, name, r->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == ENOENT)
			return 0; /* another run was quicker */
		if (errno != EEXIST)
			return fail(r, -errno, name, "move up");
	}
}

static struct folder *new_folder(struct folder *up, const char *name)
{
	struct folder *f = malloc(sizeof(*f) + strlen(name) + 1);

	if (!f)
		return NULL;
	*f = (struct folder){ .up = up, .depth = up ? up->depth + 1 : 0, .left = 1, .fd = -1 };
	memcpy(f->name, name, strlen(name) + 1);
	return f;
}

static void put(struct removal *r, struct folder *f, bool is_new)
{
	(void)pthread_mutex_lock(&r->mutex); /* likewise */
	f->next = r->heap;
	r->heap = f;
	if (is_new && f->up)
		f->up->left++;
	(void)pthread_cond_signal(&r->more); /* cannot fail */
	(void)pthread_mutex_unlock(&r->mutex);
}

/* NULL: there is none, nor will there be. */
static struct folder *take(struct removal *r)
{
	struct folder *f;

	(void)pthread_mutex_lock(&r->mutex); /* likewise, and so is the wait */
	while (!r->heap && !r->ended)
		(void)pthread_cond_wait(&r->more, &r->mutex);
	f = r->heap;
	if (f)
		r->heap = f->next;
	(void)pthread_mutex_unlock(&r->mutex);
	return f;
}

static int add_folder(struct removal *r, struct folder *up, const char *name)
{
	struct folder *f;

	if (up->depth + 1 >= DEPTH) {
		if (unlinkat(up->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0; /* it is empty, or another run took it */
		return move_up(r, up->fd, name);
	}
	f = new_folder(up, name);
	if (!f)
		return fail(r, -ENOMEM, name, "open folder");
	put(r, f, true);
	return 0;
}

static int remove_entry(struct removal *r, struct folder *f, const struct dirent *d, unsigned *folders)
{
	uint64_t done;

	if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
		return 0;
	done = atomic_fetch_add(&r->done, 1) + 1;
	if (r->o && r->o->progress && done % 1024 == 0)
		r->o->progress(done, 0, r->o->arg);
	if (is_folder(f->fd, d)) {
		++*folders;
		return add_folder(r, f, d->d_name);
	}
	if (unlinkat(f->fd, d->d_name, 0) < 0 && errno != ENOENT)
		return fail(r, -errno, d->d_name, "unlink");
	return 0;
}

/* Unlink what is in it, and learn of its folders. */
static int empty_folder(struct removal *r, struct folder *f, char *buf)
{
	unsigned folders = 0;
	ssize_t n;

	f->unread = false;
	while ((n = getdents64(f->fd, buf, READ_BYTES)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent *d = (const struct dirent *)(buf + at);
			int ret = remove_entry(r, f, d, &folders);

			if (ret < 0)
				return ret;
			at += d->d_reclen;
		}
		f->unread = folders >= FOLDERS_MAX;
		if (f->unread)
			return 0;
	}
	if (n < 0 && errno != ENOENT) /* that: another run has removed it meanwhile */
		return fail(r, -errno, f->name, "read folder");
	return 0;
}

static int read_folder(struct removal *r, struct folder *f, char *buf)
{
	if (!buf)
		return fail(r, -ENOMEM, f->name, "read folder");
	if (f->unread && lseek(f->fd, 0, SEEK_SET) < 0)
		return fail(r, -errno, f->name, "read folder");
	if (f->fd < 0)
		f->fd = open_folder(f->up->fd, f->name);
	f->gone = f->fd == -ENOENT;
	if (f->gone)
		return 0;
	return f->fd < 0 ? fail(r, f->fd, f->name, "open folder") : empty_folder(r, f, buf);
}

/* Nothing is left in it, or another run has moved another one here under its name, and
 * the next look finds that.  After a failure it stays, and is forgotten. */
static void remove_folder(struct removal *r, struct folder *f)
{
	if (f->fd >= 0)
		(void)close(f->fd); /* opened for reading */
	if (f->up && !f->gone && atomic_load(&r->error) == 0 &&
	    unlinkat(f->up->fd, f->name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		(void)fail(r, -errno, f->name, "remove folder");
	free(f);
}

/* Its reader has done with it; or a folder in it has gone. */
static void let_go(struct removal *r, struct folder *f)
{
	while (f) {
		struct folder *up = f->up;
		bool last, again;

		(void)pthread_mutex_lock(&r->mutex); /* likewise */
		last = --f->left == 0;
		again = last && f->unread && atomic_load(&r->error) == 0;
		if (again)
			f->left = 1;
		else if (last && !up)
			r->ended = true;
		if (r->ended)
			(void)pthread_cond_broadcast(&r->more); /* cannot fail */
		(void)pthread_mutex_unlock(&r->mutex);
		if (again)
			put(r, f, false);
		if (again || !last)
			return;
		remove_folder(r, f);
		f = up;
	}
}

static void *remove_some(void *arg)
{
	struct removal *r = arg;
	VSD_FREE char *buf = malloc(READ_BYTES);
	struct folder *f;

	while ((f = take(r))) {
		if (atomic_load(&r->error) == 0)
			(void)read_folder(r, f, buf); /* fail has kept the reason */
		let_go(r, f);
	}
	return NULL;
}

static int empty_top(struct removal *r)
{
	struct folder *f = new_folder(NULL, ".");

	if (!f)
		return fail(r, -ENOMEM, ".", "open");
	f->fd = open_folder(r->top, ".");
	if (f->fd < 0) {
		(void)fail(r, f->fd, ".", "open");
		free(f);
		return atomic_load(&r->error);
	}
	r->ended = false;
	put(r, f, true);
	tree_run_threads(r->o, remove_some, r);
	return atomic_load(&r->error);
}

int tree_remove(int parent, const char *name, const struct tree_opts *o, char why[VSD_WHY_MAX])
{
	struct removal r = { .o = o, .why = why, .mutex = PTHREAD_MUTEX_INITIALIZER,
			     .more = PTHREAD_COND_INITIALIZER };
	VSD_CLOSE int top = open_folder(parent, name);
	unsigned long moved;
	unsigned looks = 0;
	int ret;

	if (top == -ENOENT)
		return 0;
	if (top < 0)
		return fail(&r, top, name, "open");
	/* Nobody else finds a way in from now on. */
	if (fchmod(top, 0700) < 0)
		return fail(&r, -errno, name, "shut");
	r.top = top;
	do {
		moved = atomic_load(&r.moved);
		ret = empty_top(&r);
		if (ret < 0)
			return ret;
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		/* What was moved up while reading may have been missed. */
	} while (errno == ENOTEMPTY && (atomic_load(&r.moved) != moved || ++looks < LOOKS_MAX));
	return fail(&r, -errno, name, "remove");
}
