/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "delete.h"
#include "rename.h"
#include "safe.h"
#include "tree.h"
#include "why.h"

static int say(int error, const char *object, char why[VSD_WHY_MAX])
{
	why_say(why, "%.200s: %s", object, vsd_error_text(error));
	return error;
}

/* Its admin may have given the folder to a user of the server, and to nobody else. */
static bool is_its_tree(int parent, const char *file, const struct vsd_server *s)
{
	char path[VSD_NAME_MAX + 64];
	VSD_CLOSE int fd = -1;
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/home", file);

	return n > 0 && (size_t)n < sizeof(path) &&
	       vsd_safe_open_beneath(parent, path, O_PATH | O_DIRECTORY, 0, &fd) == 0 &&
	       fstat(fd, &st) == 0 && vsd_server_has_id(s, st.st_uid);
}

/* Has vs_delete been killed between retiring this tree and forgetting its server?
 * Any doubt means no: a server that is listed and broken is told of by a check. */
static bool is_orphan(int parent, const char *vs_root, const char *file, const struct vsd_server *s)
{
	char root[VSD_PATH_MAX];
	struct stat st;

	return s->state == VSD_SERVER_DISABLED &&
	       snprintf(root, sizeof(root), "%s/%s", vs_root, s->name) < (int)sizeof(root) &&
	       strcmp(root, s->root) == 0 &&
	       fstatat(parent, s->name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
	       is_its_tree(parent, file, s);
}

static int forget_one(int lock, int parent, const char *vs_root, const char *file,
		      struct unfinished *u, char why[VSD_WHY_MAX])
{
	char name[VSD_NAME_MAX + 1];
	struct vsd_server s;
	int r;

	if (!tree_is_retired(file, name))
		return 0;
	r = vsd_registry_find_name(name, &s);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return say(r, name, why);
	if (!is_orphan(parent, vs_root, file, &s))
		return 0;
	r = delete_forget(lock, &s, why);
	u->forgotten += r == 0;
	return r;
}

static int forget_orphans(int lock, const char *vs_root, struct unfinished *u, char why[VSD_WHY_MAX])
{
	char unused[VSD_WHY_MAX] = "";
	VSD_CLOSE int parent = -1;
	struct dirent *e;
	DIR *d = NULL;
	int first = vsd_safe_open_root(vs_root, &parent);

	if (first == 0)
		first = vsd_safe_opendir(parent, &d);
	if (!d)
		return say(first, vs_root, why);
	while ((e = readdir(d)) != NULL) {
		int r = forget_one(lock, parent, vs_root, e->d_name, u, first < 0 ? unused : why);

		if (first == 0)
			first = r;
	}
	(void)closedir(d); /* only read */
	return first;
}

/* What `why` says is kept for the first failure. */
struct both {
	int renamed, forgotten;
};

static struct both finish_names(int lock, const char *vs_root, struct unfinished *u,
				char why[VSD_WHY_MAX])
{
	char unused[VSD_WHY_MAX] = "";
	struct both b = { .renamed = rename_finish(lock, why) };

	u->renamed = b.renamed > 0;
	b.forgotten = forget_orphans(lock, vs_root, u, b.renamed < 0 ? unused : why);
	return b;
}

int unfinished_names(int lock, const char *vs_root, struct unfinished *out, char why[VSD_WHY_MAX])
{
	struct unfinished u = { 0 };
	struct both b = finish_names(lock, vs_root, &u, why);

	if (out)
		*out = u;
	return b.renamed < 0 ? b.renamed : b.forgotten;
}

int unfinished_finish(const char *vs_root, struct unfinished *out, char why[VSD_WHY_MAX])
{
	struct unfinished u = { 0 };
	char unused[VSD_WHY_MAX] = "";
	struct both b;
	int lock = -1, r = vsd_registry_lock(&lock);

	if (r < 0)
		return say(r, "the registry's lock", why);
	b = finish_names(lock, vs_root, &u, why);
	vsd_scope_close(&lock); /* removing trees takes long */
	r = b.renamed < 0 ? b.renamed : b.forgotten;
	if (b.forgotten == 0) {
		int cleared = tree_recover(vs_root, &u.cleared, r < 0 ? unused : why);

		if (r == 0)
			r = cleared;
	}
	if (out)
		*out = u;
	return r < 0 ? r : 0;
}
