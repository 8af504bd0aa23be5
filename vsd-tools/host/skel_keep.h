/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_KEEP_H
#define VSD_SKEL_KEEP_H

#include "skel_plan.h"

/* Where an earlier skeleton has just the file or link that is planned, link it
 * into the new one: what has not changed stays one inode, so that no server has to
 * be touched for it.  Contents are read and compared, whatever the times say.
 * Shape:  fds of both skeletons' folders; `path` below them; *out_source: the
 *         source's file, when the item has one
 * Errors: 0 with *out_kept; the system's */
int skel_keep(const struct plan *p, const struct plan_item *i, const char *path, int oldfd,
	      int newfd, bool *out_kept, struct stat *out_source) VSD_MUST_CHECK;

#endif
