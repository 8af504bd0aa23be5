/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_USERNS_H
#define VSD_USERNS_H

#include <stdbool.h>

#include "account.h"

/* A user namespace of a range, which the host's root owns.  All of the range is mapped
 * there onto itself, and nothing else; with `root` its first id, admin's, is 0 there.
 * No other 0 is ever mapped: the host's root's files stay out of reach.
 * Owns:   *out_fd is the caller's
 * Safe:   tool, single thread; caller is root */
int userns_make(struct vsd_range range, bool root, int *out_fd) VSD_MUST_CHECK;

#endif
