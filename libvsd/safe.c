/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "safe.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

enum { WAY_MAX_BYTES = 1024 };

/* Root-owned and not writable by group or others? */
static bool is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* A real folder that nobody but root can change? */
static int check_folder(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return -ELOOP;
	if (!S_ISDIR(st->st_mode))
		return -ENOTDIR;
	return is_trusted(st) ? 0 : -EPERM;
}

/* The path without doubled slashes, all folders on the way to its last component checked
 * from / on.  By name and not by descriptor: within a folder that passed, nobody but root
 * can put another one, or a link, under a name, so whatever is opened by this path goes
 * the way that was looked at. */
static int check_way(const char *path, char way[WAY_MAX_BYTES])
{
	struct stat st;
	size_t at = 0, len;
	int r;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	memcpy(way, "/", 2);
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		len = strcspn(path, "/");
		if (len > NAME_MAX || at + len + 2 > WAY_MAX_BYTES ||
		    (len == 2 && memcmp(path, "..", 2) == 0)) /* it would undo what was checked */
			return -EINVAL;
		if (lstat(way, &st) < 0)
			return -errno;
		r = check_folder(&st);
		if (r < 0)
			return r;
		way[at] = '/';
		memcpy(way + at + 1, path, len);
		at += len + 1;
		way[at] = '\0';
		path += len;
	}
	return 0;
}

int vsd_safe_open_root(const char *path, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	char way[WAY_MAX_BYTES];
	struct stat st;
	int r = check_way(path, way);

	if (r < 0)
		return r;
	fd = open(way, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = check_folder(&st);
	if (r == 0)
		*out_fd = vsd_take_fd(&fd);
	return r;
}

int vsd_safe_check_root(int fd, const char *path)
{
	const unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO | STATX_MNT_ID;
	struct statx open = { .stx_mask = 0 }, now = { .stx_mask = 0 };

	if (statx(fd, "", AT_EMPTY_PATH, wanted, &open) < 0 ||
	    statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, wanted, &now) < 0)
		return -errno;
	if (!S_ISDIR(open.stx_mode) || open.stx_uid != 0 || (open.stx_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	/* Without the mount's id (before Linux 5.8) nothing is certain. */
	if ((open.stx_mask & now.stx_mask & wanted) != wanted ||
	    open.stx_mnt_id != now.stx_mnt_id || open.stx_ino != now.stx_ino ||
	    open.stx_dev_major != now.stx_dev_major || open.stx_dev_minor != now.stx_dev_minor)
		return -ESTALE;
	return 0;
}

/* One component without openat2, for sandboxes and tools (valgrind) that do not
 * know that call: O_NOFOLLOW says the same of one name, but for a mount on it, which
 * only root can make (an overlay's devices differ from file to folder, so they tell
 * nothing).  A longer path has no such way: it stays refused. */
static int open_component(int rootfd, const char *name, const struct open_how *how, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	struct stat st;

	if (strchr(name, '/') || strcmp(name, "..") == 0)
		return -ENOSYS;
	fd = openat(rootfd, name, (int)how->flags | O_NOFOLLOW, (mode_t)how->mode);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

int vsd_safe_open_beneath(int rootfd, const char *path, int flags, mode_t mode, int *out_fd)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* openat2 refuses flags that make no sense together; O_PATH opens no
	 * device and follows nothing, so it can neither wait nor act. */
	if (!(flags & O_PATH))
		how.flags |= O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		how.mode = mode & 07777;
	do
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0 && errno == ENOSYS)
		return open_component(rootfd, path, &how, out_fd);
	if (fd < 0)
		return -errno;
	*out_fd = (int)fd;
	return 0;
}

/* What both ways of opening a file end with. */
static int check_file(int *fd, uint64_t max_bytes, int *out_fd, struct stat *out_st)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!is_trusted(&st))
		return -EPERM;
	if (st.st_size < 0 || (uint64_t)st.st_size > max_bytes)
		return -EFBIG;
	*out_fd = vsd_take_fd(fd);
	if (out_st)
		*out_st = st;
	return 0;
}

int vsd_safe_open_file(int rootfd, const char *path, uint64_t max_bytes, int *out_fd,
		       struct stat *out_st)
{
	VSD_CLOSE int fd = -1;
	int ret = vsd_safe_open_beneath(rootfd, path, O_RDONLY, 0, &fd);

	return ret < 0 ? ret : check_file(&fd, max_bytes, out_fd, out_st);
}

int vsd_safe_read_open(int fd, const struct stat *st, uint64_t max_bytes, char **out,
		       size_t *out_len)
{
	size_t len = 0, cap = (size_t)st->st_size + 1; /* one more: growth shows at once */
	VSD_FREE char *buf = malloc(cap + 1);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		/* All that it said, where there was room for more: that was its end. */
		if (n == 0 || len == (size_t)st->st_size)
			break;
		if (len > max_bytes)
			return -EFBIG;
		if (len == cap) {
			char *more;

			cap = cap * 2 < max_bytes + 1 ? cap * 2 : (size_t)max_bytes + 1;
			more = realloc(buf, cap + 1);
			if (!more)
				return -ENOMEM;
			buf = more;
		}
	}
	buf[len] = '\0';
	*out = buf;
	*out_len = len;
	buf = NULL;
	return 0;
}

int vsd_safe_read_file(int rootfd, const char *path, uint64_t max_bytes, char **out,
		       size_t *out_len)
{
	VSD_CLOSE int fd = -1;
	struct stat st = { 0 };
	int ret = vsd_safe_open_file(rootfd, path, max_bytes, &fd, &st);

	return ret < 0 ? ret : vsd_safe_read_open(fd, &st, max_bytes, out, out_len);
}

int vsd_safe_open_path(const char *path, uint64_t max_bytes, int *out_fd, struct stat *out_st)
{
	VSD_CLOSE int fd = -1;
	char way[WAY_MAX_BYTES];
	int ret = check_way(path, way);

	if (ret < 0)
		return ret;
	fd = open(way, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : check_file(&fd, max_bytes, out_fd, out_st);
}

int vsd_safe_read_path(const char *path, uint64_t max_bytes, char **out, size_t *out_len)
{
	VSD_CLOSE int fd = -1;
	struct stat st = { 0 };
	int ret = vsd_safe_open_path(path, max_bytes, &fd, &st);

	return ret < 0 ? ret : vsd_safe_read_open(fd, &st, max_bytes, out, out_len);
}

int vsd_safe_opendir(int dirfd, DIR **out)
{
	VSD_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		return -errno;
	(void)vsd_take_fd(&fd); /* d owns it */
	*out = d;
	return 0;
}
