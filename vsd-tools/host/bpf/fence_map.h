/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
#ifndef VSD_FENCE_MAP_H
#define VSD_FENCE_MAP_H

#include <linux/types.h>

/* What the programs in the kernel and their loader share.  FENCE_LAYOUT names
 * the folder of the pins: raise it when a map below changes its shape, since a
 * pinned map cannot, and name the one before in FENCE_LAYOUTS_OLD, newest first:
 * maps that have the same name and shape there are taken over.  A map whose
 * meaning changes and whose shape does not gets another name. */
#define FENCE_LAYOUT "2"
#define FENCE_LAYOUTS_OLD { "1" }

#define FENCE_SERVERS_MAX 16384
#define FENCE_ADDRESSES_MAX 65536
#define FENCE_HOSTS_MAX 4096
#define FENCE_PORTS_MAX 1024
#define FENCE_LISTENERS_MAX 65536

/* Servers' private loopback: 127.64.0.0/10, and an IPv6 prefix of alias.c's. */
#define FENCE_LOOP4_FIRST 0x7f400000u
#define FENCE_LOOP4_MASK 0xffc00000u
#define FENCE_LOOP6_WORD 0xfd565344u

#define FENCE_TARGETS_MAX 16 /* of a server's own */

/* An address as struct vsd_addr has it: network order, IPv4 as ::ffff:a.b.c.d. */
struct fence_addr {
	__u32 w[4];
};

/* servers: by the id of the server's cgroup. All addresses in network order. */
struct fence_server {
	__u32 number;             /* the server's id, never used twice */
	__u32 admin_uid;
	__u32 first4, loop4;      /* 0: none */
	struct fence_addr first6; /* zero: none */
	struct fence_addr loop6;  /* zero: none */
	__u16 own_targets;        /* 0: the FENCE_PORT_TARGETs, else those below alone */
	__u16 target[FENCE_TARGETS_MAX]; /* admin's alone, host order; 0: none */
	__u16 unused;
};

/* owners: address -> number.  hosts: address -> 1.  ports: as below. */
#define FENCE_PORT_HOST 1    /* no server may bind it */
#define FENCE_PORT_TARGET 2  /* a target of vsd.conf's redirects: admin's alone */
#define FENCE_PORT_REACH 4   /* of the host's daemons: may be reached */
#define FENCE_PORT_TO(flags) ((flags) >> 16) /* where vsd.conf's redirects lead from here, or 0 */

/* listeners: TCP listeners by the very address and port, and those on all of a
 * server's addresses by { 0, family, 0, number } and port. */
struct fence_listener {
	struct fence_addr addr;
	__u32 port; /* host order */
};

/* sockets: what was asked of a socket before. */
#define FENCE_SOCKET_V6ONLY 1 /* IPV6_V6ONLY was set */
#define FENCE_SOCKET_WILD4 2  /* bound to all IPv4 addresses */
#define FENCE_SOCKET_WILD6 4  /* bound to all IPv6 addresses */
#define FENCE_SOCKET_LISTENS 8 /* a server's listener, whatever it is bound to */

struct fence_socket {
	__u32 flags;
	__u32 number;
};

/* cut: bits of addresses by fence_cut_bit().  Packets of connections are looked at
 * again where one is set: the address was taken from a server that ran on (for good:
 * nobody knows when its last socket is gone), or its server is out of the fence. */
#define FENCE_CUT_BITS 65536

struct fence_cut {
	__u32 moved, out;
};

static inline __u32 fence_cut_bit(const struct fence_addr *a)
{
	__u32 h = a->w[0] ^ a->w[1] ^ a->w[2] ^ a->w[3];

	return (h ^ h >> 16) & (FENCE_CUT_BITS - 1);
}

/* asked: datagrams that a socket of the host's has sent to a server on this host -> when,
 * in ns of the kernel's monotonic clock.  What it sends back is an answer.  Addresses
 * and ports in network order. */
#define FENCE_ASKED_MAX 4096

struct fence_asked {
	struct fence_addr from, to;
	__u16 from_port, to_port;
};

/* The two below are the loader's own books. */
#define FENCE_SERVER_ADDRESSES_MAX 16
#define FENCE_PROGRAMS_MAX 32

/* records: number -> what the server has in the maps above. */
struct fence_record {
	__u64 cgroup;
	__u32 naddr, unused;
	struct fence_addr addr[FENCE_SERVER_ADDRESSES_MAX];
};

/* build: 0 -> which build's programs are attached, in the order of the loader's
 * table; written last, so that a loader that died half-way is noticed. */
struct fence_build {
	__u64 hash;
	__u32 program_id[FENCE_PROGRAMS_MAX]; /* 0: not in this kernel */
};

#endif
