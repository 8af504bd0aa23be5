/* SPDX-License-Identifier: GPL-2.0-only */
/* What kinds of socket there are, and what may be asked of them. */

/* TCP, UDP and ping: whatever else has ways around bind() and connect() (MPTCP
 * announces the host's addresses; SCTP binds several; raw writes its own). */
SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *sk)
{
	if (!server_of_task())
		return refuse(EPERM);
	if (sk->type == TYPE_STREAM && sk->protocol == IPPROTO_TCP)
		return ALLOW;
	if (sk->type == TYPE_DGRAM &&
	    (sk->protocol == IPPROTO_UDP || sk->protocol == IPPROTO_ICMP ||
	     sk->protocol == IPPROTO_ICMPV6))
		return ALLOW;
	return refuse(EPROTONOSUPPORT);
}

/* Options of <asm/socket.h>, <linux/in.h> and <linux/in6.h> that reach around
 * the other programs; numbers that older headers lack. */
#define OPTION(level, name) ((__u32)(level) << 16 | (__u32)(name))
enum { LEVEL_SOCKET = 1, LEVEL_IP = 0, LEVEL_IPV6 = 41 };

INLINE _Bool is_forbidden(__u32 option)
{
	switch (option) {
	case OPTION(LEVEL_SOCKET, 25): /* SO_BINDTODEVICE */
	case OPTION(LEVEL_SOCKET, 62): /* SO_BINDTOIFINDEX */
	case OPTION(LEVEL_SOCKET, 36): /* SO_MARK: chooses routes */
	case OPTION(LEVEL_IP, 4):      /* IP_OPTIONS: source routes */
	case OPTION(LEVEL_IP, 15):     /* IP_FREEBIND */
	case OPTION(LEVEL_IP, 19):     /* IP_TRANSPARENT */
	case OPTION(LEVEL_IP, 51):     /* IP_LOCAL_PORT_RANGE: chooses a port without bind() */
	case OPTION(LEVEL_IP, 32):     /* IP_MULTICAST_IF */
	case OPTION(LEVEL_IP, 35):     /* IP_ADD_MEMBERSHIP: the host's interface listens */
	case OPTION(LEVEL_IP, 39):     /* IP_ADD_SOURCE_MEMBERSHIP */
	case OPTION(LEVEL_IP, 42):     /* MCAST_JOIN_GROUP */
	case OPTION(LEVEL_IP, 46):     /* MCAST_JOIN_SOURCE_GROUP */
	case OPTION(LEVEL_IP, 48):     /* MCAST_MSFILTER */
	case OPTION(LEVEL_IP, 50):     /* IP_UNICAST_IF */
	case OPTION(LEVEL_IPV6, 1):    /* IPV6_ADDRFORM */
	case OPTION(LEVEL_IPV6, 17):   /* IPV6_MULTICAST_IF */
	case OPTION(LEVEL_IPV6, 20):   /* IPV6_ADD_MEMBERSHIP */
	case OPTION(LEVEL_IPV6, 27):   /* IPV6_JOIN_ANYCAST: an address of its own */
	case OPTION(LEVEL_IPV6, 42):   /* MCAST_JOIN_GROUP */
	case OPTION(LEVEL_IPV6, 46):   /* MCAST_JOIN_SOURCE_GROUP */
	case OPTION(LEVEL_IPV6, 48):   /* MCAST_MSFILTER */
	case OPTION(LEVEL_IPV6, 57):   /* IPV6_RTHDR */
	case OPTION(LEVEL_IPV6, 75):   /* IPV6_TRANSPARENT */
	case OPTION(LEVEL_IPV6, 76):   /* IPV6_UNICAST_IF */
	case OPTION(LEVEL_IPV6, 78):   /* IPV6_FREEBIND */
		return 1;
	default:
		return 0;
	}
}

enum { OPTION_BROADCAST = OPTION(LEVEL_SOCKET, 6), OPTION_V6ONLY = OPTION(LEVEL_IPV6, 26) };
enum { PAGE_BYTES = 4096, DONE = -1 /* the kernel does nothing more */ };

/* bind6 has to know, and the socket itself does not say. */
INLINE void note_only6(struct bpf_sockopt *ctx)
{
	int *value = ctx->optval;
	struct bpf_sock *sk = ctx->sk;
	struct fence_socket *known;

	if (!sk || (void *)(value + 1) > ctx->optval_end)
		return; /* the kernel refuses it as well */
	known = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!known)
		return;
	if (*value)
		known->flags |= FENCE_SOCKET_V6ONLY;
	else
		known->flags &= ~(__u32)FENCE_SOCKET_V6ONLY;
}

/* Daemons set an option or two for every answer they give.  What was copied here is
 * passed on where this has looked at it alone: else the kernel takes the caller's own
 * again, which spares it another copy (and only a page was copied). */
SEC("cgroup/setsockopt")
int setsockopt(struct bpf_sockopt *ctx)
{
	__u32 option = OPTION(ctx->level & 0xffff, ctx->optname & 0xffff);
	_Bool seen = 0;

	if (ctx->sk && (ctx->sk->family == FAMILY_INET || ctx->sk->family == FAMILY_INET6)) {
		if (is_forbidden(option))
			return refuse(EPERM);
		/* A subnet's broadcast is heard by the host's daemons, and no program
		 * here knows one.  Refused where it is used: Java asks for this always. */
		if (option == OPTION_BROADCAST) {
			ctx->optlen = DONE;
			return ALLOW;
		}
		if (option == OPTION_V6ONLY) {
			note_only6(ctx);
			seen = 1;
		}
	}
	if (!seen || ctx->optlen > PAGE_BYTES)
		ctx->optlen = 0;
	return ALLOW;
}
