/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "safe.h"

#define DEPTH_MAX 200 /* folders in folders, a descriptor each */

struct walk {
	const struct tree_visit *v;
	char path[TREE_WALK_PATH_MAX]; /* of what is looked at */
};

bool tree_is_good_owner(const struct vsd_server *s, const struct stat *st)
{
	if (st->st_uid == 0)
		return true;
	return vsd_server_has_id(s, st->st_uid) && vsd_server_has_id(s, st->st_gid);
}

static void walk(struct walk *w, int dirfd, unsigned depth);

static void visit(struct walk *w, int dirfd, const char *name, unsigned depth)
{
	VSD_CLOSE int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	VSD_CLOSE int sub = -1;
	size_t n = strlen(w->path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return; /* gone meanwhile */
	if ((size_t)snprintf(w->path + n, sizeof(w->path) - n, "/%s", name) >= sizeof(w->path) - n) {
		w->path[n] = '\0';
		w->v->fault(w->v->arg, w->path, -ENAMETOOLONG, "longer paths than what is looked at");
		return;
	}
	w->v->see(w->v->arg, w->path, fd, &st);
	/* openat2 within: what is mounted there (isolation=chroot) is not the tree's */
	if (S_ISDIR(st.st_mode) &&
	    vsd_safe_open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY, 0, &sub) == 0)
		walk(w, sub, depth + 1);
	w->path[n] = '\0';
}

static void walk(struct walk *w, int dirfd, unsigned depth)
{
	struct dirent *e;
	DIR *d;
	int r;

	if (depth > DEPTH_MAX) {
		w->v->fault(w->v->arg, w->path, -ENAMETOOLONG, "deeper than what is looked at");
		return;
	}
	r = vsd_safe_opendir(dirfd, &d);
	if (r < 0) {
		w->v->fault(w->v->arg, w->path, r, strerror(-r));
		return;
	}
	while ((e = vsd_safe_readdir(d, &r)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			visit(w, dirfd, e->d_name, depth);
	(void)closedir(d); /* only read */
	if (r < 0)
		w->v->fault(w->v->arg, w->path, r, strerror(-r));
}

void tree_walk(int root, const struct tree_visit *v)
{
	VSD_FREE struct walk *w = calloc(1, sizeof(*w)); /* more than a frame should hold */

	if (!w) {
		v->fault(v->arg, "", -ENOMEM, strerror(ENOMEM));
		return;
	}
	w->v = v;
	walk(w, root, 0);
}
