/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CGROUP_H
#define VSD_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "name.h"

/* cgroup v2: the mount is /sys/fs/cgroup where that is cgroup2, else
 * /sys/fs/cgroup/unified.  Servers lie in MOUNT/vsd/NAME. */

/* Open (making it when `make`) the server's cgroup folder, O_PATH|O_DIRECTORY.
 * Errors: -ENOENT no cgroup2 mount or no folder; else the system's
 * Safe:   PAM / tool */
int vsd_cgroup_open(const char *name, bool make, int *out_fd) VSD_MUST_CHECK;

/* Open (making it) the folder of the server's services, below its own: what runs
 * in it is of the services, whatever it does; sessions are beside it. */
int vsd_cgroup_open_services(int cgfd, int *out_fd) VSD_MUST_CHECK;

/* Is a process in it or below?  1, 0; else the system's error. */
int vsd_cgroup_is_populated(int cgfd) VSD_MUST_CHECK;

/* The same for MOUNT/vsd itself, which holds all servers' folders. */
int vsd_cgroup_open_parent(bool make, int *out_fd) VSD_MUST_CHECK;

/* Move the calling process into it. */
int vsd_cgroup_join(int cgfd) VSD_MUST_CHECK;

/* fork(2), but that the child begins in it: moving there later waits for the other
 * processors, some milliseconds, where cgroup2 is mounted without favordynmods.
 * Shape:  libc's own records of the child are the parent's: no threads, raise or
 *         abort there
 * Errors: -1 and errno; then nothing was made
 * Safe:   tool, single thread */
pid_t vsd_cgroup_fork(int cgfd) VSD_MUST_CHECK;

/* Stop: freeze, kill, and wait until it is empty, at most timeout_ms.
 * Errors: -ETIMEDOUT */
int vsd_cgroup_kill(int cgfd, int timeout_ms) VSD_MUST_CHECK;

/* Remove the empty folder, and that of its services. */
int vsd_cgroup_remove(const char *name) VSD_MUST_CHECK;

/* Write one line to a control file; -ENOENT: the controller is not there. */
int vsd_cgroup_write(int cgfd, const char *file, const char *text) VSD_MUST_CHECK;

#endif
