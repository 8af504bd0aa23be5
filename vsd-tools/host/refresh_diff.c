/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two skeletons.  Both manifests are sorted, so that one
 * walk through both finds it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "refresh.h"
#include "tree_impl.h"
#include "why.h"

#define CAPABILITY "security.capability"

/* One manifest while it is walked. */
struct cursor {
	const struct refresh_side *side;
	size_t at;
	bool more;               /* e is the next entry */
	struct manifest_entry e;
	const char *folder;      /* that was entered last */
	int fd;                  /* of it */
};

static void step(struct cursor *c)
{
	c->more = manifest_next(&c->side->m, &c->at, &c->e);
}

/* Go into the folder that the cursor stands on. */
static int enter(struct cursor *c)
{
	vsd_scope_close(&c->fd);
	c->folder = c->e.name;
	c->fd = openat(c->side->fd, c->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	step(c);
	return c->fd < 0 ? -errno : 0;
}

/* In the old one, the new one, or both. */
static struct refresh_change *put(struct refresh_diff *d, bool old, bool new, const char *folder)
{
	enum refresh_kind kind = !old ? REFRESH_MADE : new ? REFRESH_CHANGED : REFRESH_GONE;

	if ((d->n & (d->n - 1)) == 0) {
		size_t room = d->n ? d->n * 2 : 1;
		struct refresh_change *c = realloc(d->change, room * sizeof(*c));

		if (!c)
			return NULL;
		d->change = c;
	}
	d->change[d->n] = (struct refresh_change){ .kind = kind, .folder = folder };
	d->count[kind]++;
	return &d->change[d->n++];
}

static int look(const struct cursor *c, struct stat *st)
{
	return fstatat(c->fd, c->e.name, st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int is_dangerous(const struct cursor *old, const struct stat *st, bool *out)
{
	VSD_CLOSE int fd = -1;

	*out = false;
	if (!S_ISREG(st->st_mode))
		return 0;
	*out = (st->st_mode & (S_ISUID | S_ISGID)) != 0;
	fd = openat(old->fd, old->e.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fgetxattr(fd, CAPABILITY, NULL, 0) >= 0)
		*out = true;
	return 0;
}

/* A file that is in one of them or in both, and is not the same. */
static int put_file(struct refresh_diff *d, const char *folder, const struct cursor *old,
		    const struct cursor *new)
{
	struct refresh_change *c = put(d, old != NULL, new != NULL, folder);
	struct stat st;
	int r = c ? 0 : -ENOMEM;

	if (r == 0 && new) {
		r = look(new, &st);
		c->now = new->e;
		c->now_ino = st.st_ino;
		c->dev = st.st_dev;
	}
	if (r == 0 && old) {
		r = look(old, &st);
		c->was = old->e;
		c->was_ino = st.st_ino;
		c->dev = st.st_dev;
		if (r == 0)
			r = is_dangerous(old, &st, &c->is_dangerous);
		d->dangerous += r == 0 && c->is_dangerous;
	}
	return r;
}

static int is_same(const struct cursor *old, const struct cursor *new, bool *out)
{
	const struct manifest_entry *a = &old->e, *b = &new->e;
	struct stat x = { .st_ino = 0 }, y = x;
	int r;

	*out = a->kind == b->kind && a->admin == b->admin && a->mode == b->mode;
	if (!*out || a->kind == MANIFEST_EMPTY)
		return 0;
	r = look(old, &x);
	if (r == 0)
		r = look(new, &y);
	if (r < 0 || (x.st_ino == y.st_ino && x.st_dev == y.st_dev))
		return r;
	*out = x.st_mode == y.st_mode && x.st_gid == y.st_gid && (S_ISLNK(x.st_mode) ||
		(x.st_mtim.tv_sec == y.st_mtim.tv_sec && x.st_mtim.tv_nsec == y.st_mtim.tv_nsec));
	return *out ? tree_same_at(old->fd, a->name, &x, new->fd, b->name, &y, out) : 0;
}

static bool has_file(const struct cursor *c)
{
	return c && c->more && c->e.kind != MANIFEST_FOLDER;
}

/* The files of the folders that both have entered (NULL: only the other has). */
static int compare_files(struct refresh_diff *d, const char *folder, struct cursor *old,
			 struct cursor *new)
{
	bool same;
	int r = 0;

	while (r == 0 && (has_file(old) || has_file(new))) {
		int order = !has_file(old) ? 1 : !has_file(new) ? -1
			: strcmp(old->e.name, new->e.name);

		if (order == 0) {
			r = is_same(old, new, &same);
			if (r == 0 && !same)
				r = put_file(d, folder, old, new);
		} else {
			r = put_file(d, folder, order < 0 ? old : NULL, order < 0 ? NULL : new);
		}
		if (order <= 0)
			step(old);
		if (order >= 0)
			step(new);
	}
	return r;
}

static int put_folder(struct refresh_diff *d, const char *folder, const struct cursor *old,
		      const struct cursor *new)
{
	struct refresh_change *c = put(d, old != NULL, new != NULL, folder);

	if (!c)
		return -ENOMEM;
	c->is_folder = true;
	if (old)
		c->was = old->e;
	if (new)
		c->now = new->e;
	return 0;
}

/* Both stand on folders; `order` says whose is first. */
static int compare_folder(struct refresh_diff *d, struct cursor *old, struct cursor *new, int order)
{
	struct cursor *o = order <= 0 ? old : NULL, *n = order >= 0 ? new : NULL;
	const char *folder = order <= 0 ? old->e.name : new->e.name;
	int r = 0;

	if (!o || !n || o->e.admin != n->e.admin || o->e.mode != n->e.mode)
		r = put_folder(d, folder, o, n);
	if (r == 0 && o)
		r = enter(o);
	if (r == 0 && n)
		r = enter(n);
	return r < 0 ? r : compare_files(d, folder, o, n);
}

/* What is not sorted would be found gone and made, and so be taken away. */
static int check_order(const struct manifest *m)
{
	const char *folder = NULL, *file = NULL;
	struct manifest_entry e;
	size_t at = m->body;

	while (manifest_next(m, &at, &e)) {
		const char **last = e.kind == MANIFEST_FOLDER ? &folder : &file;

		if (*last && strcmp(*last, ".") != 0 && manifest_order(*last, e.name) >= 0)
			return -EBADMSG;
		*last = e.name;
		if (e.kind == MANIFEST_FOLDER)
			file = NULL;
	}
	return 0;
}

static int compare(struct refresh_diff *d, char why[VSD_WHY_MAX])
{
	struct cursor old = { .side = &d->old, .at = d->old.m.body, .fd = -1 };
	struct cursor new = { .side = &d->new, .at = d->new.m.body, .fd = -1 };
	int r = check_order(&d->old.m);

	if (r == 0)
		r = check_order(&d->new.m);
	step(&old);
	step(&new);
	while (r == 0 && (old.more || new.more)) {
		int order = !old.more ? 1 : !new.more ? -1
			: strcmp(old.e.name, ".") == 0 ? 0 : manifest_order(old.e.name, new.e.name);

		r = compare_folder(d, &old, &new, order);
	}
	if (r < 0)
		why_say(why, "compare '%s': %s", new.folder ? new.folder : "the skeletons",
			r == -EBADMSG ? "a manifest is not sorted" : strerror(-r));
	vsd_scope_close(&old.fd);
	vsd_scope_close(&new.fd);
	return r;
}

static int open_side(int parent, const char *name, struct refresh_side *out, char why[VSD_WHY_MAX])
{
	out->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd < 0) {
		int error = -errno;

		why_say(why, "open '%s': %s", name, strerror(-error));
		return error;
	}
	return manifest_load(out->fd, &out->m, why);
}

int refresh_diff_make(int parent, const char *old, const char *new, struct refresh_diff *out,
		      char why[VSD_WHY_MAX])
{
	struct refresh_diff d = { .old = { .fd = -1 }, .new = { .fd = -1 } };
	int r = open_side(parent, old, &d.old, why);

	if (r == 0)
		r = open_side(parent, new, &d.new, why);
	if (r == 0)
		r = compare(&d, why);
	if (r < 0)
		refresh_diff_free(&d);
	else
		*out = d;
	return r;
}

void refresh_diff_free(struct refresh_diff *d)
{
	manifest_free(&d->old.m);
	manifest_free(&d->new.m);
	vsd_scope_close(&d->old.fd);
	vsd_scope_close(&d->new.fd);
	free(d->change);
	d->change = NULL;
}

void refresh_path(const struct refresh_change *c, char out[REFRESH_SHOWN_MAX])
{
	const char *folder = strcmp(c->folder, ".") == 0 ? "" : c->folder;
	const char *name = c->is_folder ? "" : c->kind == REFRESH_GONE ? c->was.name : c->now.name;

	(void)snprintf(out, REFRESH_SHOWN_MAX, "/%s%s%s", folder, folder[0] && name[0] ? "/" : "", name);
}

static int disarm(const struct refresh_diff *d, const struct refresh_change *c)
{
	VSD_CLOSE int folder = openat(d->old.fd, c->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	VSD_CLOSE int fd = -1;
	struct stat st;

	if (folder < 0)
		return -errno;
	fd = openat(folder, c->was.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    fchmod(fd, st.st_mode & 07777 & ~(mode_t)(S_ISUID | S_ISGID)) < 0)
		return -errno;
	if (fremovexattr(fd, CAPABILITY) < 0 && errno != ENODATA && errno != ENOTSUP)
		return -errno;
	return 0;
}

int refresh_disarm(const struct refresh_diff *d, char why[VSD_WHY_MAX])
{
	for (size_t i = 0; i < d->n; i++) {
		const struct refresh_change *c = &d->change[i];
		int r = c->is_dangerous ? disarm(d, c) : 0;

		if (r < 0) {
			why_say(why, "take the power from the old '%s': %s", c->was.name, strerror(-r));
			return r;
		}
	}
	return 0;
}
