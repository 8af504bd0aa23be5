/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ADDR_H
#define VSD_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "scope.h"

#define VSD_ADDR_TEXT_MAX 46 /* INET6_ADDRSTRLEN, NUL counted */

/* An IPv4 or IPv6 address in network order; IPv4 as ::ffff:a.b.c.d. */
struct vsd_addr {
	uint8_t b[16];
};

bool vsd_addr_is_v4(const struct vsd_addr *a);
bool vsd_addr_equal(const struct vsd_addr *a, const struct vsd_addr *b);

/* May a server own it: not unspecified, loopback, multicast, broadcast,
 * link-local, nor a v4-mapped or v4-compatible text form of IPv6? */
bool vsd_addr_is_usable(const struct vsd_addr *a);

/* Read an address in inet_pton's text form.
 * Errors: -EINVAL; out untouched */
int vsd_addr_parse(const char *s, size_t len, struct vsd_addr *out) VSD_MUST_CHECK;

/* Write an address as text: VSD_ADDR_TEXT_MAX bytes, NUL counted. */
void vsd_addr_format(const struct vsd_addr *a, char out[VSD_ADDR_TEXT_MAX]);

/* Errors: -EAFNOSUPPORT for a family other than AF_INET and AF_INET6 */
int vsd_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
			   struct vsd_addr *out) VSD_MUST_CHECK;

#endif
