/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_SECRET_H
#define NSS_VSD_SECRET_H

#include "entry.h"
#include "file.h"

/* One line's answer; asked: the name as it was asked for, NULL the qualified one.
 * Errors: -ERANGE; -EINVAL a bad line */
typedef int nss_pack_fn(struct vsd_span line, const struct nss_server *s, const char *asked,
			const struct nss_out *out);

/* shadow and gshadow: read a file that is never kept in memory, hand the name's first good
 * line on, and wipe it.
 * Errors: -ENOENT no such line, or the root has changed; `missing` no such file; else as
 *         nss_file_read's */
int nss_secret_find(const struct nss_server *s, enum nss_file f, struct vsd_span name,
		    const char *asked, int missing, nss_pack_fn *pack,
		    const struct nss_out *out) VSD_MUST_CHECK;

#endif
