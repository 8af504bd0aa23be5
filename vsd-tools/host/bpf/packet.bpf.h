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
#define ANSWER_NS 120000000000ull /* how long an answer is waited for */

INLINE _Bool is_cut(const struct fence_addr *a)
{
	__u32 bit = fence_cut_bit(a), word = bit / 32;
	const struct fence_cut *c = bpf_map_lookup_elem(&cut, &word);

	return !c || (c->moved | c->out) >> bit % 32 & 1;
}

/* A segment of a TCP connection, whose ends do not change any more: what opened it
 * has passed below.  Most packets are, and cost no more than this.  Handshakes are a
 * listener's until they are done: what would finish one that never passed can be guessed
 * (a SYN cookie, a sequence number), so it is looked at when it is heard.  A SYN-ACK that
 * is sent only answers a SYN that was heard between the same ends. */
INLINE _Bool is_settled(struct __sk_buff *skb, _Bool out)
{
	const void *end = (const void *)(long)skb->data_end;
	const struct head4 *four = (const void *)(long)skb->data;
	const struct head6 *six = (const void *)(long)skb->data;
	const __u8 *tcp;
	struct fence_addr own;

	if (!out && (!skb->sk || skb->sk->state == BPF_TCP_LISTEN))
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
	if ((tcp[TCP_FLAGS_AT] & SYN) && !(out && (tcp[TCP_FLAGS_AT] & ACK)))
		return 0;
	return !is_cut(&own);
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

/* A server's socket, by its cgroup? */
INLINE _Bool is_servers(struct bpf_sock *sk)
{
	__u64 id = bpf_sk_ancestor_cgroup_id(sk, server_depth);

	return bpf_map_lookup_elem(&servers, &id) != 0;
}

/* The two ends of a packet on this host, as it is sent. */
struct ends {
	struct fence_addr from, to;
	_Bool v6;
};

/* Who hears what is sent between them?  Owns: the caller releases it. */
INLINE struct bpf_sock *find_socket(struct __sk_buff *skb, const struct ends *e, __u8 protocol,
				    __u16 from_port, __u16 to_port)
{
	struct bpf_sock_tuple t = { .ipv6 = { .sport = 0 } };
	__u32 size = e->v6 ? sizeof(t.ipv6) : sizeof(t.ipv4);

	if (e->v6) {
		__builtin_memcpy(t.ipv6.saddr, e->from.w, sizeof(t.ipv6.saddr));
		__builtin_memcpy(t.ipv6.daddr, e->to.w, sizeof(t.ipv6.daddr));
		t.ipv6.sport = from_port;
		t.ipv6.dport = to_port;
	} else {
		t.ipv4.saddr = e->from.w[3];
		t.ipv4.daddr = e->to.w[3];
		t.ipv4.sport = from_port;
		t.ipv4.dport = to_port;
	}
	if (protocol == IPPROTO_TCP)
		return bpf_sk_lookup_tcp(skb, &t, size, BPF_F_CURRENT_NETNS, 0);
	return bpf_sk_lookup_udp(skb, &t, size, BPF_F_CURRENT_NETNS, 0);
}

/* A datagram of the host's that a server hears: its answer will find the way.  One of
 * a server's own, whatever port it was sent from, is no question of the host's. */
INLINE void note_asked(struct __sk_buff *skb, __u32 at, const struct ends *e)
{
	const struct ends back = { e->to, e->from, e->v6 };
	struct fence_asked key = { e->from, e->to, 0, 0 };
	__u64 now = bpf_ktime_get_ns();
	struct bpf_sock *sk;
	struct ports_of p;
	_Bool theirs;

	if (!load_ports(skb, at, IPPROTO_UDP, &p))
		return;
	sk = find_socket(skb, &back, IPPROTO_UDP, p.to, p.from);
	if (!sk)
		return;
	theirs = is_servers(sk);
	bpf_sk_release(sk);
	key.from_port = p.from;
	key.to_port = p.to;
	if (!theirs)
		(void)bpf_map_update_elem(&asked, &key, &now, BPF_ANY); /* else it is not answered */
}

INLINE _Bool was_asked(const struct ends *e, const struct ports_of *p)
{
	const struct fence_asked key = { e->to, e->from, p->to, p->from };
	const __u64 *when = bpf_map_lookup_elem(&asked, &key);

	return when && bpf_ktime_get_ns() - *when < ANSWER_NS;
}

/* Does a client on the host wait for just this answer? */
INLINE _Bool is_awaited(struct __sk_buff *skb, const struct ends *e, const struct ports_of *p)
{
	struct bpf_sock *sk = find_socket(skb, e, IPPROTO_UDP, p->from, p->to);
	_Bool awaited;

	if (!sk)
		return 0;
	awaited = sk->state == BPF_TCP_ESTABLISHED; /* connected, hence to us */
	bpf_sk_release(sk);
	return awaited || was_asked(e, p);
}

/* A packet to one of the host's own addresses: what answers a client there, and
 * the ports of reach_host. */
INLINE _Bool may_reach_host(struct __sk_buff *skb, __u32 at, __u8 protocol, const struct ends *e)
{
	struct ports_of p;

	if (!load_ports(skb, at, protocol, &p))
		return 0;
	if (port_flags(bpf_ntohs(p.to)) & FENCE_PORT_REACH)
		return 1;
	if (protocol == IPPROTO_TCP)
		return !p.syn;
	return protocol == IPPROTO_UDP && is_awaited(skb, e, &p);
}

/* A packet to a server's address, on this host: who will hear it?  Not a daemon of
 * the host's that is there because it listens on all addresses, but for reach_host
 * and those that serve people there; nor an unconnected UDP socket of the host's, but
 * for an answer. */
INLINE _Bool may_reach_server(struct __sk_buff *skb, __u32 at, __u8 protocol, const struct ends *e)
{
	struct bpf_sock *sk;
	struct ports_of p;
	_Bool wild, may;

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return 1;
	if (!load_ports(skb, at, protocol, &p))
		return 0;
	if (protocol == IPPROTO_TCP && !p.syn)
		return 1;
	if (port_flags(bpf_ntohs(p.to)) & (FENCE_PORT_REACH | FENCE_PORT_HOST))
		return 1;
	sk = find_socket(skb, e, protocol, p.from, p.to);
	if (!sk)
		return 1; /* refused as anywhere */
	wild = e->v6 ? !(sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]) :
		       !sk->src_ip4;
	may = !wild || is_servers(sk);
	bpf_sk_release(sk);
	return may || (protocol == IPPROTO_UDP && was_asked(e, &p));
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
	struct ends e = { .v6 = 0 };
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
	e.from = mapped(h.from);
	e.to = mapped(h.to);
	at = (h.length & 0xf) * 4;
	if (h.to == s->loop4 || owner4(h.to))
		return may_reach_server(skb, at, h.protocol, &e);
	return may_reach_host(skb, at, h.protocol, &e);
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
	struct ends e = { .v6 = 1 };
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
	e.from = h.from;
	e.to = h.to;
	if (to_loop || owner6(&h.to))
		return may_reach_server(skb, sizeof(h), h.protocol, &e);
	return may_reach_host(skb, sizeof(h), h.protocol, &e);
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
	struct ends e = { .v6 = 0 };
	struct head4 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0)
		return REFUSE;
	if (h.protocol == IPPROTO_ICMP)
		return ALLOW;
	if (is_loopback4(h.from) && h.from != s->loop4)
		return REFUSE;
	if (h.to == s->loop4)
		return h.from == s->loop4 || owns4(s, h.from);
	if (!owns4(s, h.to))
		return REFUSE;
	if (h.protocol != IPPROTO_UDP || skb->ifindex != INDEX_LO)
		return ALLOW;
	e.from = mapped(h.from);
	e.to = mapped(h.to);
	note_asked(skb, (h.length & 0xf) * 4, &e);
	return ALLOW;
}

INLINE int ingress6(struct __sk_buff *skb, const struct fence_server *s)
{
	struct ends e = { .v6 = 1 };
	struct head6 h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) < 0)
		return REFUSE;
	if (h.protocol == IPPROTO_ICMPV6)
		return ALLOW;
	if (is_loopback6(&h.from))
		return REFUSE;
	if (!is_zero6(&s->loop6) && equal6(&h.to, &s->loop6))
		return equal6(&h.from, &s->loop6) || owns6(s, &h.from);
	if (!owns6(s, &h.to))
		return REFUSE;
	if (h.protocol != IPPROTO_UDP || skb->ifindex != INDEX_LO)
		return ALLOW;
	e.from = h.from;
	e.to = h.to;
	note_asked(skb, sizeof(h), &e);
	return ALLOW;
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
