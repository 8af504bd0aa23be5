/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network: other addresses, other families, packets of one's own making. */
#include "escape.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int in_at(struct sockaddr_in *s, const char *address, int port)
{
	*s = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, address, &s->sin_addr) == 1 ? 0 : -1;
}

static int bind_to(const struct aims *a, long arg)
{
	const struct {
		const char *address;
		int type, port;
	} to[] = {
		{ a->host_ip, SOCK_STREAM, 7801 }, { a->other_ip, SOCK_STREAM, 7801 },
		{ a->own_ip, SOCK_STREAM, 23 },	   { a->own_ip, SOCK_STREAM, 81 },
		{ a->host_ip, SOCK_DGRAM, 7801 },  { a->other_ip, SOCK_DGRAM, 7801 },
	};
	struct sockaddr_in s;
	int fd = socket(AF_INET, to[arg].type | SOCK_CLOEXEC, 0);

	if (arg == 3 && outside(getuid()) == a->first)
		return MOOT; /* admin may */
	if (fd < 0 || in_at(&s, to[arg].address, to[arg].port) < 0)
		return -errno;
	return outcome(bind(fd, (struct sockaddr *)&s, sizeof(s)));
}

static int bind6(const struct aims *a, long arg)
{
	struct sockaddr_in6 s = { .sin6_family = AF_INET6, .sin6_port = htons(7801) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)a, (void)arg;
	(void)inet_pton(AF_INET6, "fd88::1", &s.sin6_addr);
	return outcome(fd < 0 ? fd : bind(fd, (struct sockaddr *)&s, sizeof(s)));
}

/* Only an answer tells whose listener it was. */
static int connect_to(const struct aims *a, long arg)
{
	const struct {
		const char *address;
		int port;
	} to[] = {
		{ "127.0.0.1", SERVE_PORT },	  { a->host_ip, SERVE_PORT },
		{ a->other_loop, SERVE_PORT + 1 }, { a->other_ip, SERVE_PORT + 1 },
		{ a->host_ip, 22 },
	};
	struct timeval wait = { .tv_sec = 2 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in s;
	char text[32];
	ssize_t n;

	if (fd < 0 || in_at(&s, to[arg].address, to[arg].port) < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&s, sizeof(s)) < 0)
		return -errno;
	n = recv(fd, text, sizeof(text), 0);
	return n < 0 ? -errno : n == 0 ? -ENODATA : THROUGH;
}

/* The kernel lets every local address be named as a packet's source; who got it says
 * which one it came with. */
static int send_as(int fd, const char *source, struct sockaddr_in *payload)
{
	char room[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct iovec io = { payload, sizeof(*payload) };
	struct sockaddr_in to, from;
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &io,
			    .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct in_pktinfo info = { .ipi_ifindex = 0 };

	if (in_at(&to, "10.88.0.2", SERVE_PORT) < 0 || in_at(&from, source, 0) < 0)
		return -EINVAL;
	info.ipi_spec_dst = from.sin_addr;
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return outcome(sendmsg(fd, &m, 0));
}

static int spoof(const struct aims *a, long arg)
{
	const char *source = arg == HOST ? a->host_ip : a->other_ip;
	struct timeval wait = { .tv_usec = 500000 };
	struct sockaddr_in here, any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;
	char seen[INET_ADDRSTRLEN] = "";

	if (fd < 0 || in_at(&here, a->own_ip, 0) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&any, &len) < 0)
		return -errno;
	here.sin_port = any.sin_port;
	r = send_as(fd, source, &here);
	if (r < 0)
		return r;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (recv(fd, seen, sizeof(seen), 0) < 0)
		return -errno;
	return strcmp(seen, source) == 0 ? THROUGH : -EADDRNOTAVAIL;
}

static int option(const struct aims *a, long arg)
{
	static const struct {
		int level, name;
	} of[] = {
		{ IPPROTO_IP, IP_FREEBIND },  { IPPROTO_IP, IP_TRANSPARENT },
		{ IPPROTO_IP, 51 /* IP_LOCAL_PORT_RANGE */ },
		{ SOL_SOCKET, SO_MARK },      { SOL_SOCKET, 33 /* SO_RCVBUFFORCE */ },
		{ IPPROTO_IPV6, IPV6_FREEBIND },
	};
	int on = 1, fd = socket(arg == 5 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)a;
	if (arg == 2)
		on = (2001 << 16) | 2000;
	return outcome(fd < 0 ? fd : setsockopt(fd, of[arg].level, of[arg].name, &on, sizeof(on)));
}

