/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_CACHE_H
#define VSD_SKEL_CACHE_H

/* Where sources of skeletons are made: not below /home/vsd, since programs of theirs
 * are run. */
#define SKEL_CACHE "/var/cache/vsd"

/* Make SKEL_CACHE, and take away the folder in it that a run has left; a mount in it
 * is refused.  TOOL_OK, or an exit status, its message written. */
int skel_cache_clear(const char *folder);

#endif
