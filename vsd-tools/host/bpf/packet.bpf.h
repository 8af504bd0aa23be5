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
enum { IP4 = 0x0800, IP6 = 0x86dd, PLAIN4 = 0x45 /* version and no options */ };
enum { EPHEMERAL = 32768 }; /* where the kernel's own choice of ports begins */

INLINE _Bool is_cut(const struct fence_addr *a)
{
	__u32 bit = fence_cut_bit(a), word = bit / 32;
	const struct fence_cut *c = bpf_map_lookup_elem(&cut, &word);

	return !c || (c->moved | c->out) >> bit % 32 & 1;
}

/* A segment of a TCP connection, whose ends do not change any more: what opened it
 * has passed below.  Most packets are, and cost no more than this.  Handshakes are
 * a listener's until they are done. */
INLINE _Bool is_settled(struct __sk_buff *skb, _Bool out)
{
	const void *end = (const void *)(long)skb->data_end;
	const struct head4 *four = (const void *)(long)skb->data;
	const struct head6 *six = (const void *)(long)skb->data;
	const __u8 *tcp;
	struct fence_addr own;

	if (!skb->sk || skb->sk->state == BPF_TCP_LISTEN)
		return 0;
	if (skb->protocol == bpf_htons(IP4)) {
		tcp = (const __u8 *)(four + 1);
		if ((const void *)(tcp + TCP_BYTES) > end || four->length != PLAIN4 ||
		    four->protocol != IPPROTO_TCP)
			return 0;
		own = mapped(out ? four->from : four->to);
	} else {
		tcp = (const __u8 *)(six + 1);
		if (skb->protocol != bpf_htons(IP6) || (const void *)(tcp + TCP_BYTES) > end ||
		    six->protocol != IPPROTO_TCP)
			return 0;
		own = out ? six->from : six->to;
	}
	return !(tcp[TCP_FLAGS_AT] & SYN) && !is_cut(&own);
}

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

/* The ports of a packet, and whether it opens a TCP connection. */
struct ports_of {
	__u16 from, to; /* network order */
	_Bool syn;
};

INLINE _Bool load_ports(struct __sk_buff *skb, __u32 at, __u8 protocol, struct ports_of *out)
{
	__u8 head[TCP_BYTES] = { 0 };

	if (bpf_skb_load_bytes(skb, at, head, protocol == IPPROTO_TCP ? TCP_BYTES : 8) < 0)
		return 0;
	__builtin_memcpy(&out->from, head, 2);
	__builtin_memcpy(&out->to, head + 2, 2);
	out->syn = protocol == IPPROTO_TCP && (head[TCP_FLAGS_AT] & (SYN | ACK)) == SYN;
	return 1;
}

/* A packet to one of the host's own addresses: what answers a client there, and
 * the ports of reach_host. */
INLINE _Bool may_reach_host(struct __sk_buff *skb, __u32 at, __u8 protocol,
			    struct bpf_sock_tuple *t, _Bool v6)
{
	struct ports_of p;

	if (!load_ports(skb, at, protocol, &p))
		return 0;
	if (port_flags(bpf_ntohs(p.to)) & FENCE_PORT_REACH)
		return 1;
	if (protocol == IPPROTO_TCP)
		return !p.syn;
	if (protocol != IPPROTO_UDP)
		return 0;
	if (v6) {
		t->ipv6.sport = p.from;
		t->ipv6.dport = p.to;
		return is_awaited(skb, t, sizeof(t->ipv6));
	}
	t->ipv4.sport = p.from;
	t->ipv4.dport = p.to;
	return is_awaited(skb, t, sizeof(t->ipv4));
}

/* A server's socket, by its cgroup? */
INLINE _Bool is_servers(struct bpf_sock *sk)
{
	__u64 id = bpf_sk_ancestor_cgroup_id(sk, server_depth);

	return bpf_map_lookup_elem(&servers, &id) != 0;
}

