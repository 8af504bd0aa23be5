/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ALIAS_H
#define VSD_ALIAS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h"
#include "registry.h"

/* The servers' addresses on the host's interface, by rtnetlink in batches.
 * An address of ours is a /32 or /128 that carries our number in IFA_PROTO; a
 * kernel before 5.18 has no such mark, and a record on disk takes its place.
 * What is not ours is reported and never removed. */

#define ALIAS_PROTOCOL 118 /* in IFA_PROTO and rtm_protocol; no other program's */

enum alias_state {
	ALIAS_ADDED,    /* put there now */
	ALIAS_REMOVED,  /* taken away now */
	ALIAS_PRESENT,  /* was there, and is ours */
	ALIAS_ABSENT,   /* was not there */
	ALIAS_ROUTED,   /* local by one of our AnyIP routes: needs no address (IPv4) */
	ALIAS_FOREIGN,  /* there, put by somebody else: left as it is */
	ALIAS_FAILED    /* error says why */
};

/* What became of one address.  interface and prefix: where it lies and with
 * which prefix length, when it lies somewhere. */
struct alias_result {
	struct vsd_addr addr;
	enum alias_state state;
	int error;                    /* -errno */
	char interface[IF_NAMESIZE];
	unsigned prefix;              /* bits */
};

/* One address of the host's. */
struct alias_entry {
	struct vsd_addr addr;
	unsigned ifindex;
	unsigned prefix;              /* bits */
	bool ours;
	bool route;                   /* an AnyIP route of ours, not an address */
};

/* The interface that takes the addresses: vsd.conf's, else the one with the
 * default route (IPv4's, then IPv6's; the lowest metric).
 * Errors: -ENODEV, and why says which was wanted; else the system's
 * Safe:   tool; does not log */
int alias_interface(const struct vsd_conf *c, char out[IF_NAMESIZE],
		    char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Add the addresses to the interface, IPv6 without duplicate detection and
 * deprecated, so that the host's own connections do not choose a server's
 * address.  One already there is no error: see its result.
 * Shape:  out has n elements, in the order of addr
 * Errors: the system's, when nothing could be tried; the count of
 *         ALIAS_FAILED results (> 0) when some were refused; 0
 * Safe:   tool; needs CAP_NET_ADMIN; does not log */
int alias_up(const char *interface, const struct vsd_addr *addr, size_t n,
	     struct alias_result *out) VSD_MUST_CHECK;

/* The routes for vsd.conf's networks; one that is there already is no error.
 * Errors: negative, and why names the network */
int alias_up_networks(const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take ours of them away; none is no error. */
int alias_down_networks(const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* A server's addresses on that interface, or by a route of vsd.conf's.
 * Errors: negative, and why names the address or the interface */
int alias_up_server(const struct vsd_conf *c, const struct vsd_server *s,
		    char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Remove those of the addresses that are ours, from whatever interface.
 * Shape, Errors and Safe as above. */
int alias_down(const struct vsd_addr *addr, size_t n, struct alias_result *out) VSD_MUST_CHECK;

/* Every address and AnyIP route of the host, in the order of addresses.
 * Owns:   *out is malloc'ed: free
 * Errors: the system's */
int alias_list(struct alias_entry **out, size_t *out_n) VSD_MUST_CHECK;

/* First entry of that address in such a list, or NULL; the next of the same
 * address, if there is one, follows it. */
const struct alias_entry *alias_find(const struct alias_entry *list, size_t n,
				     const struct vsd_addr *a);

/* The list's AnyIP route that covers the address, or NULL. */
const struct alias_entry *alias_find_route(const struct alias_entry *list, size_t n,
					   const struct vsd_addr *a);

/* AnyIP: make a whole prefix, routed to this host, local by one route; for
 * thousands of addresses.  Removing takes away only a route of ours.
 * Shape:  prefix in bits of the address's own family
 * Errors: -EEXIST / -ENOENT; -EINVAL prefix, or host bits are set; else the system's */
int alias_anyip(bool up, const struct vsd_addr *net, unsigned prefix) VSD_MUST_CHECK;

/* What stands for ::1 in the server with that id: an address of a unique local
 * prefix (RFC 4193) on lo, private by the fence.  IPv6 has no 127/8. */
struct vsd_addr alias_loopback_address(uint32_t id);
bool alias_is_loopback(const struct vsd_addr *a);

/* Put it there or take it away; so already is no error.
 * Shape:  nl may be NULL.  Else it is alias_open()'s, for who does many: good for
 *         children, too, one at a time; alias_close() accepts NULL
 * Errors: the system's */
struct mnl_socket;
int alias_open(struct mnl_socket **out) VSD_MUST_CHECK;
void alias_close(struct mnl_socket *nl);
int alias_loopback(struct mnl_socket *nl, bool up, uint32_t id) VSD_MUST_CHECK;

#endif
