/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cron_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crontab.h"
#include "paths.h"
#include "safe.h"

#define FILE_MAX (VSD_CRONTAB_BYTES_MAX * 3) /* no crontab that is taken gets longer */

int cron_spool_open(int *out_fd)
{
	VSD_CLOSE int above = -1;
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_root(vsd_path_cron, &above);

	if (r == 0)
		r = vsd_safe_open_beneath(above, "crontabs", O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && (st.st_uid != 0 || (st.st_mode & S_IWOTH)))
		r = -EPERM;
	if (r == 0)
		*out_fd = vsd_take_fd(&fd);
	return r;
}

/* *out_len bytes, at most `size`.  -ENOENT; -EEXIST no regular file */
static int read_file(int dirfd, const char *name, char *out, size_t size, size_t *out_len,
		     struct stat *out_st)
{
	VSD_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return errno == ELOOP ? -EEXIST : -errno;
	if (fstat(fd, out_st) < 0)
		return -errno;
	if (!S_ISREG(out_st->st_mode))
		return -EEXIST;
	for (*out_len = 0; n > 0 && *out_len < size; *out_len += (size_t)n) {
		n = read(fd, out + *out_len, size - *out_len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

static bool is_ours(const char *text, size_t len)
{
	return len >= strlen(CRON_MARK) && memcmp(text, CRON_MARK, strlen(CRON_MARK)) == 0;
}

int cron_spool_same(int fd, const char *name, const char *text, size_t len, uint32_t uid)
{
	VSD_FREE char *got = malloc(FILE_MAX);
	struct stat st;
	size_t n;
	int r = got ? read_file(fd, name, got, FILE_MAX, &n, &st) : -ENOMEM;

	if (r < 0)
		return r;
	if (!is_ours(got, n))
		return -EEXIST;
	return n == len && memcmp(got, text, len) == 0 && st.st_uid == uid && st.st_nlink == 1 &&
	       (st.st_mode & 07777) == 0600;
}

int cron_spool_each(int fd, int (*fn)(int fd, const char *name, const struct vsd_qualified *q,
				      void *arg), void *arg)
{
	const struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(fd, &d);

	if (r < 0)
		return r;
	while (r == 0 && (e = vsd_safe_readdir(d, &r))) {
		char head[sizeof(CRON_MARK)];
		struct vsd_qualified q;
		struct stat st;
		size_t n;

		if (vsd_name_split(e->d_name, strlen(e->d_name), &q) == 0 &&
		    read_file(fd, e->d_name, head, strlen(CRON_MARK), &n, &st) == 0 && is_ours(head, n))
			r = fn(fd, e->d_name, &q, arg);
	}
	(void)closedir(d); /* only read */
	return r;
}

struct whose {
	const char *vs, *user;
};

static int forget(int fd, const char *name, const struct vsd_qualified *q, void *arg)
{
	const struct whose *w = arg;

	if ((w->vs && strcmp(w->vs, q->vs) != 0) || (w->user && strcmp(w->user, q->user) != 0))
		return 0;
	return unlinkat(fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int cron_spool_forget(const char *vs, const char *user)
{
	struct whose w = { vs, user };
	VSD_CLOSE int fd = -1;
	int r = cron_spool_open(&fd);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : cron_spool_each(fd, forget, &w);
}
