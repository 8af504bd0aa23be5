/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORLD_IMPL_H
#define WORLD_IMPL_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#include "world.h"

/* Shared by world.c and world_chroot.c alone.  All answer 0 or a negative errno. */

#define FOLDER (O_PATH | O_DIRECTORY)

/* A folder or file of the tree as a detached mount of its own, with attributes (MOUNT_ATTR_*)
 * set and cleared.  Owns: *out_fd. */
int world_clone(int fd, uint64_t set, uint64_t clear, int *out_fd) VSD_MUST_CHECK;

/* Put a detached mount over the folder at a path beneath rootfd. */
int world_put_at(int mountfd, int rootfd, const char *path) VSD_MUST_CHECK;

/* The range's user namespace, as vsboot left it in the run folder.  Whoever sees it
 * in the server can join it with power over it alone, which root has. */
int world_clone_userns(const struct vsd_server *s, int *out_fd) VSD_MUST_CHECK;

/* /proc, /dev and /run of the server whose root is vsfd; *out_what names what failed. */
int world_put_filesystems(const struct vsd_server *s, int vsfd, bool full, int usernsfd,
			  const char **out_what) VSD_MUST_CHECK;

#endif
