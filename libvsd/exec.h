/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_EXEC_H
#define VSD_EXEC_H

#include "account.h"
#include "conf.h"

/* Exec rights.  Each is a group of the host's, which vsd-install(8) makes; the
 * skeleton's program is that group's, mode 0710, so that the kernel keeps all others
 * from running and everybody from reading it.  Who has the right in a server's
 * etc/vsd/priv has the group in their sessions, as a supplementary one.
 *
 * /etc/vsd/exec-groups says which: lines NAME:GID. */

#define VSD_EXEC_MODE 0710

struct vsd_exec_groups {
	unsigned n;
	struct vsd_exec_group {
		char name[VSD_NAME_MAX + 1];
		uint32_t gid;
	} group[VSD_EXEC_MAX];
};

/* A host that holds nothing has no such file: *out is empty then.
 * Errors: -EINVAL a line that is none, a name or gid twice, gid 0, a right to log in; -EPERM not
 *         root's, or writable by others; else the system's; out untouched
 * Safe:   NSS / PAM / tool */
int vsd_exec_read(struct vsd_exec_groups *out) VSD_MUST_CHECK;

/* The same from memory. */
int vsd_exec_parse(struct vsd_span text, struct vsd_exec_groups *out) VSD_MUST_CHECK;

bool vsd_exec_has_gid(const struct vsd_exec_groups *g, uint32_t gid);

/* The right's gid; 0: it has no group. */
uint32_t vsd_exec_gid(const struct vsd_exec_groups *g, struct vsd_span name);

/* The gids that the user has by a server's etc/vsd/priv.
 * Shape:  out has room for VSD_EXEC_MAX.  Returns how many */
unsigned vsd_exec_of_user(const struct vsd_exec_groups *g, struct vsd_span priv, const char *user,
			  uint32_t *out);

#endif
