/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef INIT_SERVICES_H
#define INIT_SERVICES_H

#include <stdbool.h>
#include <sys/types.h>

#include "enter.h"

/* The services of one server, as vsd-init runs them: runsvdir as admin, in a
 * cgroup of its own below the server's.  While /etc/service is empty nothing runs
 * but a watch on the folder, so that an idle server is one process. */
struct services {
	int rootfd;                     /* the server's root */
	int cgfd;                       /* the server's cgroup */
	struct vsd_enter_who admin;
	const struct vsd_enter_filter *filter;
	int watchfd;                    /* etc/service while it is watched, else -1 */
	pid_t runsvdir;                 /* 0: does not run */
	bool started;                   /* it ran once: there is a cgroup of services */
};

#define SERVICES_SIGNAL SIGIO /* sent to vsd-init when the folder changes */

/* Start them when the folder has one, else watch it.  What fails is tried again
 * by the next call. */
void services_start(struct services *s);

/* Ask them to end, and end what is left of them after timeout_ms.  Reaps. */
void services_stop(struct services *s, int timeout_ms);

/* Reap every child that has ended.  True: runsvdir was among them, though nobody
 * asked it to end, and services_start should follow after a pause. */
bool services_reap(struct services *s);

#endif
