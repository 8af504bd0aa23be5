/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_EXEC_H
#define VSD_SKEL_EXEC_H

#include "skel_plan.h"

/* Give each program of an exec right (vsd.conf) that the plan holds to the right's
 * group, by whatever names it has; the plan is not sorted yet.
 * Returns: TOOL_OK, or TOOL_FAILED with a message: a right without a group, or a
 *          program of two rights */
int skel_exec_put(struct plan *p) VSD_MUST_CHECK;

#endif
