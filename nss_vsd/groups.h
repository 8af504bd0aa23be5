/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_GROUPS_H
#define NSS_VSD_GROUPS_H

#include "server.h"

/* A group within the range.  `members` is text as vsd_members_next steps through;
 * its first nmember names count, member_bytes long together. */
struct nss_group {
	struct vsd_span name, members;
	uint32_t gid, nmember, member_bytes;
	uint32_t index; /* in its table */
};

/* Step through the valid lines within the range; *cursor starts at 0.
 * Errors: false at the end */
bool nss_groups_next(struct vsd_span text, size_t *cursor, struct vsd_range r,
		     struct nss_group *out);

/* All groups of a text, hashed by name and gid, and each member's groups. As with
 * users, the first valid line of a name counts.
 * Owns:   *out: free()
 * Errors: -ENOMEM */
struct nss_groups;
int nss_groups_build(struct vsd_span text, struct vsd_range r, struct nss_groups **out,
		     size_t *out_bytes) VSD_MUST_CHECK;
bool nss_groups_by_name(const struct nss_groups *t, struct vsd_span name, struct nss_group *out);
bool nss_groups_by_gid(const struct nss_groups *t, uint32_t gid, struct nss_group *out);

/* Step through the gids of the groups that list a user; *cursor starts at 0. */
bool nss_groups_of(const struct nss_groups *t, struct vsd_span user, uint32_t *cursor,
		   uint32_t *out_gid);

#endif
