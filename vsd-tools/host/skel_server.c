/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "number.h"
#include "safe.h"
#include "tree_impl.h"
#include "why.h"

#define INSTALL "\ninstall "

static int say(int error, const char *what, const char *object, char why[VSD_WHY_MAX])
{
	why_say(why, "%s '%.150s': %s", what, object, strerror(-error));
	return error;
}

bool skel_server_split(const char *skel, char base[VSD_PATH_MAX], uint32_t *out_id)
{
	const char *at = strrchr(skel, '@');
	uint64_t id;

	if (!at || at == skel || at[-1] == '/' || (size_t)(at - skel) >= VSD_PATH_MAX ||
	    vsd_number_parse(at + 1, strlen(at + 1), UINT32_MAX, &id) < 0)
		return false;
	memcpy(base, skel, (size_t)(at - skel));
	base[at - skel] = '\0';
	*out_id = (uint32_t)id;
	return true;
}

static bool has_own(const struct vsd_server *s, char base[VSD_PATH_MAX])
{
	uint32_t id;

	return skel_server_split(s->skel, base, &id) && id == s->id;
}

int skel_server_path(const struct vsd_server *s, char out[VSD_PATH_MAX])
{
	char base[VSD_PATH_MAX];
	int n = has_own(s, base) ? snprintf(out, VSD_PATH_MAX, "%s", s->skel)
				 : snprintf(out, VSD_PATH_MAX, "%s@%lu", s->skel, (unsigned long)s->id);

	return n < 0 || n >= VSD_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The manifest names the packages of the server alone: none yet. */
static int copy_manifest(int from, int to)
{
	VSD_FREE char *text = NULL;
	size_t len;
	char *line, *body;
	int r = vsd_safe_read_file(from, MANIFEST_NAME, MANIFEST_MAX_BYTES, &text, &len);

	if (r < 0)
		return r;
	body = memmem(text, len, "\nd ", 3);
	line = memmem(text, body ? (size_t)(body - text) : 0, INSTALL, strlen(INSTALL));
	if (line) {
		char *end = memchr(line + 1, '\n', len - (size_t)(line + 1 - text));

		memmove(line, end, len - (size_t)(end - text));
		len -= (size_t)(end - line);
	}
	return vsd_safe_replace_file(to, MANIFEST_NAME, text, len, 0, 0, 0600);
}

/* Links to all files, in folders as the manifest says. */
static int link_all(int from, int to, const struct manifest *m)
{
	VSD_CLOSE int src = -1;
	VSD_CLOSE int dst = -1;
	struct manifest_entry e;
	size_t at = m->body;

	while (manifest_next(m, &at, &e)) {
		if (e.kind != MANIFEST_FOLDER) {
			if (linkat(src, e.name, dst, e.name, 0) < 0)
				return -errno;
			continue;
		}
		if (strcmp(e.name, ".") != 0 && mkdirat(to, e.name, 0700) < 0)
			return -errno;
		vsd_scope_close(&src);
		vsd_scope_close(&dst);
		src = openat(from, e.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		dst = openat(to, e.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (src < 0 || dst < 0 || fchmod(dst, e.mode) < 0)
			return -errno;
	}
	return copy_manifest(from, to);
}

/* Whole under its name, or not there. */
static int copy_skeleton(const char *base, const char *path, char why[VSD_WHY_MAX])
{
	struct manifest m = { .text = NULL };
	char fresh[VSD_PATH_MAX], unused[VSD_WHY_MAX];
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int from = -1;
	VSD_CLOSE int to = -1;
	const char *name;
	int r = tree_open_parent(path, &parent, &name, why);

	if (r == 0 && (r = vsd_safe_open_root(base, &from)) < 0)
		return say(r, "open", base, why);
	if (r < 0)
		return r;
	if ((size_t)snprintf(fresh, sizeof(fresh), ".%s.new", name) >= sizeof(fresh))
		return say(-ENAMETOOLONG, "name", path, why);
	r = tree_remove(parent, fresh, NULL, why); /* what a killed run left; likewise: */
	if (r == 0)
		r = tree_remove(parent, name, NULL, why);
	if (r == 0)
		r = manifest_load(from, &m, why);
	if (r < 0)
		return r;
	if (mkdirat(parent, fresh, 0700) < 0)
		r = say(-errno, "make", fresh, why);
	else if ((to = openat(parent, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		r = say(-errno, "open", fresh, why);
	if (r == 0) {
		r = link_all(from, to, &m);
		if (r == 0 && (syncfs(to) < 0 ||
			       renameat2(parent, fresh, parent, name, RENAME_NOREPLACE) < 0))
			r = -errno;
		if (r < 0)
			(void)say(r, "make", path, why);
	}
	manifest_free(&m);
	if (r < 0 && tree_remove(parent, fresh, NULL, unused) < 0)
		return r; /* the first reason counts; a check tells of it */
	return r;
}

/* Which skeleton the registry says that it has. */
static int set_skel(const struct vsd_server *s, const char *skel, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	struct vsd_server now;
	int r = vsd_registry_lock(&lock);

	if (r == 0)
		r = vsd_registry_find_name(s->name, &now);
	if (r == 0 && now.id != s->id)
		r = -ENOENT; /* deleted, and made anew */
	if (r < 0) {
		vsd_registry_why(s->name, r, why);
		return r;
	}
	(void)snprintf(now.skel, sizeof(now.skel), "%s", skel);
	return vsd_registry_update(lock, &now, why);
}

/* Its tree's lock, and what the registry says then. */
static int take(const char *name, int *out_lock, struct vsd_server *out, char why[VSD_WHY_MAX])
{
	int r = tree_lock(name, true, out_lock);

	if (r == 0)
		r = vsd_registry_find_name(name, out);
	return r < 0 ? say(r, "find", name, why) : 0;
}

char *skel_server_packages(const struct vsd_server *s)
{
	struct manifest m = { .text = NULL };
	char base[VSD_PATH_MAX], why[VSD_WHY_MAX];
	VSD_CLOSE int fd = -1;
	char *list;

	if (!has_own(s, base) || vsd_safe_open_root(s->skel, &fd) < 0 || manifest_load(fd, &m, why) < 0)
		return NULL;
	list = m.install ? strdup(m.install) : NULL;
	manifest_free(&m);
	return list;
}

int skel_server_make(const char *name, char out_path[VSD_PATH_MAX], bool *out_made,
		     char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	char base[VSD_PATH_MAX];
	struct vsd_server s;
	int r = take(name, &lock, &s, why);

	if (r < 0)
		return r;
	*out_made = !has_own(&s, base);
	if (skel_server_path(&s, out_path) < 0)
		return say(-ENAMETOOLONG, "name the skeleton of", name, why);
	if (*out_made)
		r = copy_skeleton(s.skel, out_path, why);
	return r == 0 && *out_made ? set_skel(&s, out_path, why) : r;
}

int skel_server_undo(const char *name, char why[VSD_WHY_MAX])
{
	char base[VSD_PATH_MAX];
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int lock = -1;
	const char *last = NULL;
	struct vsd_server s;
	int r = take(name, &lock, &s, why);

	if (r < 0 || !has_own(&s, base))
		return r;
	r = set_skel(&s, base, why);
	if (r == 0)
		r = tree_open_parent(s.skel, &parent, &last, why);
	return r < 0 ? r : tree_remove(parent, last, NULL, why);
}
