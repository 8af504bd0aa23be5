/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VSD_FENCE_BPF_H
#define VSD_FENCE_BPF_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "fence_map.h"

/* Numbers of the kernel's ABI whose headers clash with the ones above. */
enum { FAMILY_INET = 2, FAMILY_INET6 = 10 };
enum { TYPE_STREAM = 1, TYPE_DGRAM = 2 };
enum { INDEX_LO = 1 }; /* lo is the first interface of every network namespace */

#define INLINE static __always_inline
#define LOOPBACK4 bpf_htonl(0x7f000001)
#define MAPPED bpf_htonl(0x0000ffff)

/* A program's answers; bind's third is BPF_RET_BIND_NO_CAP_NET_BIND_SERVICE. */
enum { REFUSE = 0, ALLOW = 1, ALLOW_LOW_PORT = 3 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, struct fence_server);
	__uint(max_entries, FENCE_SERVERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} servers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct fence_addr);
	__type(value, __u32);
	__uint(max_entries, FENCE_ADDRESSES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct fence_addr);
	__type(value, __u32);
	__uint(max_entries, FENCE_HOSTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, FENCE_PORTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__type(key, struct fence_listener);
	__type(value, __u64);
	__uint(max_entries, FENCE_LISTENERS_MAX);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__type(key, int);
	__type(value, struct fence_socket);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct fence_record);
	__uint(max_entries, FENCE_SERVERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct fence_cut);
	__uint(max_entries, FENCE_CUT_BITS / 32);
} cut SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct fence_asked);
	__type(value, __u64);
	__uint(max_entries, FENCE_ASKED_MAX);
} asked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct fence_build);
	__uint(max_entries, 1);
} build SEC(".maps");

/* Servers' cgroups all lie at one depth, which nobody in a cgroup namespace can
 * tell beforehand: the first process to be found teaches it.  Racing writers
 * write the same. */
enum { DEPTH_MAX = 8 };
int server_depth;

static __attribute__((noinline)) struct fence_server *search_task(void)
{
	for (int depth = 1; depth < DEPTH_MAX; depth++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(depth);
		struct fence_server *s = bpf_map_lookup_elem(&servers, &id);

		if (s) {
			server_depth = depth;
			return s;
		}
	}
	return 0;
}

/* The program was chosen by the socket's cgroup; the entry is the task's.  No
 * entry: not a server's process, or a server that is not in: refuse. */
INLINE struct fence_server *server_of_task(void)
{
	__u64 id = bpf_get_current_ancestor_cgroup_id(server_depth);
	struct fence_server *s = bpf_map_lookup_elem(&servers, &id);

	return s ? s : search_task();
}

static __attribute__((noinline)) struct fence_server *search_packet(struct __sk_buff *skb)
{
	for (int depth = 1; depth < DEPTH_MAX; depth++) {
		__u64 id = bpf_skb_ancestor_cgroup_id(skb, depth);
		struct fence_server *s = bpf_map_lookup_elem(&servers, &id);

		if (s) {
			server_depth = depth;
			return s;
		}
	}
	return 0;
}

/* In a packet's program there is no task: the socket's cgroup decides. */
INLINE struct fence_server *server_of_packet(struct __sk_buff *skb)
{
	__u64 id = bpf_skb_ancestor_cgroup_id(skb, server_depth);
	struct fence_server *s = bpf_map_lookup_elem(&servers, &id);

	return s ? s : search_packet(skb);
}

INLINE int refuse(int error)
{
	bpf_set_retval(-error);
	return REFUSE;
}

/* ---- addresses ---- */

INLINE struct fence_addr mapped(__u32 a)
{
	return (struct fence_addr){ { 0, 0, MAPPED, a } };
}

INLINE _Bool is_mapped(const struct fence_addr *a)
{
	return !a->w[0] && !a->w[1] && a->w[2] == MAPPED;
}

