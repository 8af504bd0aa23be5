/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "scope.h"

#define PARENT "vsd"
#define SERVICES "services"
#define STEP_MS 5

/* A folder of the cgroup v2 file system, by its path below the mount: a cgroup v2 host
 * has that at the first place, a hybrid one below.  The way is root's, and in that file
 * system there are no links. */
static int open_existing(const char *below, int *out_fd)
{
	static const char *const mount[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char path[64 + VSD_NAME_MAX];
	struct statfs fs;

	for (int i = 0; i < 2; i++) {
		VSD_CLOSE int fd = -1;
		int n = snprintf(path, sizeof(path), "%s%s", mount[i], below);

		if (n < 0 || (size_t)n >= sizeof(path))
			return -ENAMETOOLONG;
		fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
			*out_fd = vsd_take_fd(&fd);
			return 0;
		}
	}
	return -ENOENT;
}

static int open_folder(int at, const char *name, bool make, int *out_fd)
{
	int fd;

	if (make && mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

int vsd_cgroup_open_parent(bool make, int *out_fd)
{
	VSD_CLOSE int mnt = -1;
	int r = open_existing("", &mnt);

	return r < 0 ? r : open_folder(mnt, PARENT, make, out_fd);
}

int vsd_cgroup_open(const char *name, bool make, int *out_fd)
{
	VSD_CLOSE int parent = -1;
	char below[VSD_NAME_MAX + 8];
	int r;

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	if (!make) {
		(void)snprintf(below, sizeof(below), "/" PARENT "/%s", name); /* fits */
		return open_existing(below, out_fd);
	}
	r = vsd_cgroup_open_parent(true, &parent);
	return r < 0 ? r : open_folder(parent, name, true, out_fd);
}

int vsd_cgroup_open_services(int cgfd, int *out_fd)
{
	return open_folder(cgfd, SERVICES, true, out_fd);
}

int vsd_cgroup_write(int cgfd, const char *file, const char *text)
{
	VSD_CLOSE int fd = openat(cgfd, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		return errno ? -errno : -EIO;
	return 0;
}

int vsd_cgroup_join(int cgfd)
{
	return vsd_cgroup_write(cgfd, "cgroup.procs", "0");
}

int vsd_cgroup_is_populated(int cgfd)
{
	VSD_CLOSE int fd = openat(cgfd, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[256];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return strstr(text, "populated 0") == NULL;
}

int vsd_cgroup_kill(int cgfd, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int r;

	/* Frozen first, nobody forks faster than the kernel kills. */
	r = vsd_cgroup_write(cgfd, "cgroup.freeze", "1");
	if (r == 0)
		r = vsd_cgroup_write(cgfd, "cgroup.kill", "1");
	for (int left = timeout_ms; r == 0; left -= STEP_MS) {
		r = vsd_cgroup_is_populated(cgfd);
		if (r == 0)
			break;
		if (r > 0)
			r = left > 0 ? 0 : -ETIMEDOUT;
		(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
	}
	/* Thawed again in any case, or the next start would begin frozen. */
	if (vsd_cgroup_write(cgfd, "cgroup.freeze", "0") < 0 && r == 0)
		r = -EIO;
	return r;
}

int vsd_cgroup_remove(const char *name)
{
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int cg = -1;
	int r;

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	r = vsd_cgroup_open_parent(false, &parent);
	if (r == 0)
		r = open_folder(parent, name, false, &cg);
	if (r < 0)
		return r;
	if (unlinkat(cg, SERVICES, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}
