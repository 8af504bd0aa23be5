/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_WRITE_H
#define VSD_SKEL_WRITE_H

#include "skel_plan.h"

/* Write the sorted plan as a skeleton: into `.NAME.new` beside it, with its
 * manifest, flushed, then renamed to its name; with `replace` an old one of that
 * name is exchanged and taken away (servers keep their links to its files).
 * Shape:  path absolute; profile is for people
 * Errors: -EEXIST one is there; else the system's, with why; nothing half made
 *         has the name */
int skel_write(struct plan *p, const char *path, const char *profile, bool replace,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
