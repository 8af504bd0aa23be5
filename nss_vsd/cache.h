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
#define NSS_CACHE_BYTES (160ul << 20)

/* One file of one server as it was at one moment; never changes once it is in the
 * cache, so that readers need no lock while they hold it.  Small, and in the order of
 * use: a hit's time is the lines of memory that it touches. */
struct nss_snap {
	struct nss_snap *chain;    /* GUARD_CACHE */
	struct nss_users *users;   /* one of these */
	struct nss_groups *groups;
	struct vsd_range range;
	uint16_t name_len, root_len;
	atomic_uint holders;
	uint32_t hash;
	enum nss_file file;
	bool young;                /* the stamp proves nothing yet */
	bool partial;              /* users: the one that was asked for, or none */
	bool used;                 /* since the cache last looked; GUARD_CACHE */
	struct vsd_stamp stamp;
	struct nss_snap *newer, *older; /* GUARD_CACHE */
	size_t bytes;              /* with the table */
	char text[];               /* the server's name and root, each with its NUL */
};

/* A snapshot of nothing yet, held once.  NULL: no memory */
struct nss_snap *nss_snap_new(const struct nss_server *s, enum nss_file f);
void nss_snap_drop(struct nss_snap *snap);

/* What the cache has, held for the caller; NULL: nothing. */
struct nss_snap *nss_cache_get(const struct nss_server *s, enum nss_file f);

/* Put a snap in, in the place of an older one; the caller keeps its own hold. */
void nss_cache_put(struct nss_snap *snap);

/* With GUARD_CACHE held. */
bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out);
bool nss_cache_server_by_id(uint32_t id, struct nss_server *out);
void nss_cache_abandon(void); /* it may be torn: start empty, free nothing */
void nss_cache_empty(void);   /* for the destructor */

#endif
