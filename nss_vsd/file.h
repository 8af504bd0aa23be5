/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_FILE_H
#define NSS_VSD_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "server.h"
#include "stamp.h"

enum nss_file { FILE_PASSWD, FILE_GROUP, FILE_SHADOW, FILE_GSHADOW, FILE_PRIV };

/* Is the file so new that the next change might leave its stamp as it is?  To be asked
 * before it is read. */
bool nss_stamp_young(const struct vsd_stamp *stamp);

/* Is the file still the one of that stamp?  One stat by absolute path, no
 * descriptor. */
bool nss_file_is(const struct nss_server *s, enum nss_file f, const struct vsd_stamp *stamp);

/* Read one account file whole: regular, root-owned, not writable by others, not
 * beyond the size cap, no symbolic link in any component of its path.
 * Shape:  the text starts with one newline that is not the file's, so that every
 *         line of the file follows one; *out_len counts it; a NUL follows
 * Owns:   *out is malloc'ed
 * Errors: -EPERM owner or mode; -EINVAL not regular; -EFBIG; -EAGAIN it changed
 *         while it was read; -ENOMEM; else the system's (-ELOOP a link)
 *         out_young: the file changed so lately that a next change might leave
 *         the stamp as it is
 * Safe:   any thread; neither waits nor leaves a descriptor */
int nss_file_read(const struct nss_server *s, enum nss_file f, char **out, size_t *out_len,
		  struct vsd_stamp *out_stamp, bool *out_young) VSD_MUST_CHECK;

#endif