INLINE _Bool is_zero6(const struct fence_addr *a)
{
	return !(a->w[0] | a->w[1] | a->w[2] | a->w[3]);
}

INLINE _Bool is_loopback6(const struct fence_addr *a)
{
	return !(a->w[0] | a->w[1] | a->w[2]) && a->w[3] == bpf_htonl(1);
}

INLINE _Bool equal6(const struct fence_addr *a, const struct fence_addr *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) | (a->w[2] ^ b->w[2]) |
		 (a->w[3] ^ b->w[3]));
}

INLINE _Bool is_loopback4(__u32 a)
{
	return (a & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

/* Multicast, reserved and broadcast, or multicast of IPv6: no server's. */
INLINE _Bool is_group4(__u32 a)
{
	return bpf_ntohl(a) >= 0xe0000000;
}

INLINE _Bool is_group6(const struct fence_addr *a)
{
	return (a->w[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000);
}

/* Which server's address is it?  0: none's. */
INLINE __u32 owner6(const struct fence_addr *a)
{
	__u32 *number = bpf_map_lookup_elem(&owners, a);

	return number ? *number : 0;
}

INLINE __u32 owner4(__u32 a)
{
	struct fence_addr m = mapped(a);

	return owner6(&m);
}

INLINE _Bool owns4(const struct fence_server *s, __u32 a)
{
	return a && (a == s->first4 || owner4(a) == s->number);
}

INLINE _Bool owns6(const struct fence_server *s, const struct fence_addr *a)
{
	return !is_zero6(a) && (equal6(a, &s->first6) || owner6(a) == s->number);
}

INLINE _Bool is_hosts(const struct fence_addr *a)
{
	return !owner6(a) && bpf_map_lookup_elem(&hosts, a);
}

INLINE __u32 port_flags(__u32 port)
{
	__u32 *flags = bpf_map_lookup_elem(&ports, &port);

	return flags ? *flags : 0;
}

/* ---- the context of a socket call ----
 *
 * It is written through these alone.  The verifier takes a field only at a constant
 * distance from the context itself; a compiler that keeps the field's address in a
 * register from an earlier read (clang 19 does) makes a program that no kernel
 * loads.  barrier_var() lets it know nothing of an earlier read. */

INLINE __u32 asked_port(const struct bpf_sock_addr *ctx)
{
	return bpf_ntohs((__u16)ctx->user_port);
}

INLINE struct fence_addr asked6(const struct bpf_sock_addr *ctx)
{
	return (struct fence_addr){ { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
				      ctx->user_ip6[3] } };
}

INLINE void answer4(struct bpf_sock_addr *ctx, __u32 a)
{
	barrier_var(ctx);
	ctx->user_ip4 = a;
}

INLINE void answer_mapped(struct bpf_sock_addr *ctx, __u32 a)
{
	barrier_var(ctx);
	ctx->user_ip6[3] = a;
}

INLINE void answer6(struct bpf_sock_addr *ctx, const struct fence_addr *a)
{
	barrier_var(ctx);
	ctx->user_ip6[0] = a->w[0];
	ctx->user_ip6[1] = a->w[1];
	ctx->user_ip6[2] = a->w[2];
	ctx->user_ip6[3] = a->w[3];
}

INLINE void send_from4(struct bpf_sock_addr *ctx, __u32 a)
{
	barrier_var(ctx);
	ctx->msg_src_ip4 = a;
}

INLINE void send_from6(struct bpf_sock_addr *ctx, const struct fence_addr *a)
{
	barrier_var(ctx);
	ctx->msg_src_ip6[0] = a->w[0];
	ctx->msg_src_ip6[1] = a->w[1];
	ctx->msg_src_ip6[2] = a->w[2];
	ctx->msg_src_ip6[3] = a->w[3];
}

/* ---- what is known of a socket ---- */

INLINE __u32 socket_flags(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct fence_socket *known = sk ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;

	return known ? known->flags : 0;
}

#endif
