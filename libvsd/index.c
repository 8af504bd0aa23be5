/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "index_format.h"
#include "paths.h"
#include "safe.h"

struct vsd_index {
	void *map;
	size_t size;
	const struct vsd_index_header *head;
	const struct vsd_index_entry *entry;
	const uint32_t *by_uid;
	const struct vsd_index_addr *addr;
	const uint32_t *name_slot, *addr_slot;
	atomic_bool damaged; /* a lookup met what no writer writes */
};

/* At least one slot stays empty, or a search for what is not there would be long. */
static bool slots_ok(uint32_t slots, uint32_t used)
{
	return slots && (slots & (slots - 1)) == 0 && slots > used &&
	       slots <= VSD_INDEX_COUNT_MAX * 64u;
}

static bool header_ok(const struct vsd_index_header *h, size_t size)
{
	return h->count <= VSD_INDEX_COUNT_MAX &&
	       h->naddr <= VSD_INDEX_COUNT_MAX * 16u && slots_ok(h->name_slots, h->count) &&
	       slots_ok(h->addr_slots, h->naddr) && vsd_index_layout(h).total == size;
}

static bool entry_ok(const struct vsd_index_entry *e)
{
	size_t len = strnlen(e->name, sizeof(e->name));

	return len < sizeof(e->name) && vsd_name_is_vs(e->name, len) &&
	       memchr(e->root, '\0', sizeof(e->root)) && e->root[0] == '/' &&
	       e->uid_first >= 1000 && e->uid_count > 0 &&
	       (uint64_t)e->uid_first + e->uid_count <= UINT32_MAX &&
	       e->state <= 1;
}

static bool table_ok(const uint32_t *slot, uint32_t slots, uint32_t count)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < slots; i++) {
		if (slot[i] > count)
			return false;
		used += slot[i] != 0;
	}
	return used == count;
}

static bool content_ok(const struct vsd_index *ix)
{
	const struct vsd_index_header *h = ix->head;

	for (uint32_t i = 0; i < h->count; i++) {
		if (!entry_ok(&ix->entry[i]) || ix->by_uid[i] >= h->count)
			return false;
		if (i && strcmp(ix->entry[i - 1].name, ix->entry[i].name) >= 0)
			return false;
	}
	for (uint32_t i = 1; i < h->count; i++) {
		const struct vsd_index_entry *a = &ix->entry[ix->by_uid[i - 1]];
		const struct vsd_index_entry *b = &ix->entry[ix->by_uid[i]];

		if (b->uid_first < a->uid_first || b->uid_first - a->uid_first < a->uid_count)
			return false;
	}
	for (uint32_t i = 0; i < h->naddr; i++)
		if (ix->addr[i].entry >= h->count)
			return false;
	return table_ok(ix->name_slot, h->name_slots, h->count) &&
	       table_ok(ix->addr_slot, h->addr_slots, h->naddr);
}

/* Take size bytes at base, of whatever content, as the index. */
static int adopt(struct vsd_index *ix, char *base, size_t size)
{
	struct vsd_index_layout l;

	ix->map = base;
	ix->size = size;
	ix->head = (const void *)base;
	if (size < sizeof(*ix->head) ||
	    memcmp(ix->head->magic, VSD_INDEX_MAGIC, sizeof(ix->head->magic)) != 0)
		return -EBADMSG;
	if (ix->head->version != VSD_INDEX_VERSION)
		return -EPROTONOSUPPORT;
	if (!header_ok(ix->head, size))
		return -EBADMSG;
	l = vsd_index_layout(ix->head);
	ix->entry = (const void *)(base + l.entries);
	ix->by_uid = (const void *)(base + l.by_uid);
	ix->addr = (const void *)(base + l.addrs);
	ix->name_slot = (const void *)(base + l.names);
	ix->addr_slot = (const void *)(base + l.addrhash);
	return 0;
}

static int map_file(int fd, size_t size, struct vsd_index *ix)
{
	char *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	return base == MAP_FAILED ? -errno : adopt(ix, base, size);
}

