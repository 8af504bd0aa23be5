/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CONN_H
#define VSD_CONN_H

#include "addr.h"

/* Which local address did the client choose?  Looks through the process's own
 * descriptors for connected inet sockets (getpeername answers: a listener is no
 * connection); all that it finds must agree.
 * Errors: -ENOTCONN none; -EMLINK two addresses
 * Safe:   PAM / NSS; leaves no descriptor open */
int vsd_conn_local_address(struct vsd_addr *out) VSD_MUST_CHECK;

/* The same of the address that the client has itself. */
int vsd_conn_peer_address(struct vsd_addr *out) VSD_MUST_CHECK;

/* The local one of fd 0 of the direct parent (login under telnetd), by pidfd_getfd. */
int vsd_conn_parent_address(struct vsd_addr *out) VSD_MUST_CHECK;

#endif
