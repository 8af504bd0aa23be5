/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_RANGE_PROCS_H
#define VSD_RANGE_PROCS_H

#include <stdbool.h>
#include <sys/types.h>

#include "account.h"
#include "scope.h"

/* Every process that /proc shows whose real, effective, saved or file uid lies in the
 * range; numbers are those of /proc's pid namespace.
 * Starting state: root, from whom no /proc hides anything.
 * Errors: the system's (/proc) */
int range_each_process(struct vsd_range range, void (*see)(int procfd, pid_t pid, void *arg),
		       void *arg) VSD_MUST_CHECK;

/* The same four uids of every process, those that are alike once: who wants to know of many
 * ranges looks once. */
int range_each_uid(void (*see)(uint32_t uid, void *arg), void *arg) VSD_MUST_CHECK;

/* Whether it is one, and has not ended. */
bool range_has_process(int procfd, pid_t pid, struct vsd_range range);

#endif
