/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One file of one server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refresh_impl.h"
#include "tree_impl.h"

#define CHANGED_THERE "the server has changed it"

static bool is_old(const struct refresh_work *w, const struct refresh_change *c,
		   const struct stat *st)
{
	return c->kind != REFRESH_MADE &&
	       tree_is_as(w->s, w->was, c->was_ino, c->dev, &c->was, w->here, st);
}

static bool is_new(const struct refresh_work *w, const struct refresh_change *c,
		   const struct stat *st)
{
	return tree_is_as(w->s, w->now, c->now_ino, c->dev, &c->now, w->here, st);
}

/* Nothing is to be done: a shared file is the very inode, not one like it. */
static bool is_done(const struct refresh_work *w, const struct refresh_change *c,
		    const struct stat *st)
{
	if (c->now.kind == MANIFEST_SHARED)
		return st->st_ino == c->now_ino && st->st_dev == c->dev;
	return is_new(w, c, st);
}

/* The file that is to come, whole and on the disk, under the temporary name. */
static int make_temp(const struct refresh_work *w, const struct refresh_change *c)
{
	VSD_CLOSE int fd = -1;
	int r;

	if (c->now.kind == MANIFEST_SHARED)
		return linkat(w->now, c->now.name, w->here, REFRESH_TEMP, 0) < 0 ? -errno : 0;
	r = tree_copy_private(w->s, w->now, w->here, &c->now, REFRESH_TEMP);
	if (r < 0)
		return r;
	fd = openat(w->here, REFRESH_TEMP, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Is what lies under the temporary name what was judged? */
static bool is_judged(const struct refresh_work *w, const struct stat *judged)
{
	struct stat st;

	return fstatat(w->here, REFRESH_TEMP, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == judged->st_dev && st.st_ino == judged->st_ino &&
	       st.st_size == judged->st_size && st.st_mtim.tv_sec == judged->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == judged->st_mtim.tv_nsec;
}

/* Put the temporary file in the place of the judged one, or of nothing (NULL). */
static int put_in_place(struct refresh_work *w, const struct refresh_change *c,
			const struct stat *judged)
{
	const char *name = c->now.name;

	if (!judged) {
		if (renameat2(w->here, REFRESH_TEMP, w->here, name, RENAME_NOREPLACE) == 0)
			return 0;
	} else if (renameat2(w->here, REFRESH_TEMP, w->here, name, RENAME_EXCHANGE) == 0) {
		if (is_judged(w, judged))
			return unlinkat(w->here, REFRESH_TEMP, 0) < 0 ? -errno : 0;
		if (renameat2(w->here, REFRESH_TEMP, w->here, name, RENAME_EXCHANGE) < 0)
			return -errno;
	}
	/* Somebody was quicker: theirs stays. */
	if (unlinkat(w->here, REFRESH_TEMP, 0) < 0 && errno != ENOENT)
		return -errno;
	return refresh_keep(w, c, CHANGED_THERE);
}

static int put(struct refresh_work *w, const struct refresh_change *c, const struct stat *judged)
{
	int r;

	if (w->o->dry)
		return 0;
	r = make_temp(w, c);
	if (r == -EEXIST) /* a folder of that name, say */
		return refresh_keep(w, c, "'" REFRESH_TEMP "' is in the way");
	if (r == 0)
		r = put_in_place(w, c, judged);
	return r < 0 ? refresh_fail(w, r, c, "put") : 0;
}

/* Is it a folder of the old skeleton, which goes later? */
static bool will_go(const struct refresh_work *w, const struct refresh_change *c)
{
	for (size_t i = 0; i < w->d->n; i++)
		if (w->d->change[i].is_folder && w->d->change[i].kind == REFRESH_GONE &&
		    refresh_lies_at(w->d->change[i].folder, c->folder, c->now.name))
			return true;
	return false;
}

int refresh_put_file(struct refresh_work *w, const struct refresh_change *c)
{
	struct stat st;

	if (fstatat(w->here, c->now.name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return refresh_fail(w, -errno, c, "look at");
		return c->kind == REFRESH_MADE ? put(w, c, NULL)
					       : refresh_keep(w, c, "the server has removed it");
	}
	if (is_done(w, c, &st))
		return 0;
	if (S_ISDIR(st.st_mode) && w->pass == PASS_FILES && will_go(w, c)) {
		w->late = true;
		return 0;
	}
	/* A new file that the server happens to have already may be shared now. */
	if (!is_old(w, c, &st) && !is_new(w, c, &st))
		return refresh_keep(w, c, c->kind == REFRESH_MADE ? "the server has one of its own"
								  : CHANGED_THERE);
	return put(w, c, &st);
}

/* Out of the way first, then looked at, then removed. */
int refresh_take_file(struct refresh_work *w, const struct refresh_change *c)
{
	const char *name = c->was.name;
	struct stat st;

	if (fstatat(w->here, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : refresh_fail(w, -errno, c, "look at");
	if (S_ISDIR(st.st_mode)) /* a folder of the new skeleton, or the server's own */
		return 0;
	if (!is_old(w, c, &st))
		return refresh_keep(w, c, CHANGED_THERE);
	if (w->o->dry)
		return 0;
	if (renameat2(w->here, name, w->here, REFRESH_TEMP, RENAME_NOREPLACE) < 0) {
		if (errno == EEXIST)
			return refresh_keep(w, c, "'" REFRESH_TEMP "' is in the way");
		return errno == ENOENT ? 0 : refresh_fail(w, -errno, c, "remove");
	}
	if (is_judged(w, &st))
		return unlinkat(w->here, REFRESH_TEMP, 0) < 0 ? refresh_fail(w, -errno, c, "remove") : 0;
	if (renameat2(w->here, REFRESH_TEMP, w->here, name, RENAME_NOREPLACE) < 0)
		return refresh_fail(w, -errno, c, "put back");
	return refresh_keep(w, c, CHANGED_THERE);
}
