/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_USERS_H
#define VSD_USERS_H

#include <stdint.h>

#include "account.h"
#include "registry.h"

/* Changing a server's account files: used by vsdadm (from the host), vsd-guest
 * (inside) and pam_vsd's password hook.  Each call takes the lock that shadow's
 * own tools use (etc/.pwd.lock, a root-owned 0600 file), rewrites whole files by
 * vsd_safe_replace_file, in an order that leaves a usable account database
 * after a crash at any moment (shadow, group, passwd when adding; the reverse
 * when removing), and releases.
 *
 * rootfd: the server's root, from vsd_safe_open_root, or "/" inside it. */

struct vsd_user_new {
	const char *name;
	const char *gecos;      /* NULL: empty */
	const char *shell;      /* NULL: /bin/bash */
	const char *home;       /* NULL: /home/NAME */
	const char *hash;       /* NULL: "!" (locked) */
	uint32_t uid;           /* 0: the lowest free one of the range above admin's */
	bool make_home;         /* from the server's etc/skel, owned by the user */
};

/* Errors: -EINVAL a bad member; -EEXIST the name; -EDQUOT max_users; -ENOSPC no
 *         id left in the range; -EBUSY the lock is held for more than 5 s;
 *         `why` names object and reason */
int vsd_users_add(int rootfd, const struct vsd_server *s, const struct vsd_user_new *u,
		  uint32_t *out_uid, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_users_remove(int rootfd, const struct vsd_server *s, const char *name,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Set the password hash (crypt(5) text) and the day of change to today.
 * Errors: -ENOENT no such user */
int vsd_users_set_hash(int rootfd, const struct vsd_server *s, const char *name,
		       const char *hash, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Rights: etc/vsd/priv, lines RIGHT:x::USER,USER
 * vsd_rights_has: 1 has, 0 has not; -errno */
int vsd_rights_has(int rootfd, const char *right, const char *user) VSD_MUST_CHECK;
int vsd_rights_set(int rootfd, const char *right, const char *user, bool on,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
