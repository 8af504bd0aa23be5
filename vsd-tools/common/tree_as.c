/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server has against what its skeleton gave it.  The server's folder may be
 * a tenant's: nothing is opened through a link, and what cannot be read is not
 * as it was given. */
#include <fcntl.h>
#include <string.h>

#include "tree_impl.h"

/* Has it the owner and mode that a private file is given? */
static bool has_attributes(const struct vsd_server *s, const struct manifest_entry *e,
			   const struct stat *st)
{
	uid_t owner = e->admin ? s->uid_first : 0;

	return S_ISREG(st->st_mode) && st->st_uid == owner && st->st_gid == owner &&
	       (st->st_mode & 07777) == e->mode;
}

static bool is_expanded(const struct vsd_server *s, int skel, const struct manifest_entry *e,
			int here)
{
	VSD_CLOSE int from = openat(skel, e->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	VSD_CLOSE int fd = openat(here, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				  O_CLOEXEC);
	VSD_FREE char *text = NULL;
	struct stat st;
	bool same = false;
	size_t len;

	return from >= 0 && fd >= 0 && fstat(from, &st) == 0 &&
	       tree_expand(s, from, st.st_size, &text, &len) == 0 &&
	       tree_same_text(fd, text, len, &same) == 0 && same;
}

bool tree_is_as(const struct vsd_server *s, int skel, ino_t ino, dev_t dev,
		const struct manifest_entry *e, int here, const struct stat *st)
{
	struct stat its;
	bool same = false;

	if (e->kind == MANIFEST_SHARED && st->st_ino == ino && st->st_dev == dev)
		return true;
	if (skel < 0)
		return false;
	if (e->kind != MANIFEST_SHARED && !has_attributes(s, e, st))
		return false;
	if (e->kind == MANIFEST_EMPTY)
		return st->st_size == 0;
	if (e->kind == MANIFEST_TEMPLATE)
		return is_expanded(s, skel, e, here);
	if (fstatat(skel, e->name, &its, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	/* A skeleton made anew has the same under other inodes. */
	if (e->kind == MANIFEST_SHARED && (its.st_mode != st->st_mode || st->st_uid != 0))
		return false;
	return tree_same_at(skel, e->name, &its, here, e->name, st, &same) == 0 && same;
}
