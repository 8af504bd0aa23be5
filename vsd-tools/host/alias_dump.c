/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "alias_nl.h"

#define RECEIVE_BYTES 65536
#define DUMP_TRIES 1000

struct growing {
	struct alias_entry *p;
	size_t n, room;
	uint32_t metric;      /* of the default route found so far */
	unsigned ifindex;
};

/* libmnl's own loop casts const away. */
static const struct nlattr *if_whole(const struct nlmsghdr *h, const struct nlattr *a)
{
	const char *at = (const void *)a, *end = mnl_nlmsg_get_payload_tail(h);

	return mnl_attr_ok(a, (int)(end - at)) ? a : NULL;
}

static const struct nlattr *first_attr(const struct nlmsghdr *h, size_t offset)
{
	return if_whole(h, mnl_nlmsg_get_payload_offset(h, offset));
}

static const struct nlattr *next_attr(const struct nlmsghdr *h, const struct nlattr *a)
{
	return if_whole(h, mnl_attr_next(a));
}

static int push(struct growing *g, const struct alias_entry *e)
{
	if (g->n == g->room) {
		size_t room = g->room ? g->room * 2 : 64;
		struct alias_entry *p = reallocarray(g->p, room, sizeof(*p));

		if (!p)
			return MNL_CB_ERROR;
		g->p = p;
		g->room = room;
	}
	g->p[g->n++] = *e;
	return MNL_CB_OK;
}

static bool read_address(const struct nlattr *a, unsigned family, struct vsd_addr *out)
{
	size_t len = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(a) != len)
		return false;
	*out = (struct vsd_addr){ .b = { 0 } };
	if (len == 4)
		out->b[10] = out->b[11] = 0xff;
	memcpy(out->b + 16 - len, mnl_attr_get_payload(a), len);
	return true;
}

/* Is it of that type, and long enough for what begins it? */
static bool is_whole(const struct nlmsghdr *h, unsigned type, size_t head)
{
	return h->nlmsg_type == type && mnl_nlmsg_get_payload_len(h) >= head;
}

static uint32_t read_u32(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == sizeof(uint32_t) ? mnl_attr_get_u32(a) : 0;
}

static int on_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct alias_entry e = { .route = false };
	const struct nlattr *a;
	bool found = false, local = false;

	if (!is_whole(h, RTM_NEWADDR, sizeof(*m)) ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return MNL_CB_OK;
	e.ifindex = m->ifa_index;
	e.prefix = m->ifa_prefixlen;
	for (a = first_attr(h, sizeof(*m)); a; a = next_attr(h, a)) {
		unsigned type = mnl_attr_get_type(a);

		/* On a point-to-point link IFA_ADDRESS is the peer's: LOCAL wins. */
		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local)) {
			found = read_address(a, m->ifa_family, &e.addr);
			local = type == IFA_LOCAL;
		} else if (type == IFA_PROTO && mnl_attr_get_payload_len(a) == 1) {
			e.ours = mnl_attr_get_u8(a) == ALIAS_PROTOCOL;
		}
	}
	return found ? push(arg, &e) : MNL_CB_OK;
}

static int on_local_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct alias_entry e = { .ours = true, .route = true };
	const struct nlattr *a;
	bool found = false;

	if (!is_whole(h, RTM_NEWROUTE, sizeof(*m)) || m->rtm_type != RTN_LOCAL ||
	    m->rtm_protocol != ALIAS_PROTOCOL || m->rtm_table != RT_TABLE_LOCAL)
		return MNL_CB_OK;
	e.prefix = m->rtm_dst_len;
	for (a = first_attr(h, sizeof(*m)); a; a = next_attr(h, a)) {
		if (mnl_attr_get_type(a) == RTA_DST)
			found = read_address(a, m->rtm_family, &e.addr);
		else if (mnl_attr_get_type(a) == RTA_OIF)
			e.ifindex = read_u32(a);
	}
	return found ? push(arg, &e) : MNL_CB_OK;
}

static int on_default_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct growing *g = arg;
	uint32_t metric = 0, ifindex = 0;
	const struct nlattr *a;

	if (!is_whole(h, RTM_NEWROUTE, sizeof(*m)) || m->rtm_dst_len || m->rtm_type != RTN_UNICAST ||
	    m->rtm_table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	for (a = first_attr(h, sizeof(*m)); a; a = next_attr(h, a)) {
		if (mnl_attr_get_type(a) == RTA_OIF)
			ifindex = read_u32(a);
		else if (mnl_attr_get_type(a) == RTA_PRIORITY)
			metric = read_u32(a);
	}
	if (ifindex && (!g->ifindex || metric < g->metric)) {
		g->ifindex = ifindex;
		g->metric = metric;
	}
	return MNL_CB_OK;
}

static char buffer[RECEIVE_BYTES];

/* Read on to the end of an answer that is of no use any more. */
static int drain(struct mnl_socket *nl, ssize_t got)
{
	for (;;) {
		int left = (int)got;

		if (got < 0)
			return -errno;
		for (const struct nlmsghdr *h = (void *)buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				return 0;
		got = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	}
}

/* One question.
 * Errors: -EINTR: somebody changed what was being listed, nothing of it counts */
static int dump_once(struct mnl_socket *nl, unsigned type, unsigned family, mnl_cb_t fn,
		     struct growing *g)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(struct rtmsg));
	unsigned port = mnl_socket_get_portid(nl), seq = type << 8 | family;
	ssize_t got = 0;
	int r = MNL_CB_OK, drained;

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = seq;
	m->rtgen_family = (uint8_t)family;
	if (type == RTM_GETADDR)
		h->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg));
	if (mnl_socket_sendto(nl, buffer, h->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		got = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		if (got < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)got, seq, port, fn, g);
	}
	if (r >= 0)
		return 0;
	r = -errno;
	drained = r == -EINTR ? drain(nl, got) : 0;
	return drained < 0 ? drained : r;
}

/* The kernel says when a list was changed while it gave it out; then ask again.
 * Other vsboots change it all the time, so that once may not do. */
static int dump(struct mnl_socket *nl, unsigned type, unsigned family, mnl_cb_t fn,
		struct growing *g)
{
	const struct growing before = *g;
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		g->n = before.n;
		g->metric = before.metric;
		g->ifindex = before.ifindex;
		r = dump_once(nl, type, family, fn, g);
	}
	return r == -EINTR ? -EBUSY : r;
}

int alias_nl_dump(struct mnl_socket *nl, struct alias_entry **out, size_t *out_n)
{
	struct growing g = { .p = NULL };
	int r = dump(nl, RTM_GETADDR, AF_UNSPEC, on_address, &g);

	if (r == 0)
		r = dump(nl, RTM_GETROUTE, AF_INET, on_local_route, &g);
	if (r == 0)
		r = dump(nl, RTM_GETROUTE, AF_INET6, on_local_route, &g);
	if (r < 0) {
		free(g.p);
		return r;
	}
	*out = g.p;
	*out_n = g.n;
	return 0;
}

int alias_nl_default(struct mnl_socket *nl, unsigned *out_ifindex)
{
	struct growing g = { .p = NULL };
	int r = dump(nl, RTM_GETROUTE, AF_INET, on_default_route, &g);

	if (r == 0 && !g.ifindex)
		r = dump(nl, RTM_GETROUTE, AF_INET6, on_default_route, &g);
	if (r < 0)
		return r;
	*out_ifindex = g.ifindex;
	return 0;
}
