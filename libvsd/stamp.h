/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_STAMP_H
#define VSD_STAMP_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Which content of a file this is: any change gives another one, but for a second
 * change of the same file within one tick of the clock. */
struct vsd_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

static inline struct vsd_stamp vsd_stamp_of(const struct stat *st)
{
	return (struct vsd_stamp){ st->st_dev, st->st_ino, st->st_size, st->st_ctim };
}

static inline bool vsd_stamp_same(const struct vsd_stamp *a, const struct vsd_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Is the file of that name still the one of the stamp?  It was opened and checked when the
 * stamp was taken: a way that leads to another one tells it by the stamp.
 * Shape:  path as fstatat's; a link at its end is not followed
 * Errors: -ESTALE another one; else the system's
 * Safe:   NSS, PAM, tool; newfstatat and not statx: glibc itself makes that call for
 *         every lookup (on nsswitch.conf), so no sandbox that lets lookups live
 *         forbids it */
static inline int vsd_stamp_check(int dirfd, const char *path, const struct vsd_stamp *stamp)
{
	struct vsd_stamp now;
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	now = vsd_stamp_of(&st);
	return vsd_stamp_same(&now, stamp) ? 0 : -ESTALE;
}

#endif
