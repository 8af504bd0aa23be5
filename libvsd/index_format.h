/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_INDEX_FORMAT_H
#define VSD_INDEX_FORMAT_H

#include <stdatomic.h>
#include <stddef.h>

#include "index.h"

/* The file, in host byte order (it never leaves the machine): the header, then
 *   entries   count x struct vsd_index_entry, in the order of names
 *   by_uid    count x uint32_t, entries in the order of their first uid
 *   addrs     naddr x struct vsd_index_addr
 *   names     name_slots x uint32_t, entry + 1 or 0 (open addressing)
 *   addrhash  addr_slots x uint32_t, address + 1 or 0
 * Slots are a power of two, more than the things in them, so that a search ends.
 *
 * Magic, version and age stay where they are in every version: a writer of another one
 * must reach who has this one mapped.  Who finds another version reads the files, and
 * the next writer makes the index anew. */
#define VSD_INDEX_MAGIC "VSDINDEX"
#define VSD_INDEX_VERSION 1
#define VSD_INDEX_COUNT_MAX 1000000
#define VSD_INDEX_FILE_MAX (1u << 30)

struct vsd_index_header {
	char magic[8];
	uint32_t version;
	_Atomic uint32_t age; /* enum vsd_index_age: the one word that changes */
	uint32_t count, naddr, name_slots, addr_slots;
};

struct vsd_index_addr {
	struct vsd_addr addr;
	uint32_t entry;
};

/* FNV-1a: the keys are root's own, so nobody can choose collisions. */
static inline uint32_t vsd_index_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

struct vsd_index_layout {
	size_t entries, by_uid, addrs, names, addrhash, total; /* byte offsets */
};

static inline struct vsd_index_layout vsd_index_layout(const struct vsd_index_header *h)
{
	struct vsd_index_layout l;

	l.entries = sizeof(*h);
	l.by_uid = l.entries + (size_t)h->count * sizeof(struct vsd_index_entry);
	l.addrs = l.by_uid + (size_t)h->count * sizeof(uint32_t);
	l.names = l.addrs + (size_t)h->naddr * sizeof(struct vsd_index_addr);
	l.addrhash = l.names + (size_t)h->name_slots * sizeof(uint32_t);
	l.total = l.addrhash + (size_t)h->addr_slots * sizeof(uint32_t);
	return l;
}

#endif