/* A packet to a server's address, on this host: who will hear it?  Not a daemon of
 * the host's that is there because it listens on all addresses, but for reach_host
 * and those that serve people there.  A UDP socket on all addresses and a port of
 * the kernel's choice is a client that waits for an answer. */
INLINE _Bool may_reach_server(struct __sk_buff *skb, __u32 at, __u8 protocol,
			      struct bpf_sock_tuple *t, _Bool v6)
{
	__u32 size = v6 ? sizeof(t->ipv6) : sizeof(t->ipv4);
	struct bpf_sock *sk;
	struct ports_of p;
	_Bool wild, may;

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return 1;
	if (!load_ports(skb, at, protocol, &p))
		return 0;
	if (protocol == IPPROTO_TCP ? !p.syn : bpf_ntohs(p.to) >= EPHEMERAL)
		return 1;
	if (port_flags(bpf_ntohs(p.to)) & (FENCE_PORT_REACH | FENCE_PORT_HOST))
		return 1;
	if (v6) {
		t->ipv6.sport = p.from;
		t->ipv6.dport = p.to;
	} else {
		t->ipv4.sport = p.from;
		t->ipv4.dport = p.to;
	}
	if (protocol == IPPROTO_TCP)
		sk = bpf_sk_lookup_tcp(skb, t, size, BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(skb, t, size, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 1; /* refused as anywhere */
	wild = v6 ? !(sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]) :
		    !sk->src_ip4;
	may = !wild || is_servers(sk);
	bpf_sk_release(sk);
	return may;
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
	__u32 at;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0 || is_group4(h.to))
		return REFUSE;
	if (h.protocol == IPPROTO_ICMP)
		return may_ping4(s, h.from, h.to);
	if (is_loopback4(h.to) && h.to != s->loop4)
		return REFUSE;
	if (h.from == s->loop4 ? h.to != s->loop4 && !owns4(s, h.to) : !owns4(s, h.from))
		return REFUSE;
	if (skb->ifindex != INDEX_LO)
		return ALLOW;
	t.ipv4.saddr = h.from;
	t.ipv4.daddr = h.to;
	at = (h.length & 0xf) * 4;
	if (h.to == s->loop4 || owner4(h.to))
		return may_reach_server(skb, at, h.protocol, &t, 0);
	return may_reach_host(skb, at, h.protocol, &t, 0);
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
	if (is_loopback6(&h.to) || is_loopback6(&h.from))
		return REFUSE;
	if (from_loop ? !to_loop && !owns6(s, &h.to) : !owns6(s, &h.from))
		return REFUSE;
	if (skb->ifindex != INDEX_LO)
		return ALLOW;
	__builtin_memcpy(t.ipv6.saddr, h.from.w, sizeof(t.ipv6.saddr));
	__builtin_memcpy(t.ipv6.daddr, h.to.w, sizeof(t.ipv6.daddr));
	if (to_loop || owner6(&h.to))
		return may_reach_server(skb, sizeof(h), h.protocol, &t, 1);
	return may_reach_host(skb, sizeof(h), h.protocol, &t, 1);
}

SEC("cgroup_skb/egress")
int skb_egress(struct __sk_buff *skb)
{
	struct fence_server *s;

	if (is_settled(skb, 1))
		return ALLOW;
	s = server_of_packet(skb);
	if (!s)
		return REFUSE;
	if (skb->protocol == bpf_htons(IP4))
		return egress4(skb, s);
	return skb->protocol == bpf_htons(IP6) ? egress6(skb, s) : REFUSE;
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
	struct fence_server *s;

	if (is_settled(skb, 0))
		return ALLOW;
	s = server_of_packet(skb);
	if (!s)
		return REFUSE;
	if (skb->protocol == bpf_htons(IP4))
		return ingress4(skb, s);
	return skb->protocol == bpf_htons(IP6) ? ingress6(skb, s) : REFUSE;
}
