/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_RIGHTS_H
#define NSS_VSD_RIGHTS_H

#include "exec.h"
#include "server.h"

/* A server's exec rights.  Who has one stands in its etc/vsd/priv, which is kept as a
 * table of groups: a right's name, its members, and for its gid no more than the number
 * of its line.  The real gids are the host's, in another file, which only those who are
 * named in such a line need. */
extern const struct vsd_range nss_rights_range; /* of those numbers */

/* Lines as etc/group has them, of all rights that can be of a program.
 * Shape:  a newline stands first, as in nss_file_read
 * Owns:   *out is malloc'ed
 * Errors: -ENOMEM */
int nss_rights_text(struct vsd_span priv, char **out, size_t *out_len) VSD_MUST_CHECK;

/* The host's list as it is now, from memory when one stat says that it is unchanged;
 * after a root change only from memory.  Empty where there is none, or none that can be
 * believed: then nobody has a right, whatever servers say.
 * Safe:   any thread */
void nss_exec_list(struct vsd_exec_groups *out);

#endif
