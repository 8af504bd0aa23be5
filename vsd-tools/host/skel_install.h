/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_INSTALL_H
#define VSD_SKEL_INSTALL_H

#include "skel_make.h"

/* Packages that a skeleton has beside those of its profile, and which its source need
 * not have: they are installed, by the source's own apt-get or dnf, into an overlay over it,
 * in namespaces of its own.  The source stays as it is. */

/* Add names, with commas or spaces between them, to a list with spaces between them;
 * *list is malloc'ed or NULL.  An empty text makes it empty.
 * Errors: -EINVAL one is no package's name */
int skel_install_add(char **list, const char *names) VSD_MUST_CHECK;

/* Put an overlay over w->source, install w->install there, and make it w->source.
 * This process has mounts of its own from then on, which end with it.
 * TOOL_OK, or an exit status, its message written. */
int skel_install_open(struct skel_wish *w);
void skel_install_close(void);

#endif
