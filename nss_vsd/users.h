/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_USERS_H
#define NSS_VSD_USERS_H

#include "server.h"

#define NSS_GECOS_MAX 255 /* characters; the rest is cut off */
#define NSS_ENTRIES_MAX 65534 /* users or groups of one file; indices + 1 fit 16 bits */
#define NSS_DIR_MAX 1024  /* characters; a longer home is served as the root */

/* A user as the host may see it: within the range, GECOS cleaned, home a plain
 * path.  The spans lie in the text or table that it came from, or in `room`. */
struct nss_user {
	struct vsd_span name, gecos, dir;
	uint32_t uid, gid;
	uint32_t index; /* in its table */
	char room[NSS_GECOS_MAX + 1];
};

/* Step through the valid lines within the range; *cursor starts at 0.
 * Errors: false at the end */
bool nss_users_next(struct vsd_span text, size_t *cursor, struct vsd_range r, struct nss_user *out);

/* One lookup in a text just read, without a table: a first touch costs little
 * more than the read.
 * Shape:  text as nss_file_read gives it
 * Errors: -ENOENT certainly none; -EAGAIN: only a table can tell */
int nss_users_scan_name(struct vsd_span text, struct vsd_range r, struct vsd_span name,
			struct nss_user *out) VSD_MUST_CHECK;
int nss_users_scan_uid(struct vsd_span text, struct vsd_range r, uint32_t uid,
		       struct nss_user *out) VSD_MUST_CHECK;

/* The whole line of a user that one of these found. */
struct vsd_span nss_users_line(struct vsd_span text, const struct nss_user *u);

/* All users of a text, hashed by name and uid.  Of lines with one name the first
 * valid one counts, in every lookup alike.
 * Owns:   *out is malloc'ed, one block; free()
 * Errors: -ENOMEM */
struct nss_users;
int nss_users_build(struct vsd_span text, struct vsd_range r, struct nss_users **out,
		    size_t *out_bytes) VSD_MUST_CHECK;
bool nss_users_by_name(const struct nss_users *t, struct vsd_span name, struct nss_user *out);
bool nss_users_by_uid(const struct nss_users *t, uint32_t uid, struct nss_user *out);

#endif
