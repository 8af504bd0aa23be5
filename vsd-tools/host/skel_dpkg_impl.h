/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_DPKG_IMPL_H
#define VSD_SKEL_DPKG_IMPL_H

#include "safe.h"
#include "skel_dpkg.h"

/* Shared by skel_dpkg.c and skel_dpkg_files.c alone. */

struct package {
	char *name, *arch;
	const char *stanza;      /* in dpkg.status */
	size_t len;
	bool is_same;            /* Multi-Arch: same, so its files are called NAME:ARCH */
	bool chosen, put;
};

/* A file that something may need, and whose it is. */
struct owner {
	char *path;
	uint32_t package, next;
};

struct dpkg {
	char *status, *written;
	size_t status_len, written_len;
	struct package *package; /* sorted by name */
	size_t npackage, room;
	struct owner *owner;     /* owner[0] unused; made when first asked for */
	uint32_t *hash;
	uint32_t nowner, owner_room;
};

struct package *dpkg_find_owner(struct dpkg *d, struct plan *p, const char *path);
void dpkg_free_owners(struct dpkg *d);
int dpkg_put_infos(struct dpkg *d, struct plan *p) VSD_MUST_CHECK;

#endif
