/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_BOOT_H
#define VSD_SKEL_BOOT_H

#include "skel_make.h"

/* Where a skeleton is copied from, as people write it: `host`, a folder, or
 * `debootstrap:SUITE` with `:MIRROR` after it or not.  This last one is made
 * first, by the stock debootstrap in namespaces of its own, with the packages that
 * the profile names. */

/* Is it one of these?  A text that a manifest can hold, too. */
bool skel_source_is_good(const char *source);

/* Make w->source a folder: what was said stays in w->origin.  TOOL_OK, or an exit
 * status, its message written. */
int skel_source_open(struct skel_wish *w);

/* Take away what skel_source_open has made. */
void skel_source_close(struct skel_wish *w);

#endif
