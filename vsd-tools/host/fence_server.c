/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alias.h"
#include "cgroup.h"
#include "fence_impl.h"

/* One server's entries.  `servers` is what the programs begin with: an entry is
 * put there last and taken away first, and whoever has none reaches nothing. */

static bool equal(const struct fence_addr *a, const struct fence_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool record_has(const struct fence_record *r, const struct fence_addr *a)
{
	for (uint32_t i = 0; i < r->naddr; i++)
		if (equal(&r->addr[i], a))
			return true;
	return false;
}

static void make_record(const struct vsd_server *s, uint64_t cgroup, struct fence_record *out)
{
	*out = (struct fence_record){ .cgroup = cgroup, .naddr = s->naddr };
	for (unsigned i = 0; i < s->naddr; i++)
		out->addr[i] = fence_addr_of(&s->addr[i]);
}

static int make_entry(const struct fence_maps *m, const struct vsd_server *s,
		      struct fence_server *out)
{
	*out = (struct fence_server){ .number = s->id, .admin_uid = s->uid_first };
	for (unsigned i = s->naddr; i-- > 0; ) {
		const struct fence_addr a = fence_addr_of(&s->addr[i]);

		if (vsd_addr_is_v4(&s->addr[i]))
			out->first4 = a.w[3];
		else
			out->first6 = a;
	}
	out->own_targets = s->own_redirects;
	for (unsigned i = 0; s->own_redirects && i < s->nredirect; i++)
		out->target[i] = s->redirect[i].to;
	return fence_loopback(s->id, m->ipv6, &out->loop4, &out->loop6);
}

static int find_record(const struct fence_maps *m, uint32_t number, struct fence_record *out)
{
	return bpf_map_lookup_elem(m->records, &number, out) < 0 ? -errno : 0;
}

/* All or none: another server's address is found before anything is written. */
static int check_owners(const struct fence_maps *m, const struct vsd_server *s,
			char why[VSD_WHY_MAX])
{
	for (unsigned i = 0; i < s->naddr; i++) {
		const struct fence_addr a = fence_addr_of(&s->addr[i]);
		char text[VSD_ADDR_TEXT_MAX];
		uint32_t number;

		if (bpf_map_lookup_elem(m->owners, &a, &number) < 0 || number == s->id)
			continue;
		vsd_addr_format(&s->addr[i], text);
		(void)snprintf(why, VSD_WHY_MAX, "%s is in use by the running server with id %u",
			       text, number);
		return -EADDRINUSE;
	}
	return 0;
}

/* Connections from and to the address: looked at packet by packet, or not again.
 * One that went while its server ran stays marked. */
enum mark { MARK_MOVED, MARK_OUT, MARK_IN };

static int mark_cut(const struct fence_maps *m, const struct fence_addr *a, enum mark mark)
{
	uint32_t bit = fence_cut_bit(a), word = bit / 32;
	struct fence_cut c, now;

	if (m->cut < 0)
		return 0;
	if (bpf_map_lookup_elem(m->cut, &word, &c) < 0)
		return -errno;
	now = c;
	if (mark == MARK_MOVED)
		now.moved |= 1u << bit % 32;
	else if (mark == MARK_OUT)
		now.out |= 1u << bit % 32;
	else
		now.out &= ~(1u << bit % 32);
	if (memcmp(&now, &c, sizeof(c)) == 0)
		return 0;
	return bpf_map_update_elem(m->cut, &word, &now, BPF_ANY) < 0 ? -errno : 0;
}

static int drop_owner(const struct fence_maps *m, const struct fence_addr *a, enum mark mark)
{
	int r = bpf_map_delete_elem(m->owners, a) < 0 && errno != ENOENT ? -errno : 0;

	return r < 0 ? r : mark_cut(m, a, mark);
}

static int drop_owners(const struct fence_maps *m, const struct fence_record *old,
		       const struct fence_record *keep)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < old->naddr && i < FENCE_SERVER_ADDRESSES_MAX; i++)
		if (!keep || !record_has(keep, &old->addr[i]))
			r = drop_owner(m, &old->addr[i], keep ? MARK_MOVED : MARK_OUT);
	return r;
}

