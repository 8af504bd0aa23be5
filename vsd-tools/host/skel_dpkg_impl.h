/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_DPKG_IMPL_H
#define VSD_SKEL_DPKG_IMPL_H

#include "safe.h"
#include "skel_dpkg.h"
#include "skel_index.h"

/* Shared by skel_dpkg.c and skel_dpkg_files.c alone. */

struct package {
	char *name, *arch;
	const char *stanza;      /* in dpkg.status */
	size_t len;
	bool is_same;            /* Multi-Arch: same, so its files are called NAME:ARCH */
	bool chosen, put;
};

struct dpkg {
	char *status, *written;
	size_t status_len, written_len;
	struct package *package; /* sorted by name */
	size_t npackage, room;
	struct skel_index owner; /* of files that something may need */
	bool has_owners;         /* they are read when first asked for */
};

struct package *dpkg_find_owner(struct dpkg *d, struct plan *p, const char *path);
int dpkg_put_infos(struct dpkg *d, struct plan *p) VSD_MUST_CHECK;

#endif
