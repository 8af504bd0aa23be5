/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "safe.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(int dirfd, const char *tmp, const void *data, size_t len, uid_t uid, gid_t gid,
		mode_t mode)
{
	VSD_CLOSE int fd = -1;
	int ret;

	/* O_EXCL: what lies there by that name is never written through, be it
	 * a link, a FIFO or a hard link of something precious. */
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (ret < 0)
		return ret;
	/* Owner before mode: chown clears set-id bits, and the mode must not be
	 * granted to the wrong owner for a moment. */
	if (fchown(fd, uid, gid) < 0 || fchmod(fd, mode & 07777) < 0 || fsync(fd) < 0)
		return -errno;
	if (close(vsd_take_fd(&fd)) < 0) /* a network disk may report here */
		return -errno;
	return 0;
}

static int sync_folder(int dirfd)
{
	/* The caller's descriptor may be O_PATH, which fsync refuses. */
	VSD_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

int vsd_safe_replace_file(int dirfd, const char *name, const void *data, size_t len, uid_t uid,
			  gid_t gid, mode_t mode)
{
	char tmp[NAME_MAX + 1];
	int n, ret;

	if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return -EINVAL;
	n = snprintf(tmp, sizeof(tmp), ".%s.new", name);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return -ENAMETOOLONG;
	if (unlinkat(dirfd, tmp, 0) < 0 && errno != ENOENT)
		return -errno;
	ret = fill(dirfd, tmp, data, len, uid, gid, mode);
	if (ret == 0 && renameat(dirfd, tmp, dirfd, name) < 0)
		ret = -errno;
	if (ret < 0) {
		(void)unlinkat(dirfd, tmp, 0); /* the first error is the one to tell */
		return ret;
	}
	return sync_folder(dirfd);
}