/* Until all is done the record names old and new: a later call cleans up.  Old ones that
 * do not fit beside the new go first, while the record that names them stands. */
static int put_both(const struct fence_maps *m, uint32_t number, const struct fence_record *now,
		    const struct fence_record *old)
{
	struct fence_record both = *now;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < old->naddr && i < FENCE_SERVER_ADDRESSES_MAX; i++) {
		if (record_has(&both, &old->addr[i]))
			continue;
		if (both.naddr < FENCE_SERVER_ADDRESSES_MAX)
			both.addr[both.naddr++] = old->addr[i];
		else
			r = drop_owner(m, &old->addr[i], MARK_MOVED);
	}
	if (r == 0 && bpf_map_update_elem(m->records, &number, &both, BPF_ANY) < 0)
		r = -errno;
	return r;
}

static int put_all(const struct fence_maps *m, const struct fence_server *entry,
		   const struct fence_record *now, const struct fence_record *old)
{
	int r = put_both(m, entry->number, now, old);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < now->naddr; i++) {
		if (bpf_map_update_elem(m->owners, &now->addr[i], &entry->number, BPF_ANY) < 0)
			return -errno;
		r = mark_cut(m, &now->addr[i], MARK_IN);
		if (r < 0)
			return r;
	}
	if (bpf_map_update_elem(m->servers, &now->cgroup, entry, BPF_ANY) < 0)
		return -errno;
	if (old->cgroup && old->cgroup != now->cgroup &&
	    bpf_map_delete_elem(m->servers, &old->cgroup) < 0 && errno != ENOENT)
		return -errno;
	if (!old->cgroup)
		return 0;
	r = drop_owners(m, old, now);
	if (r == 0 && bpf_map_update_elem(m->records, &entry->number, now, BPF_ANY) < 0)
		r = -errno;
	return r;
}

int fence_put_server(const struct fence_maps *m, const struct vsd_server *s, int cgfd,
		     char why[VSD_WHY_MAX])
{
	struct fence_record now, old = { .cgroup = 0 };
	struct fence_server entry;
	uint64_t cgroup;
	int r = fence_cgroup_id(cgfd, &cgroup);

	if (r < 0)
		return fence_why(why, r, "look at the cgroup of", s->name);
	r = make_entry(m, s, &entry);
	if (r < 0)
		return fence_why(why, r, "give a loopback address to", s->name);
	r = check_owners(m, s, why);
	if (r < 0)
		return r;
	make_record(s, cgroup, &now);
	if (entry.loop6.w[0]) {
		r = alias_loopback(m->nl, true, s->id);
		if (r < 0)
			return fence_why(why, r, "add the IPv6 loopback address of", s->name);
	}
	r = find_record(m, s->id, &old);
	if (r == 0 || r == -ENOENT)
		r = put_all(m, &entry, &now, &old);
	return r < 0 ? fence_why(why, r, "put into the fence", s->name) : 0;
}

/* ---- maps that stay open ---- */

struct fence {
	struct fence_maps maps;
	struct stat pins; /* of their folder, which changes with each pin */
	int dir;          /* where that lies, FENCE_PINS */
};

int fence_open(struct fence **out, char why[VSD_WHY_MAX])
{
	VSD_FREE struct fence *f = calloc(1, sizeof(*f));
	VSD_CLOSE int lock = -1;
	int r = f ? fence_pins_lock(&lock, why) : -ENOMEM;

	if (r == 0 && stat(FENCE_MAPS, &f->pins) < 0)
		r = -errno;
	if (r == 0)
		r = fence_maps_open(true, &f->maps);
	if (r == 0 && f->maps.ipv6) {
		r = alias_open(&f->maps.nl);
		if (r < 0)
			fence_maps_close(&f->maps);
	}
	if (r < 0)
		return fence_why(why, r, "open", "the maps of the fence");
	f->dir = openat(lock, ".", O_PATH | O_DIRECTORY | O_CLOEXEC); /* without: the long way */
	*out = f;
	f = NULL;
	return 0;
}

