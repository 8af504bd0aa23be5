/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_USERS_H
#define VSD_USERS_H

#include <stdint.h>

#include "account.h"
#include "exec.h"
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
	const char *group;      /* the own group, name or gid; NULL: a new one, of the same id */
	const char *groups;     /* others, "a,b"; NULL: none */
	uint32_t uid;           /* 0: the lowest of the range that nobody has or had */
	bool make_home;         /* from the server's etc/skel, owned by the user */
};

/* Errors: -EINVAL a bad member; -EEXIST the name; -EDQUOT max_users; -ENOSPC no
 *         id left in the range; -EBUSY the lock is held for more than 5 s;
 *         `why` names object and reason */
int vsd_users_add(int rootfd, const struct vsd_server *s, const struct vsd_user_new *u,
		  uint32_t *out_uid, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_users_remove(int rootfd, const struct vsd_server *s, const char *name,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* A user's uid, as etc/passwd has it now.  Errors: -ENOENT no such user */
int vsd_users_find(int rootfd, const struct vsd_server *s, const char *name,
		   uint32_t *out_uid) VSD_MUST_CHECK;

/* What is to change of a user; NULL and the like: it stays. */
enum vsd_lock { VSD_LOCK_AS_IS, VSD_LOCK_ON, VSD_LOCK_OFF };
struct vsd_user_edit {
	const char *gecos, *home, *shell;
	const char *group;      /* the own group, name or gid */
	const char *groups;     /* "a,b": exactly these, or with `append` these too */
	bool append;
	enum vsd_lock lock;     /* the password */
	bool must_change;       /* it, at the next login */
	bool set_expire;
	long expire_day;        /* of the account, days after 1970; -1: never */
};

/* Errors: -ENOENT no such user or group; -EPERM admin's own; -EINVAL a bad member */
int vsd_users_edit(int rootfd, const struct vsd_server *s, const char *name,
		   const struct vsd_user_edit *e, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Groups of the server's range.
 * gid 0: as a new user's id.  Errors: -EEXIST; -ENOENT; -EBUSY somebody's own */
int vsd_groups_add(int rootfd, const struct vsd_server *s, const char *name, uint32_t gid,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_groups_remove(int rootfd, const struct vsd_server *s, const char *name,
		      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_groups_member(int rootfd, const struct vsd_server *s, const char *name, const char *user,
		      bool on, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Whose password is to change, as they were when it was found out who may: between
 * that and the lock somebody types, and the account may become another's. */
struct vsd_user_seen {
	const char *name;
	uint32_t uid;
	const char *hash;       /* what the old password was compared with; NULL: root asks */
};

/* Set the password hash (crypt(5) text) and the day of change to today.
 * Errors: -ENOENT no such user; -ESTALE the name has another uid now or, with
 *         u->hash, another hash: admin has locked it or given a new password */
int vsd_users_set_hash(int rootfd, const struct vsd_server *s, const struct vsd_user_seen *u,
		       const char *hash, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Let the server's files name the exec rights that it does not know yet: in
 * etc/vsd/priv, with admin as the one who has it, and their groups in etc/group.
 * What is there stays. */
int vsd_users_settle_exec(int rootfd, const struct vsd_exec_groups *g,
			  char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* etc/vsd/max_users: what useradd in the server goes by. */
int vsd_users_write_max(int rootfd, uint32_t max_users) VSD_MUST_CHECK;

/* Rights: etc/vsd/priv, lines RIGHT:x::USER,USER
 * vsd_rights_has: 1 has, 0 has not; -errno
 * vsd_rights_set: 1 written, 0 it was so before; -errno, and why says what */
int vsd_rights_has(int rootfd, const char *right, const char *user) VSD_MUST_CHECK;
int vsd_rights_set(int rootfd, const char *right, const char *user, bool on,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
