/* SPDX-License-Identifier: GPL-2.0-only */
/* connect(): from the server's own address, and loopback within the server. */

/* Does a socket listen on just this address, at the port in network order?  A listener of the
 * host's on all addresses would answer the lookup too: compare. */
INLINE _Bool listens4(struct bpf_sock_addr *ctx, __u32 a, __u16 port)
{
	struct bpf_sock_tuple t = { .ipv4 = { .saddr = a, .daddr = a } };
	struct bpf_sock *sk;
	_Bool found;

	t.ipv4.dport = port;
	if (ctx->type == TYPE_STREAM)
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	found = sk->src_ip4 == a;
	bpf_sk_release(sk);
	return found;
}

INLINE _Bool listens6(struct bpf_sock_addr *ctx, const struct fence_addr *a, __u16 port)
{
	struct bpf_sock_tuple t = { .ipv6 = { .sport = 0 } };
	struct bpf_sock *sk;
	_Bool found;

	__builtin_memcpy(t.ipv6.saddr, a->w, sizeof(t.ipv6.saddr));
	__builtin_memcpy(t.ipv6.daddr, a->w, sizeof(t.ipv6.daddr));
	t.ipv6.dport = port;
	if (ctx->type == TYPE_STREAM)
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	found = sk->src_ip6[0] == a->w[0] && sk->src_ip6[1] == a->w[1] &&
		sk->src_ip6[2] == a->w[2] && sk->src_ip6[3] == a->w[3];
	bpf_sk_release(sk);
	return found;
}

/* Loopback is the server's own listener there, else its public address: a
 * program that listens on all addresses is expected to answer on 127.0.0.1.  Then it
 * comes from the public address, too: who answers may be the host's by the time that
 * it arrives, where 127/8 is trusted. */
INLINE __u32 loopback_target4(struct bpf_sock_addr *ctx, const struct fence_server *s)
{
	return !s->first4 || listens4(ctx, s->loop4, (__u16)ctx->user_port) ? s->loop4 : s->first4;
}

INLINE struct fence_addr loopback_target6(struct bpf_sock_addr *ctx, const struct fence_server *s)
{
	if (!is_zero6(&s->loop6) && listens6(ctx, &s->loop6, (__u16)ctx->user_port))
		return s->loop6;
	if (!is_zero6(&s->first6))
		return s->first6;
	return mapped(loopback_target4(ctx, s));
}

/* Is it a listener of the host's on all its addresses, that answers on servers'
 * too?  What a server binds to all is bound to one. */
INLINE _Bool is_hosts_wild(struct bpf_sock *sk, _Bool wild)
{
	struct fence_socket *known;

	if (!wild)
		return 0;
	known = bpf_sk_storage_get(&sockets, sk, 0, 0);
	return !known || !(known->flags & FENCE_SOCKET_LISTENS);
}

INLINE _Bool meets_host4(struct bpf_sock_addr *ctx, __u32 a)
{
	struct bpf_sock_tuple t = { .ipv4 = { .saddr = a, .daddr = a } };
	struct bpf_sock *sk;
	_Bool met;

	t.ipv4.dport = (__u16)ctx->user_port;
	sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	met = is_hosts_wild(sk, !sk->src_ip4);
	bpf_sk_release(sk);
	return met;
}

INLINE _Bool meets_host6(struct bpf_sock_addr *ctx, const struct fence_addr *a)
{
	struct bpf_sock_tuple t = { .ipv6 = { .sport = 0 } };
	struct bpf_sock *sk;
	_Bool met;

	__builtin_memcpy(t.ipv6.saddr, a->w, sizeof(t.ipv6.saddr));
	__builtin_memcpy(t.ipv6.daddr, a->w, sizeof(t.ipv6.daddr));
	t.ipv6.dport = (__u16)ctx->user_port;
	sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	met = is_hosts_wild(sk, !(sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]));
	bpf_sk_release(sk);
	return met;
}

/* The host's own daemons, but for reach_host: on the host's addresses; and those on
 * all addresses that would answer on a server's, but for the ones that serve people
 * there (host_ports).  Where a redirect may lead elsewhere and somebody listens there,
 * skb_egress sees whether it does.  TCP alone: a UDP answer to a client on the host has
 * to pass, which skb_egress can tell, too. */
INLINE _Bool is_closed_host(struct bpf_sock_addr *ctx, const struct fence_addr *to)
{
	__u32 flags;
	__u16 on;

	if (ctx->type != TYPE_STREAM)
		return 0;
	flags = port_flags(asked_port(ctx));
	if (flags & FENCE_PORT_REACH)
		return 0;
	if (is_hosts(to))
		return 1;
	if (flags & FENCE_PORT_HOST)
		return 0;
	on = bpf_htons(FENCE_PORT_TO(flags));
	if (is_mapped(to))
		return meets_host4(ctx, to->w[3]) && !(on && listens4(ctx, to->w[3], on));
	return meets_host6(ctx, to) && !(on && listens6(ctx, to, on));
}