void fence_close(struct fence *f)
{
	if (!f)
		return;
	fence_maps_close(&f->maps);
	vsd_scope_close(&f->dir);
	free(f);
}

/* With the lock, are they those that the programs have now?  The lock of a folder that
 * has been removed can be had, too, and keeps nobody else out: it is not kept. */
static bool lock_current(const struct fence *f, int *out_lock, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	struct stat now;

	if (fence_pins_lock_at(f->dir, ".", &lock, why) < 0 || stat(FENCE_MAPS, &now) < 0 ||
	    now.st_dev != f->pins.st_dev || now.st_ino != f->pins.st_ino ||
	    now.st_ctim.tv_sec != f->pins.st_ctim.tv_sec ||
	    now.st_ctim.tv_nsec != f->pins.st_ctim.tv_nsec)
		return false;
	*out_lock = vsd_take_fd(&lock);
	return true;
}

int fence_set(const struct fence *f, const struct vsd_server *s, int cgfd,
	      char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	VSD_CLOSE int lock = -1;
	int r;

	if (f && lock_current(f, &lock, why))
		return fence_put_server(&f->maps, s, cgfd, why);
	r = fence_pins_lock(&lock, why);
	if (r < 0)
		return r;
	r = fence_maps_open(true, &m);
	if (r < 0)
		return fence_why(why, r, "open the maps of the fence for", s->name);
	r = fence_put_server(&m, s, cgfd, why);
	fence_maps_close(&m);
	return r;
}

int fence_unset(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	struct fence_record old;
	VSD_CLOSE int lock = -1;
	int r = fence_pins_lock(&lock, why);

	if (r == 0)
		r = fence_maps_open_any(&m);
	if (r < 0)
		return fence_why(why, r, "open the fence for", s->name);
	r = find_record(&m, s->id, &old);
	if (r == 0 && bpf_map_delete_elem(m.servers, &old.cgroup) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = drop_owners(&m, &old, NULL);
	if (r == 0)
		r = alias_loopback(m.nl, false, s->id);
	if (r == 0 && bpf_map_delete_elem(m.records, &s->id) < 0)
		r = -errno;
	fence_maps_close(&m);
	return r < 0 ? fence_why(why, r, "take out of the fence", s->name) : 0;
}

int fence_check(const struct vsd_server *s, int cgfd, char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	struct fence_record want, is = { 0 };
	struct fence_server want_entry, entry;
	uint64_t cgroup = 0;
	int r = fence_maps_open(true, &m);

	if (r == 0)
		r = fence_cgroup_id(cgfd, &cgroup);
	if (r == 0)
		r = make_entry(&m, s, &want_entry);
	if (r == 0)
		r = find_record(&m, s->id, &is);
	if (r == 0 && bpf_map_lookup_elem(m.servers, &cgroup, &entry) < 0)
		r = -ESTALE;
	fence_maps_close(&m);
	if (r < 0)
		return fence_why(why, r, "find in the fence", s->name);
	make_record(s, cgroup, &want);
	if (memcmp(&want, &is, sizeof(is)) != 0 || memcmp(&want_entry, &entry, sizeof(entry)) != 0)
		return fence_why(why, -ESTALE, "other addresses, redirects, range or cgroup for",
				 s->name);
	return 0;
}

/* ---- maps of another shape than before ---- */

struct refill {
	const struct fence_maps *m;
	char *why;
};

static int refill_one(const struct vsd_server *s, void *arg)
{
	const struct refill *f = arg;
	VSD_CLOSE int cg = -1;
	int r = vsd_cgroup_open(s->name, false, &cg);

	return r == -ENOENT ? 0 : r < 0 ? r : fence_put_server(f->m, s, cg, f->why);
}

int fence_refill(const struct fence_maps *m, char why[VSD_WHY_MAX])
{
	struct refill f = { m, why };
	int r;

	why[0] = '\0';
	/* A server whose file is damaged stays out, and reaches nothing. */
	r = vsd_registry_each(refill_one, NULL, &f);
	if (r < 0 && !why[0])
		vsd_registry_why(NULL, r, why);
	return r;
}
