/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One folder of one server. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quota.h"
#include "refresh_impl.h"
#include "safe.h"

/* Open the folder above a path, beneath the server's root; 1: it is no folder. */
static int open_above(struct refresh_work *w, const struct refresh_change *c, int *out_fd,
		      const char **out_name)
{
	const char *slash = strrchr(c->folder, '/');
	VSD_FREE char *above = slash ? strndup(c->folder, (size_t)(slash - c->folder)) : strdup(".");
	int r;

	if (!above)
		return refresh_fail(w, -ENOMEM, c, "open what holds");
	*out_name = slash ? slash + 1 : c->folder;
	r = vsd_safe_open_beneath(w->root, above, O_RDONLY | O_DIRECTORY, 0, out_fd);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EXDEV)
		return 1;
	return r < 0 ? refresh_fail(w, r, c, "open what holds") : 0;
}

/* Give owner and mode, each only where it is what we gave before. */
static int set_attributes(struct refresh_work *w, const struct refresh_change *c, int fd)
{
	uid_t was = c->kind == REFRESH_CHANGED && c->was.admin ? w->s->uid_first : 0;
	uid_t now = c->now.admin ? w->s->uid_first : 0;
	mode_t mode = c->kind == REFRESH_CHANGED ? c->was.mode : 0700; /* as mkdir left it */
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refresh_fail(w, -errno, c, "look at");
	if (st.st_uid != now && st.st_uid == was) {
		if (!w->o->dry && fchown(fd, now, now) < 0)
			return refresh_fail(w, -errno, c, "give away");
		st.st_uid = now;
	}
	if ((st.st_mode & 07777) != c->now.mode && (st.st_mode & 07777) == mode) {
		if (!w->o->dry && fchmod(fd, c->now.mode) < 0)
			return refresh_fail(w, -errno, c, "set the mode of");
		st.st_mode = (st.st_mode & S_IFMT) | c->now.mode;
	}
	if (st.st_uid != now || (st.st_mode & 07777) != c->now.mode)
		return refresh_keep(w, c, "the server has changed its owner or mode");
	return 0;
}

/* A file of the old skeleton lies where the folder is to be. */
static int take_file(struct refresh_work *w, const struct refresh_change *c, int above)
{
	int r = 0;

	for (size_t i = 0; i < w->d->n; i++) {
		const struct refresh_change *f = &w->d->change[i];

		if (f->is_folder || f->kind != REFRESH_GONE ||
		    !refresh_lies_at(c->folder, f->folder, f->was.name))
			continue;
		/* Even within a folder the kernel renames no inode of another project. */
		r = quota_let_go(above);
		if (r < 0)
			return refresh_fail(w, r, c, "take the quota from what holds");
		w->let_go |= r > 0;
		w->here = above;
		w->was = openat(w->d->old.fd, f->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
				O_CLOEXEC);
		r = refresh_take_file(w, f);
		vsd_scope_close(&w->was);
		w->here = w->was = -1;
		break;
	}
	return r;
}

int refresh_put_folder(struct refresh_work *w, const struct refresh_change *c)
{
	VSD_CLOSE int above = -1;
	VSD_CLOSE int fd = -1;
	const char *name = NULL;
	struct stat st;
	int r = open_above(w, c, &above, &name);

	if (r != 0)
		return r < 0 ? r : w->o->dry ? 0 : refresh_keep(w, c, "what holds it is not there");
	if (c->kind == REFRESH_MADE && !w->o->dry) {
		if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
			r = take_file(w, c, above);
		if (r < 0)
			return r;
		if (mkdirat(above, name, 0700) < 0 && errno != EEXIST)
			return refresh_fail(w, -errno, c, "make folder");
	}
	r = vsd_safe_open_beneath(above, name, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r == -ENOENT && (w->o->dry || c->kind == REFRESH_CHANGED))
		return 0; /* the server has removed it, or it would be made */
	if (r < 0)
		return refresh_keep(w, c, "the server has something else there");
	return set_attributes(w, c, fd);
}

int refresh_take_folder(struct refresh_work *w, const struct refresh_change *c)
{
	VSD_CLOSE int above = -1;
	const char *name = NULL;
	int r = open_above(w, c, &above, &name);

	if (r != 0 || w->o->dry)
		return r < 0 ? r : 0;
	if (unlinkat(above, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY)
		return refresh_keep(w, c, "the server has something in it");
	return refresh_fail(w, -errno, c, "remove folder");
}
