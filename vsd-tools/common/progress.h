/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PROGRESS_H
#define VSD_PROGRESS_H

#include <stdint.h>

/* One bar at a time, for what takes long, on a terminal; nothing where stdout is
 * none, so that what a tool says there stays plain lines. */

/* Start one.  Shape: what is at most 24 bytes of it, no control bytes */
void progress_start(const char *what);

/* How far it is; fits tree_opts' and refresh_opts' members.  Safe: threads */
void progress_show(uint64_t done, uint64_t total, void *unused);

/* Take the bar away, to say something: the next progress_show draws it again. */
void progress_clear(void);
void progress_end(void);

#endif
