/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_FENCE_IMPL_H
#define VSD_FENCE_IMPL_H

#include <bpf/libbpf.h>

#include "bpf/fence_map.h"
#include "fence.h"
#include "fence_pins.h"

/* Shared by the fence_*.c alone. */

#define FENCE_MAPS FENCE_MAPS_OF(FENCE_LAYOUT)

/* ---- fence_program.c: what there is to load ---- */

struct fence_known {
	const char *name, *what;
	int attach;    /* enum bpf_attach_type, which older headers cut short */
	bool optional; /* from the second object, which a kernel may refuse */
};

extern const struct fence_known fence_known[];
extern const unsigned fence_known_n;

/* Names this build's objects. */
uint64_t fence_build_hash(void);

/* One of the two objects embedded here, opened with its maps bound to their pins
 * and its programs told what they are; not loaded yet. */
int fence_object_open(bool optional, struct bpf_object **out) VSD_MUST_CHECK;

/* The maps that the programs share. */
struct fence_maps {
	int servers, owners, records, cut; /* what each server has */
	int hosts, ports, build;
	/* Not the map: lo has ::1, or the programs leave IPv6's loopback alone. */
	bool ipv6;
	struct mnl_socket *nl; /* for lo's addresses; NULL: one for each */
};

#define FENCE_MAPS_NONE { -1, -1, -1, -1, -1, -1, -1, false, NULL }

/* Open the maps by their pins; of servers_alone those of the first line.
 * Errors: -ENOENT the fence is not loaded */
int fence_maps_open(bool servers_alone, struct fence_maps *out) VSD_MUST_CHECK;

/* To take servers out: this layout's, or what an older build has left until
 * fence_load() replaces it, which may have no `cut` (-1). */
int fence_maps_open_any(struct fence_maps *out) VSD_MUST_CHECK;
void fence_maps_close(struct fence_maps *m);

/* Pin those of the object's maps anew that an older layout has in the same shape:
 * who listens on all addresses stands there alone. */
int fence_maps_inherit(struct bpf_object *o) VSD_MUST_CHECK;

/* ---- fence_pin.c: the folder of the pins, and links ---- */

/* Mount bpffs and make the folders if need be.
 * Errors: -EOPNOTSUPP no bpffs; else the system's */
int fence_pins_make(char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Where programs are attached: by the hook, the parent of the servers' cgroups
 * or this network namespace. */
struct fence_places {
	int cgfd, netfd;
	uint64_t cgroup, netns; /* id and inode */
};

#define FENCE_PLACES_NONE { -1, -1, 0, 0 }

int fence_places_open(bool make, struct fence_places *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void fence_places_close(struct fence_places *p);

/* Which program does the pinned link of that name attach, at its place?
 * Errors: -ENOENT none, or at a place that is not this one (any more) */
struct fence_link {
	int fd;
	uint32_t id, program_id;
};

int fence_link_open(const struct fence_known *k, const struct fence_places *p,
		    struct fence_link *out) VSD_MUST_CHECK;

/* Put the program in force: in the place of the one before in one step, or by a
 * new link that is pinned. */
int fence_link_put(const struct fence_known *k, const struct fence_places *p,
		   int program_fd) VSD_MUST_CHECK;

/* The id that the kernel's helpers give for a cgroup's folder. */
int fence_cgroup_id(int cgfd, uint64_t *out) VSD_MUST_CHECK;

/* ---- fence_server.c ---- */

/* With the lock held: see fence_set. */
int fence_put_server(const struct fence_maps *m, const struct vsd_server *s, int cgfd,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Enter every server of the registry that has a cgroup now: the maps are new. */
int fence_refill(const struct fence_maps *m, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* ---- fence_host.c ---- */

/* Ports of vsd.conf and the host's own addresses. */
int fence_put_host(const struct fence_maps *m, const struct vsd_conf *c,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Does lo have ::1? */
bool fence_has_ipv6(void);

/* A server's own loopback addresses; ::1's is zero where IPv6 is off. */
int fence_loopback(uint32_t id, bool ipv6, uint32_t *out4, struct fence_addr *out6) VSD_MUST_CHECK;

/* ---- */

static inline struct fence_addr fence_addr_of(const struct vsd_addr *a)
{
	struct fence_addr f;

	__builtin_memcpy(f.w, a->b, sizeof(f.w));
	return f;
}

#endif
