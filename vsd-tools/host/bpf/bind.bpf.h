/* SPDX-License-Identifier: GPL-2.0-only */
/* bind(): a server's own addresses alone, whatever was asked for. */

/* Does a redirect of the server's go to the port? */
INLINE _Bool is_target(const struct fence_server *s, __u32 port, __u32 flags)
{
	if (!s->own_targets)
		return flags & FENCE_PORT_TARGET;
	for (int i = 0; i < FENCE_TARGETS_MAX; i++)
		if (s->target[i] == port)
			return 1;
	return 0;
}

/* May the calling user have the port?  A tenant's listener on a host_port would
 * keep a restarting sshd from its wildcard bind, so nobody has those. */
INLINE int port_verdict(const struct fence_server *s, __u32 port)
{
	__u32 flags, uid;

	if (!port)
		return ALLOW;
	flags = port_flags(port);
	if (flags & FENCE_PORT_HOST)
		return REFUSE;
	if (port >= 1024 && !is_target(s, port, flags))
		return ALLOW;
	/* Root in a server is a daemon of the host's at work for a session: an ftpd
	 * sends from port 20. */
	uid = (__u32)bpf_get_current_uid_gid();
	if (uid != s->admin_uid && uid != 0)
		return REFUSE;
	return port < 1024 ? ALLOW_LOW_PORT : ALLOW;
}

/* Remember that a TCP socket wants every address: when it listens, the others
 * are led to it. */
INLINE void note_wild(struct bpf_sock_addr *ctx, const struct fence_server *s, __u32 wild)
{
	struct bpf_sock *sk = ctx->sk;
	struct fence_socket *known;

	if (ctx->type != TYPE_STREAM || !sk)
		return;
	known = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!known)
		return; /* no memory: the first address alone */
	known->flags |= wild;
	known->number = s->number;
}

SEC("cgroup/bind4")
int bind4(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	__u32 asked = ctx->user_ip4;
	int verdict;

	if (!s)
		return refuse(EPERM);
	verdict = port_verdict(s, asked_port(ctx));
	if (verdict == REFUSE)
		return refuse(EACCES);
	if (!asked) {
		note_wild(ctx, s, FENCE_SOCKET_WILD4);
		answer4(ctx, s->first4 ? s->first4 : s->loop4);
	} else if (is_loopback4(asked)) {
		answer4(ctx, s->loop4);
	} else if (!owns4(s, asked)) {
		return refuse(EADDRNOTAVAIL);
	}
	return verdict;
}

/* `::` is one address of one family here: IPv4's where the socket may speak it
 * and there is one, since the kernel marks a socket bound to an address of IPv6
 * as of IPv6 alone, for good, and then no connection of IPv4 can be led to it.
 * TCP of IPv6 is led to it; UDP has no such moment.  A dual-stack client of UDP
 * without a port stays as it is: sendmsg4 and sendmsg6 choose its source. */
INLINE int wild6(struct bpf_sock_addr *ctx, const struct fence_server *s)
{
	_Bool only6 = socket_flags(ctx) & FENCE_SOCKET_V6ONLY;
	struct fence_addr to = is_zero6(&s->first6) ? s->loop6 : s->first6;

	note_wild(ctx, s, only6 ? FENCE_SOCKET_WILD6 : FENCE_SOCKET_WILD4 | FENCE_SOCKET_WILD6);
	if (ctx->type != TYPE_STREAM && !only6 && !asked_port(ctx))
		return ALLOW;
	if (!only6 && s->first4)
		to = mapped(s->first4);
	else if (!only6 && is_zero6(&s->first6))
		to = mapped(s->loop4);
	if (is_zero6(&to))
		return REFUSE;
	answer6(ctx, &to);
	return ALLOW;
}

SEC("cgroup/bind6")
int bind6(struct bpf_sock_addr *ctx)
{
	struct fence_server *s = server_of_task();
	struct fence_addr asked = asked6(ctx);
	int verdict;

	if (!s)
		return refuse(EPERM);
	verdict = port_verdict(s, asked_port(ctx));
	if (verdict == REFUSE)
		return refuse(EACCES);
	if (is_zero6(&asked)) {
		if (wild6(ctx, s) == REFUSE)
			return refuse(EADDRNOTAVAIL);
	} else if (is_loopback6(&asked)) {
		struct fence_addr to = is_zero6(&s->loop6) ? mapped(s->loop4) : s->loop6;

		answer6(ctx, &to);
	} else if (is_mapped(&asked) && !asked.w[3]) {
		struct fence_addr to = mapped(s->first4 ? s->first4 : s->loop4);

		note_wild(ctx, s, FENCE_SOCKET_WILD4);
		answer6(ctx, &to);
	} else if (is_mapped(&asked) && is_loopback4(asked.w[3])) {
		answer_mapped(ctx, s->loop4);
	} else if (!owns6(s, &asked)) {
		return refuse(EADDRNOTAVAIL);
	}
	return verdict;
}
