/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FILTER_H
#define FILTER_H

#include "scope.h"

/* Write the session's seccomp program, an array of struct sock_filter, as
 * `filter` into the server's run folder (root-only), where entering reads it.
 * Safe:   tool; made once for each start, so that the modules need no library */
int filter_write(int run_dirfd) VSD_MUST_CHECK;

#endif
