/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SPAWN_TOOL_H
#define SPAWN_TOOL_H

#include <sys/types.h>

#include "scope.h"

/* Programs of the host, looked for in the system's folders, with an environment of our
 * own, nothing on standard input and signals as they are by default. */

/* Start one, its output to `out` (-1: nobody).
 * Returns its pid, or a negative error */
pid_t spawn_tool(const char *const argv[], int out) VSD_MUST_CHECK;

/* Wait for what spawn_tool has answered to end well; its errors are handed on.
 * Errors: -EIO it failed; else the system's */
int wait_tool(pid_t pid) VSD_MUST_CHECK;

/* Run one, its output nobody's.
 * Errors: -EIO it failed; else the system's */
int run_tool(const char *const argv[]) VSD_MUST_CHECK;

#endif
