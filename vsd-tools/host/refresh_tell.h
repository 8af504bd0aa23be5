/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REFRESH_TELL_H
#define VSD_REFRESH_TELL_H

#include "refresh.h"

/* What vsd-refreshskel says of its work: lines, or with --json one document at its
 * end, which then has stdout to itself. */

/* TOOL_OK or TOOL_FAILED */
int tell_start(bool json);

/* Options that tell; the count of servers' own files starts anew. */
struct refresh_opts tell_opts(bool dry);
unsigned tell_kept(void);

/* Each change (lines: when `each`), and how many there are. */
void tell_diff(const struct refresh_diff *d, bool each);

/* How many servers were brought over. */
void tell_result(const struct refresh_result *r);

/* The end; answers status, or TOOL_FAILED when the document cannot be printed. */
int tell_end(const char *skel, bool dry, int status);

#endif
