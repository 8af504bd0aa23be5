/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_SERVER_H
#define VSD_SKEL_SERVER_H

#include <stdbool.h>

#include "registry.h"

/* A server into which packages were installed (vsdadm vs_install) has a skeleton of its
 * own, BASE@ID beside the one that it was made from: what BASE has, and those packages.
 * What both have is one inode, so that it costs its folders and what differs.  Nobody
 * but that server is made from it, and an id is never given again.  Its manifest's
 * `install` names the server's packages alone; BASE's come with BASE. */

/* Is the path that of a server's own skeleton?  `base` gets the path without @ID. */
bool skel_server_split(const char *skel, char base[VSD_PATH_MAX], uint32_t *out_id);

/* The path of a server's own skeleton, whether it has one or not.
 * Errors: -ENAMETOOLONG */
int skel_server_path(const struct vsd_server *s, char out[VSD_PATH_MAX]) VSD_MUST_CHECK;

/* Give it one that holds just what its present skeleton holds, links all; its tree stays
 * as it is.  One that it has already stays.  The skeletons' lock must be held, and no
 * refresh be unfinished.
 * Shape:  *out_made: it had none
 * Errors: -ENOENT no such server; the system's, with why; it has its old one then */
int skel_server_make(const char *name, char out_path[VSD_PATH_MAX], bool *out_made,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Undo that, while nothing has been installed. */
int skel_server_undo(const char *name, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The packages that were installed into it alone, with spaces: malloc'ed, or NULL. */
char *skel_server_packages(const struct vsd_server *s);

/* Tell of what killed tools have left beside the skeletons of the folder that holds
 * `skel`: a new skeleton that was never decided on, and those of servers that are no more;
 * take it away when `remove`.  Nothing is told while a tool works on skeletons, a refresh
 * is unfinished or a server's file is damaged.
 * Errors: the system's, with why */
int skel_server_left(const char *skel, bool remove, void (*tell)(const char *path, void *arg),
		     void *arg, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
