/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alias_nl.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Messages in one send.  The kernel answers while it reads them, so what it
 * says must fit into the socket's buffer: only the last asks for an answer. */
#define BATCH_MESSAGES 256
#define MESSAGE_BYTES_MAX 128
#define RECEIVE_BYTES 65536
#define RCVBUF_BYTES (1024 * 1024)

int alias_nl_open(struct mnl_socket **out)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int size = RCVBUF_BYTES, one = 1;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		int error = -errno;

		(void)mnl_socket_close(nl); /* nothing was sent */
		return error;
	}
	/* Both are savings only: a shorter answer, a roomier buffer. */
	(void)mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	*out = nl;
	return 0;
}

void alias_nl_close(struct mnl_socket **nl)
{
	int saved = errno;

	if (*nl)
		(void)mnl_socket_close(*nl); /* every answer has been read */
	*nl = NULL;
	errno = saved;
}

bool alias_kernel_marks(void)
{
	struct utsname u;
	char *end;
	long major, minor;

	if (uname(&u) < 0)
		return false;
	major = strtol(u.release, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	return major > 5 || (major == 5 && minor >= 18);
}

static const uint8_t *address_bytes(const struct vsd_addr *a, size_t *out_len)
{
	bool v4 = vsd_addr_is_v4(a);

	*out_len = v4 ? 4 : 16;
	return a->b + (v4 ? 12 : 0);
}

static void put_address(struct nlmsghdr *h, bool add, const struct alias_job *job)
{
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct ifa_cacheinfo life = { .ifa_prefered = 0, .ifa_valid = UINT32_MAX };
	size_t len;
	const uint8_t *b = address_bytes(&job->result->addr, &len);

	h->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	h->nlmsg_flags = NLM_F_REQUEST | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	m->ifa_family = len == 4 ? AF_INET : AF_INET6;
	m->ifa_prefixlen = (uint8_t)(len * 8);
	m->ifa_index = job->ifindex;
	mnl_attr_put(h, IFA_LOCAL, len, b);
	mnl_attr_put(h, IFA_ADDRESS, len, b);
	if (!add)
		return;
	mnl_attr_put_u8(h, IFA_PROTO, ALIAS_PROTOCOL);
	if (len == 16) {
		/* A network of one address wants no route of its own beside the local one. */
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
		mnl_attr_put(h, IFA_CACHEINFO, sizeof(life), &life);
	}
}

/* Read answers up to the one with the number `last`; errors of the others are
 * noted in error[seq - first]. */
static int read_answers(struct mnl_socket *nl, uint32_t first, uint32_t last, int *error)
{
	static char buffer[RECEIVE_BYTES];

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		int left = (int)got;

		if (got < 0)
			return -errno;
		for (struct nlmsghdr *h = (void *)buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq < first ||
			    h->nlmsg_seq > last)
				continue;
			error[h->nlmsg_seq - first] = e->error;
			if (h->nlmsg_seq == last)
				return 0;
		}
	}
}

static int send_batch(struct mnl_socket *nl, bool add, const struct alias_job *job, size_t n,
		      uint32_t seq)
{
	static char buffer[BATCH_MESSAGES * MESSAGE_BYTES_MAX];
	int error[BATCH_MESSAGES] = { 0 };
	size_t used = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		struct nlmsghdr *h = mnl_nlmsg_put_header(buffer + used);

		put_address(h, add, job + i);
		h->nlmsg_seq = seq + (uint32_t)i;
		if (i == n - 1)
			h->nlmsg_flags |= NLM_F_ACK;
		used += MNL_ALIGN(h->nlmsg_len);
	}
	if (mnl_socket_sendto(nl, buffer, used) < 0)
		return -errno;
	r = read_answers(nl, seq, seq + (uint32_t)n - 1, error);
	for (size_t i = 0; r == 0 && i < n; i++)
		job[i].result->error = error[i];
	return r;
}

int alias_nl_addresses(struct mnl_socket *nl, bool add, const struct alias_job *job, size_t n)
{
	/* Of this process alone: an answer to one that has died, on the same socket, is not
	 * taken for ours. */
	uint32_t seq = (uint32_t)getpid() << 8 | 1;

	for (size_t done = 0; done < n;) {
		size_t part = n - done < BATCH_MESSAGES ? n - done : BATCH_MESSAGES;
		int r = send_batch(nl, add, job + done, part, seq);

		if (r < 0)
			return r;
		seq += (uint32_t)part;
		done += part;
	}
	return 0;
}

int alias_nl_route(struct mnl_socket *nl, bool add, const struct vsd_addr *net, unsigned prefix)
{
	char buffer[MESSAGE_BYTES_MAX];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	size_t len;
	const uint8_t *b = address_bytes(net, &len);
	int error = 0, r;

	h->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	h->nlmsg_seq = 1;
	m->rtm_family = len == 4 ? AF_INET : AF_INET6;
	m->rtm_dst_len = (uint8_t)prefix;
	m->rtm_table = RT_TABLE_LOCAL;
	m->rtm_protocol = ALIAS_PROTOCOL;
	m->rtm_scope = RT_SCOPE_HOST;
	m->rtm_type = RTN_LOCAL;
	mnl_attr_put(h, RTA_DST, len, b);
	mnl_attr_put_u32(h, RTA_OIF, if_nametoindex("lo"));
	if (mnl_socket_sendto(nl, buffer, h->nlmsg_len) < 0)
		return -errno;
	r = read_answers(nl, 1, 1, &error);
	return r < 0 ? r : error == -ESRCH ? -ENOENT : error;
}
