/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_WRITE_H
#define VSD_SKEL_WRITE_H

#include "skel_make.h"

/* Write the sorted plan as a skeleton: into `.NAME.new` beside it, with its
 * manifest, flushed, then renamed to its name; with `replace` an old one of that
 * name is exchanged and taken away (servers keep their links to its files).
 * Errors: -EEXIST one is there; -EBUSY another tool works on skeletons, or a
 *         refresh was interrupted; else the system's, with why; nothing half
 *         made has the name */
int skel_write(struct plan *p, const struct skel_wish *w, bool replace,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The first half, for who exchanges skeletons otherwise: write it as parent/fresh;
 * what an earlier one (each -1 or its folder) has just so is linked from there.  The
 * skeletons' lock must be held. */
int skel_write_beside(struct plan *p, const struct skel_wish *w, int parent, const char *fresh,
		      const int old[2], char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take the lock of all skeletons; -EBUSY another tool has it. */
int skel_lock(int *out_fd, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