static int to_device(const struct aims *a, long arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)a, (void)arg;
	return outcome(fd < 0 ? fd : setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
}

#define SOCKET(family, type, protocol) ((long)(family) << 32 | (long)(type) << 16 | (protocol))

static int family(const struct aims *a, long arg)
{
	(void)a;
	return outcome(socket((int)(arg >> 32), (int)(arg >> 16 & 0xffff) | SOCK_CLOEXEC,
			      (int)(arg & 0xffff)));
}

static int add_address(const struct aims *a, long arg)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
		struct rtattr attr;
		struct in_addr ip;
	} q = { .h = { sizeof(q), RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0 },
		.m = { AF_INET, 32, 0, 0, 1 /* lo */ },
		.attr = { sizeof(q.attr) + sizeof(q.ip), IFA_LOCAL } };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char room[256];
	} answer = { .h = { 0 } };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	(void)a, (void)arg;
	(void)inet_pton(AF_INET, "127.99.99.99", &q.ip);
	if (fd < 0 || send(fd, &q, sizeof(q), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.e.error == -EEXIST ? THROUGH : answer.e.error;
}

const struct attack attacks_net[] = {
	{ "bind-host", bind_to, 0 },
	{ "bind-other", bind_to, 1 },
	{ "bind-host-port", bind_to, 2 },
	{ "bind-low-port", bind_to, 3 },
	{ "bind-udp-host", bind_to, 4 },
	{ "bind-udp-other", bind_to, 5 },
	{ "bind-host-v6", bind6, 0 },
	{ "connect-host-loopback", connect_to, 0 },
	{ "connect-host", connect_to, 1 },
	{ "connect-other-loopback", connect_to, 2 },
	{ "connect-host-ssh", connect_to, 4 },
	{ "source-host", spoof, HOST },
	{ "source-other", spoof, OTHER },
	{ "freebind", option, 0 },
	{ "transparent", option, 1 },
	{ "port-range", option, 2 },
	{ "mark", option, 3 },
	{ "force-buffers", option, 4 },
	{ "freebind-v6", option, 5 },
	{ "bind-to-device", to_device, 0 },
	{ "raw-icmp", family, SOCKET(AF_INET, SOCK_RAW, IPPROTO_ICMP) },
	{ "raw-ip", family, SOCKET(AF_INET, SOCK_RAW, IPPROTO_RAW) },
	{ "raw-ip-v6", family, SOCKET(AF_INET6, SOCK_RAW, IPPROTO_RAW) },
	{ "packet", family, SOCKET(AF_PACKET, SOCK_RAW, 0) },
	{ "packet-dgram", family, SOCKET(AF_PACKET, SOCK_DGRAM, 0) },
	{ "mptcp", family, SOCKET(AF_INET, SOCK_STREAM, 262) },
	{ "sctp", family, SOCKET(AF_INET, SOCK_STREAM, IPPROTO_SCTP) },
	{ "udplite", family, SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE) },
	{ "netlink-diag", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) },
	{ "netlink-uevent", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) },
	{ "netlink-audit", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) },
	{ "netlink-generic", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) },
	{ "netlink-netfilter", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) },
	{ "netlink-xfrm", family, SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_XFRM) },
	{ "netlink-add-address", add_address, 0 },
	{ "vsock", family, SOCKET(AF_VSOCK, SOCK_STREAM, 0) },
	{ "alg", family, SOCKET(AF_ALG, SOCK_SEQPACKET, 0) },
	{ "can", family, SOCKET(AF_CAN, SOCK_RAW, 1) },
	{ "tipc", family, SOCKET(AF_TIPC, SOCK_STREAM, 0) },
	{ "bluetooth", family, SOCKET(AF_BLUETOOTH, SOCK_RAW, 1) },
	{ "xdp", family, SOCKET(44 /* AF_XDP */, SOCK_RAW, 0) },
	{ NULL, NULL, 0 },
};