int vsd_index_open(struct vsd_index **out)
{
	VSD_CLOSE int fd = -1;
	struct vsd_index *ix;
	struct stat st;
	int r = vsd_safe_open_path(vsd_path_index, VSD_INDEX_FILE_MAX, &fd, &st);

	if (r < 0)
		return r;
	if ((size_t)st.st_size < sizeof(struct vsd_index_header))
		return -EBADMSG;
	ix = calloc(1, sizeof(*ix));
	if (!ix)
		return -ENOMEM;
	r = map_file(fd, (size_t)st.st_size, ix);
	if (r < 0) {
		vsd_index_close(ix);
		return r;
	}
	*out = ix;
	return 0;
}

void vsd_index_close(struct vsd_index *ix)
{
	if (ix && ix->map)
		(void)munmap(ix->map, ix->size); /* fails only for a bad address */
	free(ix);
}

int vsd_index_check(const struct vsd_index *ix)
{
	return content_ok(ix) ? 0 : -EBADMSG;
}

enum vsd_index_age vsd_index_age(const struct vsd_index *ix)
{
	uint32_t age = atomic_load_explicit(&ix->head->age, memory_order_acquire);

	if (atomic_load_explicit(&ix->damaged, memory_order_relaxed))
		return VSD_INDEX_DIRTY;
	/* An unknown word is no promise: as good as dirty. */
	return age == VSD_INDEX_CURRENT || age == VSD_INDEX_SUPERSEDED ? age : VSD_INDEX_DIRTY;
}

/* ---- lookups: each number is checked where it is followed, each entry before it
 * is given, so that opening costs the same for any number of servers ---- */

static const struct vsd_index_entry *damaged(struct vsd_index *ix)
{
	atomic_store_explicit(&ix->damaged, true, memory_order_relaxed);
	return NULL;
}

static const struct vsd_index_entry *give(struct vsd_index *ix, const struct vsd_index_entry *e)
{
	return entry_ok(e) ? e : damaged(ix);
}

const struct vsd_index_entry *vsd_index_find_uid(struct vsd_index *ix, uint32_t id)
{
	uint32_t low = 0, high = ix->head->count, count = high;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct vsd_index_entry *e;

		if (ix->by_uid[mid] >= count)
			return damaged(ix);
		e = &ix->entry[ix->by_uid[mid]];
		if (id < e->uid_first)
			high = mid;
		else if (id - e->uid_first < e->uid_count)
			return give(ix, e);
		else
			low = mid + 1;
	}
	return NULL;
}

const struct vsd_index_entry *vsd_index_find_name(struct vsd_index *ix, const char *name,
						  size_t len)
{
	uint32_t slots = ix->head->name_slots, i;

	if (!vsd_name_is_vs(name, len))
		return NULL;
	i = vsd_index_hash(name, len);
	for (uint32_t n = 0; n < slots; n++, i++) {
		uint32_t at = ix->name_slot[i & (slots - 1)];

		if (at == 0)
			return NULL;
		if (at > ix->head->count)
			break;
		if (memcmp(ix->entry[at - 1].name, name, len) == 0 &&
		    ix->entry[at - 1].name[len] == '\0')
			return give(ix, &ix->entry[at - 1]);
	}
	return damaged(ix);
}

const struct vsd_index_entry *vsd_index_find_addr(struct vsd_index *ix, const struct vsd_addr *a)
{
	uint32_t slots = ix->head->addr_slots, i = vsd_index_hash(a, sizeof(*a));

	for (uint32_t n = 0; n < slots; n++, i++) {
		uint32_t at = ix->addr_slot[i & (slots - 1)];

		if (at == 0)
			return NULL;
		if (at > ix->head->naddr || ix->addr[at - 1].entry >= ix->head->count)
			break;
		if (vsd_addr_equal(&ix->addr[at - 1].addr, a))
			return give(ix, &ix->entry[ix->addr[at - 1].entry]);
	}
	return damaged(ix);
}

const struct vsd_index_entry *vsd_index_at(struct vsd_index *ix, uint32_t n)
{
	return n < ix->head->count ? give(ix, &ix->entry[n]) : NULL;
}
