/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_CACHE_H
#define NSS_VSD_CACHE_H

#include <stdatomic.h>

#include "file.h"
#include "groups.h"
#include "server.h"
#include "users.h"

/* The account files that the process has asked for, in memory.  At most
 * NSS_CACHE_BYTES of them; beyond that the least recently used go. */
#define NSS_CACHE_BYTES (160u * 1024 * 1024)

/* One file of one server as it was at one moment; never changes once it is in the
 * cache, so that readers need no lock while they hold it. */
struct nss_snap {
	atomic_uint holders;
	enum nss_file file;
	bool young;                /* the stamp proves nothing yet */
	bool partial;              /* users: the one that was asked for, or none */
	bool used;                 /* since the cache last looked; GUARD_CACHE */
	uint32_t hash;
	size_t bytes;
	struct nss_stamp stamp;
	struct nss_stamp exec;     /* of the host's list, where file is FILE_PRIV */
	struct nss_server server;
	struct nss_users *users;   /* one of these */
	struct nss_groups *groups;
	struct nss_snap *chain, *newer, *older; /* GUARD_CACHE */
};

/* Find a user or hold all groups (or exec rights, as groups) of a server as its file
 * is now: from memory when one stat says that it is unchanged, else read anew; after a
 * root change only from memory.  A first touch keeps no more than the answer; the
 * second builds the whole table.
 * Owns:   *out_hold: nss_snap_drop; the user's spans lie in it
 * Errors: -ENOENT no such user, or after a root change not in memory; else as
 *         nss_file_read, a missing file being -EIO: a server has its files */
int nss_user_by_name(const struct nss_server *s, struct vsd_span name,
		     struct nss_snap **out_hold, struct nss_user *out) VSD_MUST_CHECK;
int nss_user_by_uid(const struct nss_server *s, uint32_t uid, struct nss_snap **out_hold,
		    struct nss_user *out) VSD_MUST_CHECK;
int nss_groups_hold(const struct nss_server *s, struct nss_snap **out_hold) VSD_MUST_CHECK;
int nss_rights_hold(const struct nss_server *s, const struct nss_stamp *exec, /* nss_exec_stamp */
		    struct nss_snap **out_hold) VSD_MUST_CHECK;
void nss_snap_drop(struct nss_snap *snap);

/* Read a file past the cache, for an enumeration. */
int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out) VSD_MUST_CHECK;

/* With GUARD_CACHE held. */
bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out);
bool nss_cache_server_by_id(uint32_t id, struct nss_server *out);
void nss_cache_abandon(void); /* it may be torn: start empty, free nothing */
void nss_cache_empty(void);   /* for the destructor */

#endif
