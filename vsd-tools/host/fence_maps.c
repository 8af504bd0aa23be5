/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "alias.h"
#include "fence_impl.h"

/* The maps by their pins, of this layout and of older ones. */

static const struct {
	const char *name;
	size_t offset;
} map[] = {
	{ "servers", offsetof(struct fence_maps, servers) },
	{ "owners", offsetof(struct fence_maps, owners) },
	{ "records", offsetof(struct fence_maps, records) },
	{ "cut", offsetof(struct fence_maps, cut) },
	{ "hosts", offsetof(struct fence_maps, hosts) },
	{ "ports", offsetof(struct fence_maps, ports) },
	{ "build", offsetof(struct fence_maps, build) },
};
#define NMAPS (sizeof(map) / sizeof(*map))
#define NMAPS_OF_SERVERS 4
#define NMAPS_OF_OLDER 3 /* that every layout has */

static const char *const older[] = FENCE_LAYOUTS_OLD;
#define NOLDER (sizeof(older) / sizeof(*older))

static int *map_fd(struct fence_maps *m, size_t i)
{
	return (int *)(void *)((char *)m + map[i].offset);
}

static int open_pin(const char *layout, const char *name)
{
	char path[FENCE_PIN_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), FENCE_MAPS_OF("%s/%s"), layout, name); /* fits */
	fd = bpf_obj_get(path); /* close-on-exec */
	return fd < 0 ? -errno : fd;
}

static int open_maps(const char *layout, size_t n, struct fence_maps *out)
{
	struct fence_maps m = FENCE_MAPS_NONE;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		int fd = open_pin(layout, map[i].name);

		if (fd < 0)
			r = fd;
		else
			*map_fd(&m, i) = fd;
	}
	if (r < 0)
		fence_maps_close(&m);
	else
		*out = m;
	return r;
}

int fence_maps_open(bool servers_alone, struct fence_maps *out)
{
	int r = open_maps(FENCE_LAYOUT, servers_alone ? NMAPS_OF_SERVERS : NMAPS, out);

	if (r == 0)
		out->ipv6 = fence_has_ipv6();
	return r;
}

int fence_maps_open_any(struct fence_maps *out)
{
	int r = fence_maps_open(true, out);

	/* A build of this layout before there was `cut`. */
	if (r == -ENOENT)
		r = open_maps(FENCE_LAYOUT, NMAPS_OF_OLDER, out);
	for (size_t i = 0; r == -ENOENT && i < NOLDER; i++)
		r = open_maps(older[i], NMAPS_OF_OLDER, out);
	return r;
}

void fence_maps_close(struct fence_maps *m)
{
	for (size_t i = 0; i < NMAPS; i++) {
		vsd_scope_close(map_fd(m, i));
		*map_fd(m, i) = -1;
	}
	alias_close(m->nl);
	m->nl = NULL;
}

static bool has_shape(int fd, const struct bpf_map *m)
{
	struct bpf_map_info info = { .type = 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.type == bpf_map__type(m) &&
	       info.key_size == bpf_map__key_size(m) && info.value_size == bpf_map__value_size(m) &&
	       info.max_entries == bpf_map__max_entries(m) && info.map_flags == bpf_map__map_flags(m);
}

static int inherit(const struct bpf_map *m)
{
	char path[FENCE_PIN_MAX];

	(void)snprintf(path, sizeof(path), FENCE_MAPS "/%s", bpf_map__name(m)); /* fits */
	if (access(path, F_OK) == 0)
		return 0;
	for (size_t i = 0; i < NOLDER; i++) {
		VSD_CLOSE int fd = open_pin(older[i], bpf_map__name(m));

		if (fd >= 0 && has_shape(fd, m))
			return bpf_obj_pin(fd, path) < 0 ? -errno : 0;
	}
	return 0;
}

int fence_maps_inherit(struct bpf_object *o)
{
	struct bpf_map *m;
	int r = 0;

	bpf_object__for_each_map(m, o)
		if (r == 0 && !bpf_map__is_internal(m))
			r = inherit(m);
	return r;
}
