/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_keep.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "safe.h"
#include "tree_impl.h"

/* A file with more links starts anew, long before a filesystem's limit. */
#define KEEP_LINKS_MAX 32000

static int is_same_link(const struct plan_item *i, const char *path, int oldfd, bool *out_same)
{
	VSD_FREE char *target = plan_memory(calloc(1, PATH_MAX));
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_beneath(oldfd, path, O_PATH | O_NOFOLLOW, 0, &fd);

	*out_same = false;
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode) || st.st_uid != 0 || st.st_nlink >= KEEP_LINKS_MAX)
		return 0;
	if (readlinkat(fd, "", target, PATH_MAX - 1) < 0)
		return -errno;
	*out_same = strcmp(target, i->target) == 0;
	return 0;
}

static int has_same_bytes(const struct plan *p, const struct plan_item *i, int old,
			  const struct stat *st, bool *out_same, struct stat *source)
{
	VSD_CLOSE int from = -1;
	int r;

	if (i->text)
		return (uint64_t)st->st_size == i->text_len
			? tree_same_text(old, i->text, i->text_len, out_same) : 0;
	r = plan_open(p, i, &from);
	if (r < 0)
		return r;
	if (fstat(from, source) < 0)
		return -errno;
	/* The time too: compiled Python files hold that of their source. */
	if (!S_ISREG(source->st_mode) || source->st_size != st->st_size ||
	    source->st_mtim.tv_sec != st->st_mtim.tv_sec ||
	    source->st_mtim.tv_nsec != st->st_mtim.tv_nsec)
		return 0;
	r = tree_same_xattrs(from, old, out_same);
	return r < 0 || !*out_same ? r : tree_same_bytes(from, old, out_same);
}

static int is_same_file(const struct plan *p, const struct plan_item *i, const char *path,
			int oldfd, bool *out_same, struct stat *source)
{
	VSD_CLOSE int old = -1;
	struct stat st;
	int r = vsd_safe_open_beneath(oldfd, path, O_RDONLY, 0, &old);

	*out_same = false;
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	if (fstat(old, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_gid != i->gid ||
	    (st.st_mode & 07777) != i->mode || st.st_nlink >= KEEP_LINKS_MAX)
		return 0;
	return has_same_bytes(p, i, old, &st, out_same, source);
}

int skel_keep(const struct plan *p, const struct plan_item *i, const char *path, int oldfd,
	      int newfd, bool *out_kept, struct stat *out_source)
{
	bool same;
	int r = i->type == PLAN_LINK ? is_same_link(i, path, oldfd, &same)
				     : is_same_file(p, i, path, oldfd, &same, out_source);

	if (r < 0)
		return r;
	if (same && linkat(oldfd, path, newfd, path, 0) < 0)
		return -errno;
	*out_kept = same;
	return 0;
}
