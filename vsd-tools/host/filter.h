/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>

#include "scope.h"

/* Make the session's seccomp program, an array of struct sock_filter (libseccomp
 * names the calls): vsboot writes it as `filter` into each server's run folder
 * (root-only), so that the modules need no library.
 * Owns:   *out is malloc'ed
 * Safe:   tool */
int filter_make(char **out, size_t *out_len) VSD_MUST_CHECK;

#endif
