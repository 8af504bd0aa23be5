/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_STREAM_H
#define NSS_VSD_STREAM_H

#include "groups.h"
#include "users.h"

/* All users or groups of a text one after the other, for an enumeration: no table
 * is made, only a set of the names that were met, so that second lines of a name
 * are passed over as lookups do.
 * Owns:   *out is malloc'ed; free(). The text is the caller's and outlives it.
 * Errors: -ENOMEM */
struct nss_stream;
int nss_stream_open(struct vsd_span text, struct vsd_range r, struct nss_stream **out) VSD_MUST_CHECK;
bool nss_stream_user(struct nss_stream *st, struct nss_user *out);
bool nss_stream_group(struct nss_stream *st, struct nss_group *out);

#endif
