/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "safe.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

/* Root-owned and not writable by group or others? */
static bool is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Step from *dirfd into `name`, which must be a trusted directory. */
static int step_into(int *dirfd, const char *name)
{
	VSD_CLOSE int fd = -1;
	struct stat st;

	fd = openat(*dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (!is_trusted(&st))
		return -EPERM;
	vsd_scope_close(dirfd);
	*dirfd = vsd_take_fd(&fd);
	return 0;
}

int vsd_safe_open_root(const char *path, int *out_fd)
{
	VSD_CLOSE int fd = AT_FDCWD; /* negative: the scope leaves it alone */
	char part[NAME_MAX + 2] = "/";
	struct stat st;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	/* Nobody can put another folder under this name: it needs no descriptor. */
	if (stat("/", &st) < 0)
		return -errno;
	if (!is_trusted(&st))
		return -EPERM;
	for (;;) {
		size_t len;
		int ret;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0 && fd >= 0)
			break;
		if (len > NAME_MAX)
			return -EINVAL;
		memcpy(part + 1, path, len);
		part[len + 1] = '\0';
		if (strcmp(part, "/..") == 0) /* it would undo what was checked */
			return -EINVAL;
		ret = step_into(&fd, fd < 0 ? part : part + 1);
		if (ret < 0)
			return ret;
		path += len;
	}
	*out_fd = vsd_take_fd(&fd);
	return 0;
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

int vsd_safe_open_file(int rootfd, const char *path, uint64_t max_bytes, int *out_fd,
		       struct stat *out_st)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int ret;

	ret = vsd_safe_open_beneath(rootfd, path, O_RDONLY, 0, &fd);
	if (ret < 0)
		return ret;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!is_trusted(&st))
		return -EPERM;
	if (st.st_size < 0 || (uint64_t)st.st_size > max_bytes)
		return -EFBIG;
	*out_fd = vsd_take_fd(&fd);
	if (out_st)
		*out_st = st;
	return 0;
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

/* The folder part of an absolute path, opened; *out_name is the rest. */
static int open_folder_of(const char *path, const char **out_name, int *out_fd)
{
	const char *slash = strrchr(path, '/');
	char folder[512];

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder))
		return -EINVAL;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	*out_name = slash + 1;
	return vsd_safe_open_root(folder, out_fd);
}

int vsd_safe_open_path(const char *path, uint64_t max_bytes, int *out_fd, struct stat *out_st)
{
	VSD_CLOSE int dirfd = -1;
	const char *name;
	int ret = open_folder_of(path, &name, &dirfd);

	return ret < 0 ? ret : vsd_safe_open_file(dirfd, name, max_bytes, out_fd, out_st);
}

int vsd_safe_read_path(const char *path, uint64_t max_bytes, char **out, size_t *out_len)
{
	VSD_CLOSE int dirfd = -1;
	const char *name;
	int ret = open_folder_of(path, &name, &dirfd);

	return ret < 0 ? ret : vsd_safe_read_file(dirfd, name, max_bytes, out, out_len);
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
