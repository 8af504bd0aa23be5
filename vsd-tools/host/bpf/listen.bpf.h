/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP listeners on all addresses: bound to one, led to by all of the server's,
 * in both families.  sock_ops sees listen(), sk_lookup each new connection. */

/* The local address in a context.  All loads stand before the branch: the
 * compiler would else merge those of two branches into one from a computed
 * pointer, which no context takes. */
#define FIELD(f) (*(const volatile __u32 *)&(f))
#define LOCAL_ADDRESS(ctx, out)                                                \
	do {                                                                   \
		__u32 four = FIELD((ctx)->local_ip4);                          \
		(out) = (struct fence_addr){ {                                 \
			FIELD((ctx)->local_ip6[0]), FIELD((ctx)->local_ip6[1]), \
			FIELD((ctx)->local_ip6[2]), FIELD((ctx)->local_ip6[3]) } }; \
		if ((ctx)->family == FAMILY_INET)                              \
			(out) = mapped(four);                                  \
	} while (0)

INLINE struct fence_listener all_addresses(__u32 number, __u32 family, __u32 port)
{
	return (struct fence_listener){ { { 0, family, 0, number } }, port };
}

INLINE void put_listener(struct bpf_sock_ops *ops, struct fence_listener key)
{
	/* On failure the address it is bound to serves alone. */
	(void)bpf_sock_hash_update(ops, &listeners, &key, BPF_ANY);
}

SEC("sockops")
int sock_ops(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk;
	struct fence_socket *known;
	struct fence_addr a;
	__u32 port;

	if (ops->op != BPF_SOCK_OPS_TCP_LISTEN_CB)
		return ALLOW;
	port = ops->local_port;
	LOCAL_ADDRESS(ops, a);
	sk = ops->sk;
	if (!sk)
		return ALLOW;
	known = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (known)
		known->flags |= FENCE_SOCKET_LISTENS;
	if (!owner6(&a))
		return ALLOW; /* private, or never bound */
	/* Its own address by name, so that it comes before one for all. */
	put_listener(ops, (struct fence_listener){ a, port });
	if (!known)
		return ALLOW; /* no memory: the address it is bound to alone */
	if (known->flags & FENCE_SOCKET_WILD4)
		put_listener(ops, all_addresses(known->number, FAMILY_INET, port));
	if (known->flags & FENCE_SOCKET_WILD6)
		put_listener(ops, all_addresses(known->number, FAMILY_INET6, port));
	return ALLOW;
}

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *ctx)
{
	struct fence_listener key = { .port = ctx->local_port };
	struct bpf_sock *sk;

	if (ctx->protocol != IPPROTO_TCP)
		return SK_PASS;
	LOCAL_ADDRESS(ctx, key.addr);
	sk = bpf_map_lookup_elem(&listeners, &key);
	if (!sk) {
		__u32 number = owner6(&key.addr);

		if (!number)
			return SK_PASS;
		key = all_addresses(number, ctx->family, key.port);
		sk = bpf_map_lookup_elem(&listeners, &key);
	}
	if (!sk)
		return SK_PASS;
	/* Refused for a socket of one family only: the usual lookup goes on. */
	(void)bpf_sk_assign(ctx, sk, 0);
	bpf_sk_release(sk);
	return SK_PASS;
}
