/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One server, from the old skeleton to the new (refresh.h says how). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quota.h"
#include "refresh_impl.h"
#include "safe.h"
#include "tree_impl.h"
#include "users_impl.h"
#include "why.h"

int refresh_fail(struct refresh_work *w, int error, const struct refresh_change *c, const char *what)
{
	char path[REFRESH_SHOWN_MAX];

	refresh_path(c, path);
	why_say(w->why, "%s '%.150s': %s", what, path, strerror(-error));
	return error;
}

bool refresh_lies_at(const char *path, const char *folder, const char *name)
{
	size_t len = strcmp(folder, ".") == 0 ? 0 : strlen(folder);

	return strncmp(path, folder, len) == 0 && (len == 0 || path[len++] == '/') &&
	       strcmp(path + len, name) == 0;
}

int refresh_keep(struct refresh_work *w, const struct refresh_change *c, const char *reason)
{
	char path[REFRESH_SHOWN_MAX];

	refresh_path(c, path);
	if (w->o->kept && !w->o->only_dangerous) /* the pass for all tells it */
		w->o->kept(w->s, path, reason, w->o->arg);
	return 0;
}

/* Open the change's folder in the server and in both skeletons, unless it is the
 * one that is open.  1: it is not there as a folder. */
static int enter(struct refresh_work *w, const struct refresh_change *c)
{
	int flags = O_RDONLY | O_DIRECTORY;
	int r;

	if (w->folder == c->folder)
		return w->here < 0;
	vsd_scope_close(&w->here);
	vsd_scope_close(&w->was);
	vsd_scope_close(&w->now);
	w->here = w->was = w->now = -1;
	w->folder = c->folder;
	/* One of the skeletons may lack it: what is asked of it then is nothing. */
	w->was = openat(w->d->old.fd, c->folder, flags | O_NOFOLLOW | O_CLOEXEC);
	w->now = openat(w->d->new.fd, c->folder, flags | O_NOFOLLOW | O_CLOEXEC);
	r = vsd_safe_open_beneath(w->root, c->folder, flags, 0, &w->here);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EXDEV) {
		w->here = -1;
		return 1;
	}
	if (r < 0)
		return refresh_fail(w, r, c, "open the folder of");
	if (!w->o->dry) { /* the skeleton's inodes are of no server's quota */
		r = quota_let_go(w->here);
		if (r < 0)
			return refresh_fail(w, r, c, "take the quota from the folder of");
		w->let_go |= r > 0;
	}
	/* What a killed run has left; a folder is none of ours. */
	if (!w->o->dry && unlinkat(w->here, REFRESH_TEMP, 0) < 0 && errno != ENOENT &&
	    errno != EISDIR)
		return refresh_fail(w, -errno, c, "clear the folder of");
	return 0;
}

static int change_file(struct refresh_work *w, const struct refresh_change *c)
{
	int r = enter(w, c);

	if (r < 0)
		return r;
	if (r > 0) {
		/* A new folder that could not be made has been told of. */
		if (c->kind == REFRESH_CHANGED)
			return refresh_keep(w, c, "its folder is not there");
		return 0;
	}
	return c->kind == REFRESH_GONE ? refresh_take_file(w, c) : refresh_put_file(w, c);
}

static bool is_wanted(const struct refresh_work *w, const struct refresh_change *c,
		      enum refresh_pass pass)
{
	if (w->o->only_dangerous && !c->is_dangerous)
		return false;
	switch (pass) {
	case PASS_FOLDERS: return c->is_folder && c->kind != REFRESH_GONE;
	case PASS_FILES:   return !c->is_folder && c->kind != REFRESH_GONE;
	case PASS_GONE:    return !c->is_folder && c->kind == REFRESH_GONE;
	case PASS_LATE:    return !c->is_folder && c->kind == REFRESH_MADE;
	}
	return false;
}

static int do_pass(struct refresh_work *w, enum refresh_pass pass)
{
	int r = 0;

	w->pass = pass;
	for (size_t i = 0; r == 0 && i < w->d->n; i++) {
		const struct refresh_change *c = &w->d->change[i];

		if (is_wanted(w, c, pass))
			r = c->is_folder ? refresh_put_folder(w, c) : change_file(w, c);
	}
	return r;
}

/* Folders last, the deepest first. */
static int do_gone_folders(struct refresh_work *w)
{
	int r = 0;

	for (size_t i = w->d->n; r == 0 && i > 0; i--) {
		const struct refresh_change *c = &w->d->change[i - 1];

		if (c->is_folder && c->kind == REFRESH_GONE)
			r = refresh_take_folder(w, c);
	}
	return r;
}

static int do_all(struct refresh_work *w)
{
	int r = w->o->only_dangerous ? 0 : do_pass(w, PASS_FOLDERS);

	if (r == 0)
		r = do_pass(w, PASS_FILES);
	if (r == 0)
		r = do_pass(w, PASS_GONE);
	if (r == 0 && !w->o->only_dangerous)
		r = do_gone_folders(w);
	if (r == 0 && w->late)
		r = do_pass(w, PASS_LATE);
	vsd_scope_close(&w->here);
	vsd_scope_close(&w->was);
	vsd_scope_close(&w->now);
	return r;
}

/* What came in, and folders that had to let go, are the server's again; so is what
 * its people made there meanwhile. */
static int restore_quota(struct refresh_work *w)
{
	char why[VSD_WHY_MAX] = "";
	int r;

	if (w->o->dry || w->o->only_dangerous || (!w->let_go && !w->s->quota_mb))
		return 0;
	r = quota_apply(w->s, w->root, why);
	if (r == -EUCLEAN && w->o->kept)
		w->o->kept(w->s, "/", why, w->o->arg);
	if (r == 0 || r == -EUCLEAN || r == -EOPNOTSUPP)
		return 0;
	why_say(w->why, "%s", why);
	return r;
}

/* Does any change touch what useradd and its like rewrite? */
static bool has_accounts(const struct refresh_diff *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->change[i].is_folder && (strcmp(d->change[i].folder, "etc") == 0 ||
						strcmp(d->change[i].folder, "etc/vsd") == 0))
			return true;
	return false;
}

int refresh_server(const struct vsd_server *s, const struct refresh_diff *d,
		   const struct refresh_opts *o, char why[VSD_WHY_MAX])
{
	struct refresh_work w = { .s = s, .d = d, .o = o, .why = why, .root = -1, .here = -1,
				  .was = -1, .now = -1 };
	VSD_CLOSE int lock = -1;
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	why[0] = '\0';
	if (r < 0) {
		why_say(why, "'%.150s': %s", s->root, strerror(-r));
		return r;
	}
	if (!o->dry && !o->only_dangerous && has_accounts(d))
		r = vsd_users_lock(root, &lock, why);
	w.root = root;
	if (r == 0)
		r = do_all(&w);
	return r < 0 ? r : restore_quota(&w);
}
