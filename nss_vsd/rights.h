/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_RIGHTS_H
#define NSS_VSD_RIGHTS_H

#include "file.h"

/* A server's exec rights as groups: the gids are the host's, the members those of
 * the server's etc/vsd/priv. */

/* Which list of gids the host has.  No list: all zero, which no file has; then nobody
 * has a right, whatever servers say. */
struct nss_stamp nss_exec_stamp(void);

/* Lines as etc/group has them, for the rights that have a group.
 * Shape:  a newline stands first, as in nss_file_read
 * Owns:   *out is malloc'ed
 * Errors: -ENOMEM; else as vsd_exec_read */
int nss_rights_text(struct vsd_span priv, char **out, size_t *out_len,
		    struct nss_stamp *out_stamp) VSD_MUST_CHECK;

#endif
