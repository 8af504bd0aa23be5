/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_WALK_H
#define NSS_VSD_WALK_H

#include "groups.h"
#include "server.h"
#include "state.h"
#include "users.h"

/* Enumeration: one server's file in memory at a time.  A server that cannot be
 * read is passed over: the others' users still exist. */

/* What an enumeration has come to. */
struct nss_item {
	const struct nss_server *server;
	struct nss_user user;   /* GUARD_PASSWD, GUARD_SHADOW */
	struct nss_group group; /* GUARD_GROUP, GUARD_GSHADOW */
	struct vsd_span line;   /* GUARD_SHADOW, GUARD_GSHADOW: the file's own line */
};

typedef int nss_emit(const struct nss_item *item, void *arg);

/* Start anew; an enumeration that has not ended is dropped. */
int nss_walk_start(enum nss_guard g) VSD_MUST_CHECK;
void nss_walk_end(enum nss_guard g);

/* Give the next item to emit; the walk goes on only when that answers 0, so that
 * -ERANGE loses nothing. -EINVAL passes over a bad line
 * of shadow or gshadow.
 * Errors: -ENOENT the end; emit's own */
int nss_walk_next(enum nss_guard g, nss_emit *emit, void *arg) VSD_MUST_CHECK;

/* With the lock held, for the destructor. */
void nss_walk_forget(enum nss_guard g, bool torn);

#endif
