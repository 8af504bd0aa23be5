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
	char part[NAME_MAX + 1];
	int ret;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	ret = step_into(&fd, "/");
	while (ret == 0) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0) {
			*out_fd = vsd_take_fd(&fd);
			return 0;
		}
		if (len > NAME_MAX)
			return -EINVAL;
		memcpy(part, path, len);
		part[len] = '\0';
		if (strcmp(part, "..") == 0) /* it would undo what was checked */
			return -EINVAL;
		ret = step_into(&fd, part);
		path += len;
	}
	return ret;
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

int vsd_safe_read_file(int rootfd, const char *path, uint64_t max_bytes, char **out,
		       size_t *out_len)
{
	VSD_CLOSE int fd = -1;
	VSD_FREE char *buf = NULL;
	struct stat st = { 0 };
	size_t len = 0, cap;
	int ret;

	ret = vsd_safe_open_file(rootfd, path, max_bytes, &fd, &st);
	if (ret < 0)
		return ret;
	cap = (size_t)st.st_size + 1; /* one more than it says: growth shows at once */
	buf = malloc(cap + 1);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
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
