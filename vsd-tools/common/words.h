/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_WORDS_H
#define VSD_WORDS_H

#include <stddef.h>

#include "registry.h"

/* The words that a skeleton's templates may hold, and what they become:
 *   @NAME@    the server's name           @FQDN@    its host name, whole
 *   @HOST@    the host name's first label @ROOT@    its tree, absolute
 *   @UID@     admin's uid and gid         @LAST@    the last id of the range
 *   @DAY@     today, in days after 1970   @HOSTS@   lines for /etc/hosts
 *   @MAX_USERS@  how many users it may have
 *   @RESOLV@  the host's resolv.conf, without name servers on loopback
 * Any other text between two @ stays as it is. */

/* Owns:   *out is malloc'ed, NUL-terminated (not in *out_len)
 * Errors: -ENOMEM */
int words_expand(const char *text, size_t len, const struct vsd_server *s, char **out,
		 size_t *out_len) VSD_MUST_CHECK;

#endif
