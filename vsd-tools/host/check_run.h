/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CHECK_RUN_H
#define VSD_CHECK_RUN_H

#include "scope.h"

/* Daemons of the host say themselves how they are set up. */

/* One line that a program printed, its end cut off; to: the caller's. */
typedef void check_run_line(void *to, char *line);

/* Run a program of the host and hand on what it prints, line by line (a line over
 * CHECK_LINE_BYTES comes in pieces).
 * Errors: -EIO the program failed, or could not be run; else the system's */
int check_run(const char *const argv[], check_run_line *told, void *to) VSD_MUST_CHECK;

#endif
