/* SPDX-License-Identifier: GPL-2.0-only */
/* Abstract unix sockets: their names belong to the network namespace, so that a
 * server's process could reach the host's (and another server's), and be handed
 * descriptors there.  Hooks of Linux 6.7; an object of its own, since an older
 * kernel refuses what it does not know. */
#include <linux/bpf.h>
#include <linux/errno.h>

#include <bpf/bpf_helpers.h>

enum { REFUSE = 0, ALLOW = 1, PATH_AT = 2 };

struct sockaddr;

/* The kernel's own, by name and type: its layout is found when loading. */
struct bpf_sock_addr_kern {
	struct sockaddr *uaddr;
	__u32 uaddrlen;
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;

/* Who the other end is cannot be seen from here, so the server's own abstract
 * sockets are out of reach as well; what stock programs use are paths. */
static __always_inline int by_path_only(struct bpf_sock_addr *ctx)
{
	struct bpf_sock_addr_kern *k = bpf_cast_to_kern_ctx(ctx);
	char first = 0;

	if (k->uaddrlen <= PATH_AT)
		return ALLOW; /* no name: the kernel refuses it */
	if (bpf_probe_read_kernel(&first, 1, (char *)k->uaddr + PATH_AT) == 0 && first)
		return ALLOW;
	bpf_set_retval(-ECONNREFUSED);
	return REFUSE;
}

SEC("cgroup/connect_unix")
int connect_unix(struct bpf_sock_addr *ctx)
{
	return by_path_only(ctx);
}

SEC("cgroup/sendmsg_unix")
int sendmsg_unix(struct bpf_sock_addr *ctx)
{
	return by_path_only(ctx);
}

const char unix_license[] SEC("license") = "GPL";
