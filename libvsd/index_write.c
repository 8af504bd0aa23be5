/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "index_format.h"
#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

int vsd_index_open_rw(int *out_fd)
{
	VSD_CLOSE int dirfd = -1;
	int r = vsd_safe_open_root(vsd_path_state, &dirfd);

	if (r == 0)
		r = vsd_safe_open_beneath(dirfd, strrchr(vsd_path_index, '/') + 1, O_RDWR, 0,
					  out_fd);
	if (r == -ENOENT) {
		*out_fd = -1;
		return 0;
	}
	return r;
}

int vsd_index_set_age(int fd, uint32_t age)
{
	ssize_t n;

	if (fd < 0)
		return 0;
	n = pwrite(fd, &age, sizeof(age), offsetof(struct vsd_index_header, age));
	if (n != (ssize_t)sizeof(age))
		return n < 0 ? -errno : -EIO;
	return fdatasync(fd) < 0 ? -errno : 0;
}

static uint32_t slots_for(uint32_t n)
{
	uint32_t slots = 8;

	while (slots < n * 2 + 1)
		slots *= 2;
	return slots;
}

static void put_slot(uint32_t *slot, uint32_t slots, uint32_t hash, uint32_t value)
{
	uint32_t i = hash & (slots - 1);

	while (slot[i])
		i = (i + 1) & (slots - 1);
	slot[i] = value;
}

static void fill_entries(char *base, const struct vsd_index_layout *l,
			 const struct vsd_index_header *h, const struct vsd_server *s)
{
	struct vsd_index_entry *entry = (void *)(base + l->entries);
	uint32_t *by_uid = (void *)(base + l->by_uid), *names = (void *)(base + l->names);

	for (uint32_t i = 0; i < h->count; i++) {
		uint32_t at = i;

		entry[i].id = s[i].id;
		entry[i].uid_first = s[i].uid_first;
		entry[i].uid_count = s[i].uid_count;
		entry[i].state = s[i].state;
		memcpy(entry[i].name, s[i].name, sizeof(s[i].name));
		memcpy(entry[i].root, s[i].root, sizeof(s[i].root));
		put_slot(names, h->name_slots, vsd_index_hash(s[i].name, strlen(s[i].name)), i + 1);
		/* Mostly made in the order of their ranges: insertion is short. */
		for (; at && entry[by_uid[at - 1]].uid_first > entry[i].uid_first; at--)
			by_uid[at] = by_uid[at - 1];
		by_uid[at] = i;
	}
}

static void fill_addrs(char *base, const struct vsd_index_layout *l,
		       const struct vsd_index_header *h, const struct vsd_server *s)
{
	struct vsd_index_addr *addr = (void *)(base + l->addrs);
	uint32_t *slot = (void *)(base + l->addrhash), n = 0;

	for (uint32_t i = 0; i < h->count; i++)
		for (unsigned a = 0; a < s[i].naddr; a++) {
			addr[n] = (struct vsd_index_addr){ s[i].addr[a], i };
			put_slot(slot, h->addr_slots, vsd_index_hash(&addr[n].addr,
								     sizeof(addr[n].addr)), n + 1);
			n++;
		}
}

int vsd_index_write(const struct vsd_server *s, uint32_t n)
{
	struct vsd_index_header h = { .version = VSD_INDEX_VERSION, .age = VSD_INDEX_CURRENT,
				      .count = n };
	VSD_CLOSE int dirfd = -1;
	VSD_FREE char *base = NULL;
	struct vsd_index_layout l;
	int r;

	memcpy(h.magic, VSD_INDEX_MAGIC, sizeof(h.magic));
	for (uint32_t i = 0; i < n; i++)
		h.naddr += s[i].naddr;
	h.name_slots = slots_for(n);
	h.addr_slots = slots_for(h.naddr);
	l = vsd_index_layout(&h);
	base = calloc(1, l.total);
	if (!base)
		return -ENOMEM;
	memcpy(base, &h, sizeof(h));
	fill_entries(base, &l, &h, s);
	fill_addrs(base, &l, &h, s);
	r = vsd_safe_open_root(vsd_path_state, &dirfd);
	if (r < 0)
		return r;
	return vsd_safe_replace_file(dirfd, strrchr(vsd_path_index, '/') + 1, base, l.total, 0, 0,
				     0644);
}
