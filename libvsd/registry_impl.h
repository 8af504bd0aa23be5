/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REGISTRY_IMPL_H
#define VSD_REGISTRY_IMPL_H

#include "registry.h"

/* Shared by the registry's reading and writing halves only. */

#define VSD_SERVER_TEXT_MAX 8192 /* bytes: sixteen addresses and the longest paths fit */

/* vsd_registry_find_name in an already checked folder. */
int vsd_registry_find_name_at(int dirfd, const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* Write vsd_path_index from n servers in the order of names, whole. */
int vsd_index_write(const struct vsd_server *s, uint32_t n) VSD_MUST_CHECK;

/* Open the present index for vsd_index_set_age; -1 where there is none. */
int vsd_index_open_rw(int *out_fd) VSD_MUST_CHECK;

/* Set the index's one changing word, in place and on disk; fd -1: nothing. */
int vsd_index_set_age(int fd, uint32_t age) VSD_MUST_CHECK;

#endif
