/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fence's pins as files, which any build can remove: no libbpf here. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fence_pins.h"
#include "scope.h"

int fence_why(char why[VSD_WHY_MAX], int error, const char *what, const char *object)
{
	(void)snprintf(why, VSD_WHY_MAX, "%s %s: %s", what, object,
		       strerror(error < 0 ? -error : error));
	return error;
}

int fence_pins_lock(int *out_lock, char why[VSD_WHY_MAX])
{
	return fence_pins_lock_at(AT_FDCWD, FENCE_PINS, out_lock, why);
}

int fence_pins_lock_at(int dirfd, const char *path, int *out_lock, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fence_why(why, -errno, "open", FENCE_PINS);
	/* Who can open it could hold the lock, or take the fence away. */
	if (st.st_uid != 0 || (st.st_mode & 077))
		return fence_why(why, -EPERM, "trust", FENCE_PINS);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return fence_why(why, -errno, "lock", FENCE_PINS);
	*out_lock = vsd_take_fd(&fd);
	return 0;
}

static int remove_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) < 0)
			r = -errno;
	(void)closedir(d); /* read only */
	return r == 0 && rmdir(path) < 0 ? -errno : r;
}

int fence_pins_remove_maps(const char *keep)
{
	DIR *d = opendir(FENCE_PINS);
	char path[FENCE_PIN_MAX];
	struct dirent *e;
	int r = 0, one;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, "map-", 4) != 0)
			continue;
		if ((size_t)snprintf(path, sizeof(path), FENCE_PINS "/%s", e->d_name) >= sizeof(path)) {
			r = -ENAMETOOLONG;
			continue;
		}
		one = keep && strcmp(path, keep) == 0 ? 0 : remove_files(path);
		r = one < 0 ? one : r;
	}
	(void)closedir(d); /* read only */
	return r;
}

/* Links first: a program without its entries refuses everything. */
int fence_pins_remove(void)
{
	int r = remove_files(FENCE_LINKS);

	if (r == 0)
		r = fence_pins_remove_maps(NULL);
	return r == 0 && rmdir(FENCE_PINS) < 0 && errno != ENOENT ? -errno : r;
}
