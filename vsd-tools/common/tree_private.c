/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's own files: copies, templates, empty ones. */
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "tree_impl.h"
#include "why.h"
#include "words.h"

#define TEMPLATE_MAX_BYTES (1l << 20)

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* For filesystems that cannot do it in the kernel. */
static int copy_slowly(int from, int to)
{
	VSD_FREE char *buf = malloc(65536);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(from, buf, 65536);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = write_all(to, buf, (size_t)n);
		if (r < 0)
			return r;
	}
}

int tree_copy_bytes(int from, int to, off_t size)
{
	if (size == 0)
		return 0;
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (size > 0) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0)
			return 0; /* the file is shorter than it was */
		size -= n;
	}
	/* Either it is all there, or the rest goes by hand: both offsets stand
	 * where the kernel stopped. */
	return size == 0 ? 0 : copy_slowly(from, to);
}

int tree_expand(const struct vsd_server *s, int from, off_t size, char **out, size_t *out_len)
{
	VSD_FREE char *text = NULL;
	size_t got = 0;

	if (size < 0 || size > TEMPLATE_MAX_BYTES)
		return -EFBIG;
	text = malloc((size_t)size + 1);
	if (!text)
		return -ENOMEM;
	while (got < (size_t)size) {
		ssize_t n = read(from, text + got, (size_t)size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return words_expand(text, got, s, out, out_len);
}

static int fill_template(const struct vsd_server *s, int from, int to, off_t size)
{
	VSD_FREE char *made = NULL;
	size_t len = 0;
	int r = tree_expand(s, from, size, &made, &len);

	return r < 0 ? r : write_all(to, made, len);
}

static int fill_private(const struct vsd_server *s, int srcfd, int to, const struct manifest_entry *e)
{
	VSD_CLOSE int from = -1;
	struct timespec times[2];
	struct stat st;
	int r;

	from = openat(srcfd, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (e->kind == MANIFEST_TEMPLATE)
		return fill_template(s, from, to, st.st_size);
	r = tree_copy_bytes(from, to, st.st_size);
	if (r == 0 && e->kind == MANIFEST_PRIVATE_XATTR)
		r = tree_copy_xattrs(from, to);
	if (r < 0)
		return r;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? -errno : 0;
}

int tree_copy_private(const struct vsd_server *s, int srcfd, int dstfd,
		      const struct manifest_entry *e, const char *as)
{
	VSD_CLOSE int to = -1;
	int r = 0;

	to = openat(dstfd, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	if (e->kind != MANIFEST_EMPTY)
		r = fill_private(s, srcfd, to, e);
	if (r < 0)
		return r;
	/* Owner before mode: chown clears set-id bits, and the mode is not granted
	 * to the wrong owner for a moment. */
	if (e->admin && fchown(to, s->uid_first, s->uid_first) < 0)
		return -errno;
	return fchmod(to, e->mode) < 0 ? -errno : 0;
}

int tree_make_private(struct tree_job *j, const struct tree_folder *f, int srcfd, int dstfd,
		      const struct manifest_entry *e)
{
	int r = tree_copy_private(j->s, srcfd, dstfd, e, e->name);

	return r < 0 ? tree_fail(j, r, f->e.name, e->name, "copy") : 0;
}
