/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REGISTRY_IMPL_H
#define VSD_REGISTRY_IMPL_H

#include "registry.h"

/* Shared by the registry's reading, writing and checking parts only. */

#define VSD_SERVER_TEXT_MAX 8192 /* bytes: sixteen addresses and the longest paths fit */

/* vsd_registry_find_name in an already checked folder. */
int vsd_registry_find_name_at(int dirfd, const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* vsd_registry_each with another way to read one, asked for the names in their order. */
typedef int vsd_reader_fn(int dirfd, const char *name, struct vsd_server *out, void *reader);
int vsd_registry_walk(vsd_reader_fn *read, void *reader,
		      int (*fn)(const struct vsd_server *s, void *arg),
		      void (*bad)(const char *name, int error, void *arg),
		      void *arg) VSD_MUST_CHECK;

/* Every server, in the order of names. */
struct vsd_server_list {
	struct vsd_server *s;
	uint32_t n, room;
};

/* Errors: -ENOMEM */
int vsd_server_list_add(struct vsd_server_list *all, const struct vsd_server *s) VSD_MUST_CHECK;

/* Owns: vsd_server_list_free, also after an error */
int vsd_server_list_read(struct vsd_server_list *out,
			 void (*bad)(const char *name, int error, void *arg),
			 void *arg) VSD_MUST_CHECK;
void vsd_server_list_free(struct vsd_server_list *all);

/* Call fn for pairs that have an id, a root, an address or a part of their ranges
 * in common, so that each server with such a neighbour is named at least once. */
int vsd_server_list_clashes(const struct vsd_server_list *all,
			    void (*fn)(uint32_t a, uint32_t b, const char *what, void *arg),
			    void *arg) VSD_MUST_CHECK;

/* Take out every server that is part of a clash: which of two is the right one
 * would be a guess, and a wrong guess gives one's files to the other. */
int vsd_server_list_settle(struct vsd_server_list *all) VSD_MUST_CHECK;

/* Write vsd_path_index from n servers in the order of names, whole. */
int vsd_index_write(const struct vsd_server *s, uint32_t n) VSD_MUST_CHECK;

/* Open the present index for vsd_index_set_age; -1 where there is none. */
int vsd_index_open_rw(int *out_fd) VSD_MUST_CHECK;

/* Set the index's one changing word, in place and on disk; fd -1: nothing. */
int vsd_index_set_age(int fd, uint32_t age) VSD_MUST_CHECK;

/* What has been given out, whether or not its server still exists: the last id,
 * and the first uid above all ranges.  All 0 where there is no such file.
 * Errors: -EBADMSG damaged; -EPROTONOSUPPORT another version's; why names the file */
struct vsd_given {
	uint32_t id, uid_end;
};
int vsd_given_read(int dirfd, struct vsd_given *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Fill an empty `why` with what the error number says; returns r. */
int vsd_why_error(int r, const char *object, char why[VSD_WHY_MAX]);

#endif
