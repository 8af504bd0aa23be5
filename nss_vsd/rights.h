/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_RIGHTS_H
#define NSS_VSD_RIGHTS_H

#include "file.h"

/* A server's exec rights as groups: the gids are the host's, the members those of
 * the server's etc/vsd/priv. */

/* Has the host no list of gids?  Then nobody has one, whatever servers say. */
bool nss_exec_has_none(void);

/* Is the host's list of gids still the one of that stamp? */
bool nss_exec_is(const struct nss_stamp *stamp);

/* Lines as etc/group has them, for the rights that have a group.
 * Shape:  a newline stands first, as in nss_file_read
 * Owns:   *out is malloc'ed
 * Errors: -ENOMEM; else as vsd_exec_read */
int nss_rights_text(struct vsd_span priv, char **out, size_t *out_len,
		    struct nss_stamp *out_stamp) VSD_MUST_CHECK;

#endif
