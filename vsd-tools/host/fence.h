/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_FENCE_H
#define VSD_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "registry.h"

/* The address fence: cgroup BPF programs attached once to MOUNT/vsd and a map
 * from each server's cgroup to its addresses, all pinned in bpffs, so that no
 * tool's death opens it.
 *
 * vsboot, when vsd.conf says `fence = yes`: fence_load() before anything is
 * started, fence_open() once, and for each server fence_set() with its cgroup before
 * its first process is in there; any error: the server is not started.  The one exception
 * is -EOPNOTSUPP, build or kernel without it: say `why` on a line of its own;
 * vsredirect takes over.  After the server's last process: fence_unset().
 * vsdadm: vs_set address calls fence_set() again while the server runs; check
 * shows fence_status() line by line.
 *
 * Everything here: needs CAP_SYS_ADMIN or CAP_BPF and CAP_NET_ADMIN; neither
 * logs nor exits; `why` (VSD_WHY_MAX bytes) is a reason in words after each
 * error.  -EOPNOTSUPP always means "no fence is possible here". */

/* Could this build and this kernel have a fence?  0, -EOPNOTSUPP. */
int fence_supported(char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Make the fence be in force: make MOUNT/vsd if need be, load, attach and pin
 * what is missing, replace programs of another build one by one without a gap,
 * and write the ports of vsd.conf (host_ports, redirect targets, reach_host) and
 * the host's own addresses.  Cheap when all is as it should be.
 * Errors: -EOPNOTSUPP; else the system's: the fence is not whole */
int fence_load(const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Write vsd.conf's ports and the host's addresses anew where a fence is loaded;
 * where none is, nothing.
 * Errors: the system's */
int fence_put_conf(const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* What fence_set() works with, for who enters many servers: opened once, good for
 * children, too, and opened anew by itself where another build has come between.
 * Owns:   fence_close(), which accepts NULL
 * Errors: -ENOENT the fence is not loaded; -EOPNOTSUPP; -ENOMEM */
struct fence;
int fence_open(struct fence **out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void fence_close(struct fence *f);

/* Give the server's cgroup its addresses and redirect targets, or change them; takes effect with the
 * next system call of the server's processes.  A server with neither address
 * has loopback alone.
 * Shape:  f may be NULL; cgfd is the server's cgroup folder, O_PATH will do
 * Errors: -EADDRINUSE another server's address, why says whose; -ENOENT the
 *         fence is not loaded; -EOPNOTSUPP */
int fence_set(const struct fence *f, const struct vsd_server *s, int cgfd,
	      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take the server out.  Processes that are still in its cgroup reach nothing.
 * Errors: -ENOENT it was not in */
int fence_unset(const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Is the server's present cgroup in the fence with just these addresses?
 * Errors: -ENOENT no; -ESTALE other addresses, range or cgroup; -EOPNOTSUPP */
int fence_check(const struct vsd_server *s, int cgfd, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#define FENCE_PROGRAM_MAX 32

enum fence_program_state {
	FENCE_IN_FORCE,
	FENCE_OTHER_BUILD,   /* attached, of another build: fence_load replaces it */
	FENCE_MISSING,       /* not attached: the fence is open there */
	FENCE_NOT_IN_KERNEL  /* optional, and this kernel has no such hook */
};

struct fence_program {
	char name[24];                      /* "bind4", "skb_egress", ... */
	const char *what;                   /* one short sentence */
	enum fence_program_state state;
	uint32_t program_id, link_id;
};

struct fence_status {
	bool in_force;                      /* every program that must be there is */
	unsigned nprogram, nserver;
	struct fence_program program[FENCE_PROGRAM_MAX];
};

/* Program by program, what is attached; *out is filled also when that is nothing.
 * Errors: -EOPNOTSUPP; else the system's */
int fence_status(struct fence_status *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Detach and unpin everything.  Errors: -EBUSY a server is still in */
int fence_unload(char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
