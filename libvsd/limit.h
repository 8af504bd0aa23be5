/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_LIMIT_H
#define VSD_LIMIT_H

#include "conf.h"
#include "registry.h"

/* A server's limits, by the controllers of cgroup v2.  A hybrid host keeps them in
 * version 1: they cannot be had there, and nothing here pretends. */
enum vsd_limit { VSD_LIMIT_MEMORY, VSD_LIMIT_PIDS, VSD_LIMIT_CPU, VSD_LIMIT_IO_READ,
		 VSD_LIMIT_IO_WRITE, VSD_LIMITS };

/* The key of vs_set. */
const char *vsd_limit_name(enum vsd_limit l);

/* What the server is to have: bytes, processes, percent of one processor, bytes a
 * second from and to the device that its tree lies on; 0: no limit. */
uint64_t vsd_limit_of(const struct vsd_server *s, enum vsd_limit l);

/* Does this host's cgroup2 have the controller, and for io the server's tree a device
 * that it can limit?  1, 0; else the system's error. */
int vsd_limit_is_possible(enum vsd_limit l, const struct vsd_server *s) VSD_MUST_CHECK;

/* What lacks where it is not possible. */
const char *vsd_limit_lack(enum vsd_limit l);

/* Set all on a server's cgroup (O_PATH will do), handing the controllers of
 * those that are wanted down from the root first.
 * Errors: -EOPNOTSUPP: some that are wanted are not possible here, why names all of
 *         them, the others are set; else the system's, why names the first
 * Safe:   tool */
int vsd_limits_apply(int cgfd, const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
