/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_INDEX_H
#define VSD_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h"
#include "name.h"

/* The derived index, vsd_path_index: sorted ranges, a hash of names and a hash
 * of addresses, mapped read-only and shared.  It is never truncated or rewritten
 * in place but for one word in its header: a writer sets it to "dirty" before it
 * changes a server's file and to "superseded" once the next index has been
 * renamed over.  So a mapping tells, without a system call, whether it is still
 * the truth. */
struct vsd_index;

struct vsd_index_entry {
	uint32_t id, uid_first, uid_count;
	uint32_t state;                   /* enum vsd_server_state */
	char name[VSD_NAME_MAX + 4];
	char root[VSD_PATH_MAX];
};

enum vsd_index_age { VSD_INDEX_CURRENT, VSD_INDEX_DIRTY, VSD_INDEX_SUPERSEDED };

/* Map the index and check its frame: magic, version, sizes, owner root.  That costs
 * the same for any number of servers; what lies within is checked as lookups meet
 * it, and the first damage they meet makes vsd_index_age say dirty, for good.
 * No descriptor stays open.
 * Owns:   vsd_index_close
 * Errors: -ENOENT; -EBADMSG damaged; -EPROTONOSUPPORT another version's; -EPERM; else
 *         the system's
 * Safe:   PAM / NSS / tool */
int vsd_index_open(struct vsd_index **out) VSD_MUST_CHECK;
void vsd_index_close(struct vsd_index *ix);

/* Check it whole, for who is going to read or trust all of it.
 * Errors: -EBADMSG: a number out of bounds, or ranges or names that overlap */
int vsd_index_check(const struct vsd_index *ix) VSD_MUST_CHECK;

/* No system call: reads the header's word with acquire order. */
enum vsd_index_age vsd_index_age(const struct vsd_index *ix);

/* Lookups in the mapping.  The entry lives as long as ix.
 * Errors: NULL: none, if vsd_index_age still says what it said before; else damage
 * Safe:   threads may look up in one mapping at once */
const struct vsd_index_entry *vsd_index_find_uid(struct vsd_index *ix, uint32_t id);
const struct vsd_index_entry *vsd_index_find_name(struct vsd_index *ix, const char *name,
						  size_t len);
const struct vsd_index_entry *vsd_index_find_addr(struct vsd_index *ix, const struct vsd_addr *a);

/* The n-th entry in the order of names, or NULL past the last. */
const struct vsd_index_entry *vsd_index_at(struct vsd_index *ix, uint32_t n);

#endif
