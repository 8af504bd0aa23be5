/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_OWN_H
#define VSD_SKEL_OWN_H

#include "skel_plan.h"

/* The one file of a skeleton with a set-id bit. */
#define SKEL_HELPER "usr/lib/vsd/vsd-guest"
#define SKEL_HELPER_MODE 04755

/* Put what every skeleton has beside what is copied: the folders of a system, the
 * files of share/vsd/skel (NAME.in: a template), the guard shell, the helper
 * (the one setuid file) and the guests' commands; then let the rules `admin`,
 * `empty` and `delete` hold over all of it.
 * Errors: -ENOENT something of VSD's own is not installed; else the system's */
int own_put(struct plan *p) VSD_MUST_CHECK;

#endif
