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
#define NSS_CACHE_BYTES (64u * 1024 * 1024)

/* One file of one server as it was at one moment; never changes once it is in the
 * cache, so that readers need no lock while they hold it. */
struct nss_snap {
	atomic_uint holders;
	enum nss_file file;
	bool young;                /* the stamp proves nothing yet */
	struct nss_stamp stamp;
	struct nss_server server;
	size_t bytes;
	struct vsd_span text;      /* as read, until the second use */
	struct nss_users *users;   /* then one of these */
	struct nss_groups *groups;
	uint32_t hash;
	struct nss_snap *chain, *newer, *older; /* GUARD_CACHE */
};

/* Hold a server's file as it is now: from memory when one stat says that it is
 * unchanged, else read anew.  After a root change only from memory.
 * `table`: the caller needs users or groups built, not text.
 * Owns:   nss_snap_drop
 * Errors: -ENOENT after a root change, not in memory; else as nss_file_read, a
 *         missing file being -EIO: a server has its files */
int nss_snap_hold(const struct nss_server *s, enum nss_file f, bool table,
		  struct nss_snap **out) VSD_MUST_CHECK;
void nss_snap_drop(struct nss_snap *snap);

/* One user of a held passwd.  May exchange the hold for one on the file's table.
 * Errors: -ENOENT; -ENOMEM */
int nss_snap_user_name(struct nss_snap **snap, struct vsd_span name,
		       struct nss_user *out) VSD_MUST_CHECK;
int nss_snap_user_uid(struct nss_snap **snap, uint32_t uid, struct nss_user *out) VSD_MUST_CHECK;

/* Read a file past the cache, table built, for an enumeration. */
int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out) VSD_MUST_CHECK;

/* With GUARD_CACHE held. */
bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out);
bool nss_cache_server_by_id(uint32_t id, struct nss_server *out);
void nss_cache_abandon(void); /* it may be torn: start empty, free nothing */
void nss_cache_empty(void);   /* for the destructor */

#endif
