/* SPDX-License-Identifier: GPL-2.0-only */
/* The last word, packet by packet: a socket that met no bind() or connect()
 * (listen() alone, a datagram's own choice of port, IP_PKTINFO on a connected
 * socket) speaks and hears only as its server all the same. */

struct head4 {
	__u8 length, tos;
	__u16 total, id, fragment;
	__u8 ttl, protocol;
	__u16 sum;
	__u32 from, to;
};

struct head6 {
	__u32 flow;
	__u16 payload;
	__u8 protocol, hops;
	struct fence_addr from, to;
};

enum { SYN = 0x02, ACK = 0x10, TCP_FLAGS_AT = 13, TCP_BYTES = 14 };

/* Does a client on the host wait for just this answer? */
INLINE _Bool is_awaited(struct __sk_buff *skb, struct bpf_sock_tuple *t, __u32 size)
{
	struct bpf_sock *sk = bpf_sk_lookup_udp(skb, t, size, BPF_F_CURRENT_NETNS, 0);
	_Bool awaited;

	if (!sk)
		return 0;
	awaited = sk->state == BPF_TCP_ESTABLISHED; /* connected, hence to us */
	bpf_sk_release(sk);
	return awaited;
}

/* A packet to one of the host's own addresses: what answers a client there, and
 * the ports of reach_host. */
INLINE _Bool may_reach_host(struct __sk_buff *skb, __u32 at, __u8 protocol,
			    struct bpf_sock_tuple *t, _Bool v6)
{
	__u8 head[TCP_BYTES] = { 0 };
	__u16 sport, dport;

	if (bpf_skb_load_bytes(skb, at, head, protocol == IPPROTO_TCP ? TCP_BYTES : 8) < 0)
		return 0;
	__builtin_memcpy(&sport, head, 2);
	__builtin_memcpy(&dport, head + 2, 2);
	if (port_flags(bpf_ntohs(dport)) & FENCE_PORT_REACH)
		return 1;
	if (protocol == IPPROTO_TCP)
		return (head[TCP_FLAGS_AT] & (SYN | ACK)) != SYN;
	if (protocol != IPPROTO_UDP)
		return 0;
	if (v6) {
		t->ipv6.sport = sport;
		t->ipv6.dport = dport;
		return is_awaited(skb, t, sizeof(t->ipv6));
	}
	t->ipv4.sport = sport;
	t->ipv4.dport = dport;
	return is_awaited(skb, t, sizeof(t->ipv4));
}

/* A ping socket sends echo requests with an id of its own and hears the answers
 * to those alone; no hook sees it choose its address.  So the host's may stand
 * in them, another server's not. */
INLINE _Bool may_ping4(const struct fence_server *s, __u32 from, __u32 to)
{
	__u32 number = owner4(from);

	if (is_loopback4(to) || is_loopback4(from))
		return to == from && to == LOOPBACK4;
	return !number || number == s->number;
}

INLINE int egress4(struct __sk_buff *skb, const struct fence_server *s)
{
	struct bpf_sock_tuple t = { .ipv4 = { .sport = 0 } };
	struct head4 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0 || is_group4(h.to))
		return REFUSE;
	if (h.protocol == IPPROTO_ICMP)
		return may_ping4(s, h.from, h.to);
	if (is_loopback4(h.to))
		return h.to == s->loop4 && (h.from == s->loop4 || owns4(s, h.from));
	if (h.from == s->loop4)
		return owns4(s, h.to);
	if (!owns4(s, h.from))
		return REFUSE;
	if (skb->ifindex != INDEX_LO || owner4(h.to))
		return ALLOW;
	t.ipv4.saddr = h.from;
	t.ipv4.daddr = h.to;
	return may_reach_host(skb, (h.length & 0xf) * 4, h.protocol, &t, 0);
}

INLINE _Bool may_ping6(const struct fence_server *s, const struct fence_addr *from,
		       const struct fence_addr *to)
{
	__u32 number = owner6(from);

	if (is_loopback6(to) || is_loopback6(from))
		return is_loopback6(to) && is_loopback6(from);
	return !number || number == s->number;
}

INLINE int egress6(struct __sk_buff *skb, const struct fence_server *s)
{
	struct bpf_sock_tuple t = { .ipv6 = { .sport = 0 } };
	_Bool from_loop, to_loop;
	struct head6 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0 || is_group6(&h.to))
		return REFUSE;
	if (h.protocol == IPPROTO_ICMPV6)
		return may_ping6(s, &h.from, &h.to);
	from_loop = !is_zero6(&s->loop6) && equal6(&h.from, &s->loop6);
	to_loop = !is_zero6(&s->loop6) && equal6(&h.to, &s->loop6);
	if (from_loop || to_loop)
		return (from_loop || owns6(s, &h.from)) && (to_loop || owns6(s, &h.to));
	if (is_loopback6(&h.to) || is_loopback6(&h.from))
		return REFUSE;
	if (!owns6(s, &h.from))
		return REFUSE;
	if (skb->ifindex != INDEX_LO || owner6(&h.to))
		return ALLOW;
	__builtin_memcpy(t.ipv6.saddr, h.from.w, sizeof(t.ipv6.saddr));
	__builtin_memcpy(t.ipv6.daddr, h.to.w, sizeof(t.ipv6.daddr));
	return may_reach_host(skb, sizeof(h), h.protocol, &t, 1);
}

SEC("cgroup_skb/egress")
int skb_egress(struct __sk_buff *skb)
{
	struct fence_server *s = server_of_packet(skb);

	if (!s)
		return REFUSE;
	if (skb->protocol == bpf_htons(0x0800))
		return egress4(skb, s);
	return skb->protocol == bpf_htons(0x86dd) ? egress6(skb, s) : REFUSE;
}

/* Nobody else's loopback, and nothing that was sent to another address: a
 * listener on all addresses hears the host's too. */
INLINE int ingress4(struct __sk_buff *skb, const struct fence_server *s)
{
	struct head4 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0)
		return REFUSE;
	if (h.protocol == IPPROTO_ICMP)
		return ALLOW;
	if (is_loopback4(h.from) && h.from != s->loop4)
		return REFUSE;
	if (h.to == s->loop4)
		return h.from == s->loop4 || owns4(s, h.from);
	return owns4(s, h.to);
}

INLINE int ingress6(struct __sk_buff *skb, const struct fence_server *s)
{
	struct head6 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0)
		return REFUSE;
	if (h.protocol == IPPROTO_ICMPV6)
		return ALLOW;
	if (is_loopback6(&h.from))
		return REFUSE;
	if (!is_zero6(&s->loop6) && equal6(&h.to, &s->loop6))
		return equal6(&h.from, &s->loop6) || owns6(s, &h.from);
	return owns6(s, &h.to);
}

SEC("cgroup_skb/ingress")
int skb_ingress(struct __sk_buff *skb)
{
	struct fence_server *s = server_of_packet(skb);

	if (!s)
		return REFUSE;
	if (skb->protocol == bpf_htons(0x0800))
		return ingress4(skb, s);
	return skb->protocol == bpf_htons(0x86dd) ? ingress6(skb, s) : REFUSE;
}
