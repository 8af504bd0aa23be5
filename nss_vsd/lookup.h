/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_LOOKUP_H
#define NSS_VSD_LOOKUP_H

#include "cache.h"

/* Find a user or hold all groups (FILE_GROUP, or FILE_PRIV: rights.h) of a server as
 * its file is now: from memory when one stat says that it is unchanged, else read anew; after a
 * root change only from memory.  A first touch of a large file keeps no more than the
 * answer; the second builds the whole table.
 * Owns:   *out_hold: nss_snap_drop; the user's spans lie in it
 * Errors: -ENOENT no such user, or after a root change not in memory; else as
 *         nss_file_read, a missing file being -EIO: a server has its files */
int nss_user_by_name(const struct nss_server *s, struct vsd_span name,
		     struct nss_snap **out_hold, struct nss_user *out) VSD_MUST_CHECK;
int nss_user_by_uid(const struct nss_server *s, uint32_t uid, struct nss_snap **out_hold,
		    struct nss_user *out) VSD_MUST_CHECK;
int nss_groups_hold(const struct nss_server *s, enum nss_file f,
		    struct nss_snap **out_hold) VSD_MUST_CHECK;

/* Read a file past the cache, for an enumeration. */
int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out) VSD_MUST_CHECK;

#endif
