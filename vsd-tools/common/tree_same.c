/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing contents.  The files may be a tenant's, so that they may change or
 * shrink while they are read: the answer is then about some moment in between. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "tree_impl.h"

#define BLOCK_BYTES 65536

/* As much as there is, up to a block. */
static ssize_t read_block(int fd, char *buf, off_t at)
{
	size_t got = 0;

	while (got < BLOCK_BYTES) {
		ssize_t n = pread(fd, buf + got, BLOCK_BYTES - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int tree_same_bytes(int a, int b, bool *out_same)
{
	VSD_FREE char *buf = malloc((size_t)2 * BLOCK_BYTES);
	ssize_t n, m;

	if (!buf)
		return -ENOMEM;
	for (off_t at = 0;; at += n) {
		n = read_block(a, buf, at);
		m = read_block(b, buf + BLOCK_BYTES, at);
		if (n < 0 || m < 0)
			return n < 0 ? (int)n : (int)m;
		*out_same = n == m && memcmp(buf, buf + BLOCK_BYTES, (size_t)n) == 0;
		if (!*out_same || n == 0)
			return 0;
	}
}

int tree_same_text(int fd, const char *text, size_t len, bool *out_same)
{
	VSD_FREE char *buf = malloc(BLOCK_BYTES);
	size_t at = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read_block(fd, buf, (off_t)at);

		if (n < 0)
			return (int)n;
		*out_same = (size_t)n <= len - at && memcmp(buf, text + at, (size_t)n) == 0;
		at += (size_t)n;
		if (!*out_same)
			return 0;
		if (n == 0) {
			*out_same = at == len;
			return 0;
		}
	}
}

static int same_links(int adir, const char *aname, int bdir, const char *bname, bool *out_same)
{
	VSD_FREE char *buf = malloc((size_t)2 * PATH_MAX);
	ssize_t n, m;

	if (!buf)
		return -ENOMEM;
	n = readlinkat(adir, aname, buf, PATH_MAX);
	m = readlinkat(bdir, bname, buf + PATH_MAX, PATH_MAX);
	if (n < 0 || m < 0)
		return -errno;
	*out_same = n == m && memcmp(buf, buf + PATH_MAX, (size_t)n) == 0;
	return 0;
}

int tree_same_at(int adir, const char *aname, const struct stat *a, int bdir, const char *bname,
		 const struct stat *b, bool *out_same)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	VSD_CLOSE int afd = -1;
	VSD_CLOSE int bfd = -1;

	*out_same = false;
	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT))
		return 0;
	if (S_ISLNK(a->st_mode))
		return same_links(adir, aname, bdir, bname, out_same);
	if (!S_ISREG(a->st_mode) || a->st_size != b->st_size)
		return 0;
	afd = openat(adir, aname, flags);
	bfd = openat(bdir, bname, flags);
	if (afd < 0 || bfd < 0)
		return -errno;
	return tree_same_bytes(afd, bfd, out_same);
}
