/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that a program is shown: its private loopback is 127.0.0.1 or ::1,
 * as it asked for.  These hooks only rewrite; they cannot refuse.  Daemons call
 * them for each connection: an address that is nobody's loopback is settled first. */

INLINE _Bool is_private4(__u32 a)
{
	return (a & bpf_htonl(FENCE_LOOP4_MASK)) == bpf_htonl(FENCE_LOOP4_FIRST);
}

INLINE int show4(struct bpf_sock_addr *ctx)
{
	struct fence_server *s;

	if (!is_private4(ctx->user_ip4))
		return ALLOW;
	s = server_of_task();
	if (s && ctx->user_ip4 == s->loop4)
		answer4(ctx, LOOPBACK4);
	return ALLOW;
}

INLINE int show6(struct bpf_sock_addr *ctx)
{
	struct fence_addr a = asked6(ctx), shown = { { 0, 0, 0, bpf_htonl(1) } };
	struct fence_server *s;

	if (a.w[0] != bpf_htonl(FENCE_LOOP6_WORD) && !(is_mapped(&a) && is_private4(a.w[3])))
		return ALLOW;
	s = server_of_task();
	if (!s)
		return ALLOW;
	if (is_mapped(&a) && a.w[3] == s->loop4)
		answer_mapped(ctx, LOOPBACK4);
	else if (!is_zero6(&a) && equal6(&a, &s->loop6))
		answer6(ctx, &shown);
	return ALLOW;
}

SEC("cgroup/getsockname4")
int getsockname4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getsockname6")
int getsockname6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/recvmsg6")
int recvmsg6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}
