/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TREE_WALK_H
#define VSD_TREE_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "registry.h"

#define TREE_WALK_PATH_MAX 4096

/* All that is in a server's tree, the root itself apart.  Its people may be at
 * work while we look, so that each thing is opened (O_PATH, no link followed, no
 * mount crossed) and what is said of it is said by that descriptor. */
struct tree_visit {
	/* path: as the server sees it, below TREE_WALK_PATH_MAX bytes */
	void (*see)(void *arg, const char *path, int fd, const struct stat *st);
	/* a folder that could not be looked into; -ENAMETOOLONG: too long a path, or folders
	 * too deep, which any user can make */
	void (*fault)(void *arg, const char *path, int error, const char *what);
	void *arg;
};

void tree_walk(int root, const struct tree_visit *v);

/* Root's or the server's; what is the server's has the server's group too, or its
 * admin could not manage it. */
bool tree_is_good_owner(const struct vsd_server *s, const struct stat *st);

#endif
