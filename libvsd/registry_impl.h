/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REGISTRY_IMPL_H
#define VSD_REGISTRY_IMPL_H

#include "registry.h"

/* Shared by the registry's reading and writing halves only. */

#define VSD_SERVER_TEXT_MAX 8192 /* bytes: sixteen addresses and the longest paths fit */

/* vsd_registry_find_name in an already checked folder. */
int vsd_registry_find_name_at(int dirfd, const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* Write vsd_path_index from n servers in the order of names.
 * Errors: -EEXIST two ranges overlap or share an address */
int vsd_index_write(const struct vsd_server *s, uint32_t n) VSD_MUST_CHECK;

/* Set the word of the present index, in place and on disk; no index: 0. */
int vsd_index_mark(uint32_t age) VSD_MUST_CHECK;

#endif
