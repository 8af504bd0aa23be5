/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool vsd_addr_is_v4(const struct vsd_addr *a)
{
	return memcmp(a->b, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool vsd_addr_equal(const struct vsd_addr *a, const struct vsd_addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static bool usable_v4(const uint8_t *b)
{
	if (b[0] == 0 || b[0] == 127 || b[0] >= 224) /* this net, loopback, class D, E, broadcast */
		return false;
	return !(b[0] == 169 && b[1] == 254); /* link-local */
}

bool vsd_addr_is_usable(const struct vsd_addr *a)
{
	static const uint8_t zero[12];

	if (vsd_addr_is_v4(a))
		return usable_v4(a->b + 12);
	if (memcmp(a->b, zero, sizeof(zero)) == 0) /* ::, ::1 and v4-compatible */
		return false;
	if (a->b[0] == 0xff) /* multicast */
		return false;
	return !(a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80); /* link-local */
}

int vsd_addr_parse(const char *s, size_t len, struct vsd_addr *out)
{
	char text[VSD_ADDR_TEXT_MAX];
	struct vsd_addr a;

	if (len == 0 || len >= sizeof(text) || memchr(s, '\0', len))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, a.b + 12) == 1) {
		memcpy(a.b, v4_prefix, sizeof(v4_prefix));
		*out = a;
		return 0;
	}
	if (inet_pton(AF_INET6, text, a.b) != 1)
		return -EINVAL;
	/* Two spellings of one address would pass every check for duplicates
	 * that works on text, so the mapped form is not read at all. */
	if (vsd_addr_is_v4(&a))
		return -EINVAL;
	*out = a;
	return 0;
}

void vsd_addr_format(const struct vsd_addr *a, char out[VSD_ADDR_TEXT_MAX])
{
	const char *got;

	if (vsd_addr_is_v4(a))
		got = inet_ntop(AF_INET, a->b + 12, out, VSD_ADDR_TEXT_MAX);
	else
		got = inet_ntop(AF_INET6, a->b, out, VSD_ADDR_TEXT_MAX);
	if (!got) /* cannot happen: the buffer holds the longest form */
		out[0] = '\0';
}

int vsd_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct vsd_addr *out)
{
	if (len < sizeof(sa_family_t))
		return -EAFNOSUPPORT;
	if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in)); /* sa may be misaligned */
		memcpy(out->b, v4_prefix, sizeof(v4_prefix));
		memcpy(out->b + 12, &in.sin_addr, 4);
		return 0;
	}
	if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(out->b, &in6.sin6_addr, 16);
		return 0;
	}
	return -EAFNOSUPPORT;
}
