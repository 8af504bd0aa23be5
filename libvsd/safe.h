/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SAFE_H
#define VSD_SAFE_H

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "scope.h"

/* Opening what a hostile admin may have arranged.  Every open is O_CLOEXEC,
 * O_NOFOLLOW and O_NONBLOCK; nothing here follows a symbolic link, crosses a
 * mount below the root it was given, or can be made to wait. */

/* Open a directory by absolute path as O_PATH, having checked every component
 * from / on: a real directory, owned by root, not writable by group or others
 * (a sticky folder is not enough).
 * Errors: -EINVAL relative, with "..", or longer than 1023 bytes; -ELOOP a link; -ENOTDIR; -EPERM owner
 *         or mode; else the system's
 * Safe:   PAM / NSS / tool; does not block */
int vsd_safe_open_root(const char *path, int *out_fd) VSD_MUST_CHECK;

/* Is the folder that vsd_safe_open_root gave a while ago still root's, and the one that
 * the path leads to, by a mount of this process's own namespace?
 * Errors: -EPERM owner or mode; -ESTALE another one: open it anew; else the system's */
int vsd_safe_check_root(int fd, const char *path) VSD_MUST_CHECK;

/* Open something beneath rootfd by openat2(BENEATH, NO_SYMLINKS, NO_XDEV,
 * NO_MAGICLINKS); `flags` are open(2)'s.  No check of type or owner.
 * Errors: the system's (-ELOOP a link, -EXDEV a mount or an escape) */
int vsd_safe_open_beneath(int rootfd, const char *path, int flags, mode_t mode,
			  int *out_fd) VSD_MUST_CHECK;

/* Open a regular file beneath rootfd for reading and check it by descriptor:
 * regular, root-owned, not writable by group or others, at most max_bytes.
 * Errors: -EPERM owner or mode; -EINVAL not regular; -EFBIG; else the system's */
int vsd_safe_open_file(int rootfd, const char *path, uint64_t max_bytes, int *out_fd,
		       struct stat *out_st) VSD_MUST_CHECK;

/* Read one that vsd_safe_open_file has opened whole; the rest as below. */
int vsd_safe_read_open(int fd, const struct stat *st, uint64_t max_bytes, char **out,
		       size_t *out_len) VSD_MUST_CHECK;

/* Read such a file whole.  A file that grows past max_bytes while being read
 * is -EFBIG.
 * Owns:   *out is malloc'ed, NUL-terminated (the NUL not in *out_len)
 * Errors: as above, and -ENOMEM */
int vsd_safe_read_file(int rootfd, const char *path, uint64_t max_bytes, char **out,
		       size_t *out_len) VSD_MUST_CHECK;

/* The same two by absolute path, every folder checked as vsd_safe_open_root does: of the
 * host's own files, on which root may have mounted another. */
int vsd_safe_open_path(const char *path, uint64_t max_bytes, int *out_fd,
		       struct stat *out_st) VSD_MUST_CHECK;
int vsd_safe_read_path(const char *path, uint64_t max_bytes, char **out,
		       size_t *out_len) VSD_MUST_CHECK;

/* Replace a file whole: temporary beside it, write, fsync, rename, fsync of the
 * folder.  The old content or the new is there at any moment, and a crash leaves
 * at most a temporary named `.NAME.new`, which the next call removes.
 * Shape:  dirfd is the folder's descriptor, name one component
 * Errors: the system's; the old file untouched
 * Safe:   PAM / tool; blocks on the disk */
int vsd_safe_replace_file(int dirfd, const char *name, const void *data, size_t len,
			  uid_t uid, gid_t gid, mode_t mode) VSD_MUST_CHECK;

/* A folder that is open, opened anew to be read: its descriptor keeps its own place, and
 * may be O_PATH.
 * Owns:   *out is closedir's
 * Errors: the system's
 * Safe:   NSS, PAM, tool; allocates */
int vsd_safe_opendir(int dirfd, DIR **out) VSD_MUST_CHECK;

/* The folder's next entry; NULL at its end, and on an error, which readdir says alike: a
 * folder that could not be read whole must not pass for a short one.
 * Shape:  *r is 0 when called
 * Errors: *r is readdir's
 * Safe:   NSS, PAM, tool */
static inline struct dirent *vsd_safe_readdir(DIR *d, int *r)
{
	struct dirent *e;

	errno = 0;
	e = readdir(d);
	if (!e && errno != 0)
		*r = -errno;
	return e;
}

#endif
