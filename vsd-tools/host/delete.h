/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_DELETE_H
#define VSD_DELETE_H

#include "registry.h"

/* Take a server away that is disabled and stands still: its tree gets another name,
 * the registry and the queue forget it, then the tree goes.  Killed after the first
 * step it leaves a server without a tree beside `.NAME.deleted-*`: called again it goes
 * on from there, and unfinished_finish does so for whom does not.
 * Errors: -ENOENT it is not registered (any more); -EBUSY it has been enabled
 *         meanwhile, or something is mounted in it; else the system's, with why */
int delete_server(const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The registry and the queue forget it; the registry's lock must be held. */
int delete_forget(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
