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

/* Map the index and check it whole: magic, version, sizes, owner root, every
 * offset in bounds.  No descriptor stays open.
 * Owns:   vsd_index_close
 * Errors: -ENOENT; -EBADMSG damaged; -EPERM; else the system's
 * Safe:   PAM / NSS / tool */
int vsd_index_open(struct vsd_index **out) VSD_MUST_CHECK;
void vsd_index_close(struct vsd_index *ix);

/* No system call: reads the header's word with acquire order. */
enum vsd_index_age vsd_index_age(const struct vsd_index *ix);

/* Lookups in the mapping; NULL for none.  The entry lives as long as ix. */
const struct vsd_index_entry *vsd_index_find_uid(const struct vsd_index *ix, uint32_t id);
const struct vsd_index_entry *vsd_index_find_name(const struct vsd_index *ix, const char *name,
						  size_t len);
const struct vsd_index_entry *vsd_index_find_addr(const struct vsd_index *ix,
						  const struct vsd_addr *a);

/* The n-th entry in the order of names, or NULL past the last. */
const struct vsd_index_entry *vsd_index_at(const struct vsd_index *ix, uint32_t n);

#endif
