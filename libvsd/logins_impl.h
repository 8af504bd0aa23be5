/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_LOGINS_IMPL_H
#define VSD_LOGINS_IMPL_H

#include <stdbool.h>
#include <utmpx.h>

#include "logins.h"

/* Shared by logins.c and logins_find.c alone.  A server's utmp has the server's start
 * first, then terminal 0, 1, ... */
enum { VSD_LOGINS_PTY_MAX = 4096 }; /* terminals, and records read */

int vsd_logins_open_utmp(int rootfd, int *out_fd) VSD_MUST_CHECK;

/* False: the file ends before. */
bool vsd_logins_get(int fd, int place, struct utmpx *out);
int vsd_logins_put(int fd, int place, const struct utmpx *u) VSD_MUST_CHECK;

#endif
