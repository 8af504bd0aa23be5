/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_WHO_H
#define NSS_VSD_WHO_H

#include "server.h"

/* Whose user is asked for?  `alice@vs1` from anywhere; bare `alice` where
 * nss_bare_server allows it.
 * Owns:   out_user lies in asked
 * Errors: -ENOENT certainly nobody's; else what kept it from being known */
int nss_who(const char *asked, struct nss_server *out, struct vsd_span *out_user) VSD_MUST_CHECK;

/* The same for a group: qualified names only.  A bare `sudo` that named a
 * server's group would match %sudo in the host's sudoers. */
int nss_whose_group(const char *asked, struct nss_server *out, struct vsd_span *out_group) VSD_MUST_CHECK;

/* The server that bare names mean in this process.
 * Errors: -ENOENT none: they mean nothing here */
int nss_bare_server(struct nss_server *out) VSD_MUST_CHECK;

/* Is this a login service that vsd.conf lists, or can that not be told?
 * Safe:   any thread; the first call may read vsd.conf */
bool nss_is_service(void) VSD_MUST_CHECK;

#endif
