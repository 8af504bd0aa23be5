/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed tools have left beside the skeletons. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "refresh_journal.h"
#include "safe.h"
#include "skel_server.h"
#include "tree_impl.h"
#include "why.h"

struct left {
	int parent;
	const char *folder, *name; /* of the skeletons; of the one that vsd.conf names */
	bool remove;
	void (*tell)(const char *path, void *arg);
	void *arg;
	char *why;
	int error;
	uint32_t *id;              /* of servers that have one of their own */
	size_t n;
};

static int keep_id(const struct vsd_server *s, void *arg)
{
	struct left *l = arg;
	char base[VSD_PATH_MAX];
	uint32_t id;

	if (!skel_server_split(s->skel, base, &id) || id != s->id)
		return 0;
	if ((l->n & (l->n - 1)) == 0) {
		uint32_t *p = realloc(l->id, (l->n ? l->n * 2 : 1) * sizeof(*p));

		if (!p)
			return -ENOMEM;
		l->id = p;
	}
	l->id[l->n++] = id;
	return 0;
}

/* Its server may be one of those that have a skeleton of their own. */
static void damaged(const char *name, int error, void *arg)
{
	(void)name;
	((struct left *)arg)->error = error;
}

static bool has_server(const struct left *l, uint32_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->id[i] == id)
			return true;
	return false;
}

static bool is_skeleton(const struct left *l, const char *name)
{
	char path[VSD_PATH_MAX];
	struct stat st;

	return snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, name) < (int)sizeof(path) &&
	       fstatat(l->parent, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == 0;
}

/* NAME of .NAME.SUFFIX */
static bool is_beside(const char *file, const char *suffix, char out[VSD_PATH_MAX])
{
	size_t n = strlen(file), s = strlen(suffix);

	if (file[0] != '.' || n <= s + 1 || n - s - 1 >= VSD_PATH_MAX || strcmp(file + n - s, suffix) != 0)
		return false;
	memcpy(out, file + 1, n - s - 1);
	out[n - s - 1] = '\0';
	return true;
}

static bool is_left(const struct left *l, const char *file)
{
	char name[VSD_PATH_MAX], base[VSD_PATH_MAX];
	bool is_new = is_beside(file, ".new", name);
	uint32_t id;

	if (!is_new && !is_beside(file, ".previous", name))
		(void)snprintf(name, sizeof(name), "%s", file);
	if (skel_server_split(name, base, &id) &&
	    (strcmp(base, l->name) == 0 || is_skeleton(l, base)))
		return is_new || !has_server(l, id);
	return is_new && (strcmp(name, l->name) == 0 || is_skeleton(l, name));
}

static void look(struct left *l, const char *file)
{
	char path[VSD_PATH_MAX * 2];
	int r = 0;

	if (!is_left(l, file))
		return;
	if (l->remove)
		r = tree_remove(l->parent, file, NULL, l->why);
	if (r < 0) {
		l->error = r;
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", l->folder, file);
	l->tell(path, l->arg);
}

static int look_at_all(struct left *l)
{
	struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(l->parent, &d);

	if (r < 0) {
		why_say(l->why, "'%.150s': %s", l->folder, strerror(-r));
		return r;
	}
	while ((e = vsd_safe_readdir(d, &r)))
		look(l, e->d_name);
	(void)closedir(d); /* only read */
	return r < 0 ? r : l->error;
}

int skel_server_left(const char *skel, bool remove, void (*tell)(const char *path, void *arg),
		     void *arg, char why[VSD_WHY_MAX])
{
	struct left l = { .parent = -1, .remove = remove, .tell = tell, .arg = arg, .why = why };
	VSD_FREE char *folder = strndup(skel, (size_t)(strrchr(skel, '/') - skel));
	struct refresh_journal j;
	VSD_CLOSE int lock = -1;
	int r = tree_lock(TREE_LOCK_SKELETONS, false, &lock);

	if (r == -EBUSY)
		return 0;
	if (r < 0 || !folder) {
		why_say(why, "the skeletons' lock: %s", strerror(r < 0 ? -r : ENOMEM));
		return r < 0 ? r : -ENOMEM;
	}
	if (refresh_journal_read(&j, why) != -ENOENT)
		return 0; /* told of by itself */
	why[0] = '\0';
	r = vsd_registry_each(keep_id, damaged, &l);
	if (r == 0 && l.error < 0) {
		free(l.id);
		return 0; /* likewise */
	}
	if (r == 0)
		r = tree_open_parent(skel, &l.parent, &l.name, why);
	l.folder = folder;
	if (r == 0)
		r = look_at_all(&l);
	vsd_scope_close(&l.parent);
	free(l.id);
	return r;
}