/* Where the packets come from, unless the program has chosen among its own
 * (bind4 and bind6 saw to that).  A socket that has a port but no address yet
 * (sendto before connect) can no longer be given one: refuse. */
INLINE _Bool leave_from4(struct bpf_sock_addr *ctx, __u32 a)
{
	struct sockaddr_in from = { .sin_family = FAMILY_INET, .sin_addr = { a } };

	if (ctx->sk && ctx->sk->src_ip4)
		return 1;
	return bpf_bind(ctx, (struct sockaddr *)&from, sizeof(from)) == 0;
}

INLINE _Bool leave_from6(struct bpf_sock_addr *ctx, const struct fence_addr *a)
{
	struct sockaddr_in6 from = { .sin6_family = FAMILY_INET6 };
	struct bpf_sock *sk = ctx->sk;

	if (sk && (sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]))
		return 1;
	__builtin_memcpy(&from.sin6_addr, a->w, sizeof(from.sin6_addr));
	return bpf_bind(ctx, (struct sockaddr *)&from, sizeof(from)) == 0;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	__u32 to = ctx->user_ip4, from;
	struct fence_addr m;

	if (!s)
		return refuse(EPERM);
	from = s->first4;
	if (!to || is_loopback4(to)) {
		to = from = loopback_target4(ctx, s);
		answer4(ctx, to);
	}
	m = mapped(to);
	if (is_group4(to) || !from)
		return refuse(ENETUNREACH);
	if (is_closed_host(ctx, &m))
		return refuse(ECONNREFUSED);
	return leave_from4(ctx, from) ? ALLOW : refuse(EADDRNOTAVAIL);
}

/* An IPv6 socket that speaks IPv4. */
INLINE int connect_mapped(struct bpf_sock_addr *ctx, const struct fence_server *s, __u32 to)
{
	struct fence_addr from = mapped(s->first4);
	struct fence_addr m;

	if (!to || is_loopback4(to)) {
		to = loopback_target4(ctx, s);
		from = mapped(to);
	}
	m = mapped(to);
	answer6(ctx, &m);
	if (is_group4(to) || !from.w[3])
		return refuse(ENETUNREACH);
	if (is_closed_host(ctx, &m))
		return refuse(ECONNREFUSED);
	return leave_from6(ctx, &from) ? ALLOW : refuse(EADDRNOTAVAIL);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	struct fence_addr to = asked6(ctx), from;

	if (!s)
		return refuse(EPERM);
	if (is_mapped(&to))
		return connect_mapped(ctx, s, to.w[3]);
	from = s->first6;
	if (is_zero6(&to) || is_loopback6(&to)) {
		to = from = loopback_target6(ctx, s);
		answer6(ctx, &to);
	}
	if (is_group6(&to) || is_zero6(&from))
		return refuse(ENETUNREACH);
	if (is_closed_host(ctx, &to))
		return refuse(ECONNREFUSED);
	return leave_from6(ctx, &from) ? ALLOW : refuse(EADDRNOTAVAIL);
}

/* ---- a datagram to an address, without connect() ---- */

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	__u32 to = ctx->user_ip4, from;

	if (!s)
		return refuse(EPERM);
	from = s->first4;
	if (!to || is_loopback4(to)) {
		to = from = loopback_target4(ctx, s);
		answer4(ctx, to);
	}
	if (is_group4(to) || !from)
		return refuse(ENETUNREACH);
	/* IP_PKTINFO or bind() may have chosen another of the server's own. */
	if (ctx->msg_src_ip4 != s->loop4 && !owns4(s, ctx->msg_src_ip4))
		send_from4(ctx, from);
	return ALLOW;
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	struct fence_addr to = asked6(ctx), from, chosen;

	if (!s)
		return refuse(EPERM);
	from = s->first6;
	if (is_zero6(&to) || is_loopback6(&to)) {
		/* The kernel cannot turn to IPv4 here. */
		if (!is_zero6(&s->loop6) &&
		    (is_zero6(&from) || listens6(ctx, &s->loop6, (__u16)ctx->user_port)))
			from = s->loop6;
		to = from;
		answer6(ctx, &to);
	}
	if (is_group6(&to) || is_zero6(&from))
		return refuse(ENETUNREACH);
	chosen = (struct fence_addr){ { ctx->msg_src_ip6[0], ctx->msg_src_ip6[1],
					ctx->msg_src_ip6[2], ctx->msg_src_ip6[3] } };
	if (!owns6(s, &chosen) && (is_zero6(&chosen) || !equal6(&chosen, &s->loop6)))
		send_from6(ctx, &from);
	return ALLOW;
}
