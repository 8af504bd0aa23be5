/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fence_impl.h"

/* The objects lie in the tool itself: no file that could be missing or changed,
 * and no compiler, at run time. */
#define EMBED(name, file)                                                      \
	__asm__(".section .rodata\n.balign 8\n.hidden " #name "_start\n"       \
		".globl " #name "_start\n" #name "_start:\n.incbin \"" file "\"\n" \
		".hidden " #name "_end\n.globl " #name "_end\n" #name "_end:\n"    \
		".byte 0\n.previous\n");                                       \
	extern const unsigned char name##_start[], name##_end[]

EMBED(fence_object, FENCE_OBJECTS "/fence.bpf.o");
EMBED(unix_object, FENCE_OBJECTS "/unix.bpf.o");

/* Numbers of enum bpf_attach_type that headers before Linux 6.7 lack. */
enum { UNIX_CONNECT = 49, UNIX_SENDMSG = 50 };

/* The order stands in struct fence_build: append only, or change FENCE_LAYOUT. */
const struct fence_known fence_known[] = {
	{ "sock_create", "TCP, UDP and ping sockets alone", BPF_CGROUP_INET_SOCK_CREATE, false },
	{ "bind4", "binds to the server's own addresses", BPF_CGROUP_INET4_BIND, false },
	{ "bind6", "the same for IPv6", BPF_CGROUP_INET6_BIND, false },
	{ "connect4", "connects from the server's address", BPF_CGROUP_INET4_CONNECT, false },
	{ "connect6", "the same for IPv6", BPF_CGROUP_INET6_CONNECT, false },
	{ "sendmsg4", "sends datagrams from the server's address", BPF_CGROUP_UDP4_SENDMSG, false },
	{ "sendmsg6", "the same for IPv6", BPF_CGROUP_UDP6_SENDMSG, false },
	{ "recvmsg4", "shows private loopback as 127.0.0.1", BPF_CGROUP_UDP4_RECVMSG, false },
	{ "recvmsg6", "shows private loopback as ::1", BPF_CGROUP_UDP6_RECVMSG, false },
	{ "getsockname4", "the same for a socket's own name", BPF_CGROUP_INET4_GETSOCKNAME, false },
	{ "getsockname6", "the same for IPv6", BPF_CGROUP_INET6_GETSOCKNAME, false },
	{ "getpeername4", "the same for the other end's name", BPF_CGROUP_INET4_GETPEERNAME, false },
	{ "getpeername6", "the same for IPv6", BPF_CGROUP_INET6_GETPEERNAME, false },
	{ "setsockopt", "no option that reaches around bind", BPF_CGROUP_SETSOCKOPT, false },
	{ "skb_egress", "the last word on packets sent", BPF_CGROUP_INET_EGRESS, false },
	{ "skb_ingress", "the last word on packets heard", BPF_CGROUP_INET_INGRESS, false },
	{ "sock_ops", "notes who listens on all addresses", BPF_CGROUP_SOCK_OPS, false },
	{ "lookup", "leads connections to who listens on all", BPF_SK_LOOKUP, false },
	{ "connect_unix", "no abstract sockets of others", UNIX_CONNECT, true },
	{ "sendmsg_unix", "the same for datagrams", UNIX_SENDMSG, true },
};
const unsigned fence_known_n = sizeof(fence_known) / sizeof(*fence_known);
_Static_assert(sizeof(fence_known) / sizeof(*fence_known) <= FENCE_PROGRAMS_MAX, "struct fence_build");
_Static_assert(FENCE_PROGRAMS_MAX <= FENCE_PROGRAM_MAX, "struct fence_status");
_Static_assert(FENCE_SERVER_ADDRESSES_MAX == VSD_SERVER_ADDR_MAX, "struct fence_record");

static uint64_t fnv(uint64_t h, const unsigned char *p, const unsigned char *end)
{
	for (; p < end; p++)
		h = (h ^ *p) * 0x100000001b3u;
	return h;
}

uint64_t fence_build_hash(void)
{
	return fnv(fnv(0xcbf29ce484222325u, fence_object_start, fence_object_end),
		   unix_object_start, unix_object_end);
}

static const struct fence_known *find_known(const char *name)
{
	for (unsigned i = 0; i < fence_known_n; i++)
		if (strcmp(fence_known[i].name, name) == 0)
			return &fence_known[i];
	return NULL;
}

/* What libbpf would make of the section's name, but an older libbpf does not
 * know every one. */
static int tell_programs(struct bpf_object *o)
{
	struct bpf_program *p;
	int r = 0;

	bpf_object__for_each_program(p, o) {
		const struct fence_known *k = find_known(bpf_program__name(p));

		if (!k)
			return -ENOENT;
		if (k->optional)
			r = bpf_program__set_type(p, BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
		if (r == 0)
			r = bpf_program__set_expected_attach_type(p, (enum bpf_attach_type)k->attach);
		if (r < 0)
			return r;
	}
	return 0;
}

static int bind_maps(struct bpf_object *o)
{
	char path[FENCE_PIN_MAX];
	struct bpf_map *m;

	bpf_object__for_each_map(m, o) {
		int r;

		if (bpf_map__is_internal(m))
			continue;
		(void)snprintf(path, sizeof(path), FENCE_MAPS "/%s", bpf_map__name(m)); /* fits */
		r = bpf_map__set_pin_path(m, path);
		if (r < 0)
			return r;
	}
	return 0;
}

int fence_object_open(bool optional, struct bpf_object **out)
{
	const unsigned char *p = optional ? unix_object_start : fence_object_start;
	const unsigned char *end = optional ? unix_object_end : fence_object_end;
	struct bpf_object *o = bpf_object__open_mem(p, (size_t)(end - p), NULL);
	int r;

	if (!o)
		return errno ? -errno : -ENOMEM;
	r = tell_programs(o);
	if (r == 0)
		r = fence_maps_inherit(o);
	if (r == 0)
		r = bind_maps(o);
	if (r < 0)
		bpf_object__close(o);
	else
		*out = o;
	return r;
}
