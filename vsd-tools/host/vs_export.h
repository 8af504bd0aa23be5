/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_VS_EXPORT_H
#define VSD_VS_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "registry.h"

/* A server as one tar file: what its skeleton does not give anyway.
 *
 * The first entry, VS_EXPORT_HEAD, is text, `key = value`: the range that the
 * account files speak of, the skeleton's identity and profile, and what the
 * registry says of the server.  Then each file, folder, link and pipe that is
 * not as the skeleton gave it: owner 0 is root, N is the Nth id of the range, from
 * 1.  Sockets stay behind, and what names the host: hosts, hostname, resolv.conf.
 * Extended attributes are not kept, two names of one file become two files, and what
 * a server has removed of its skeleton's is there again. */
#define VS_EXPORT_HEAD ".vsd-export"
#define VS_EXPORT_VERSION "1"

struct vs_export {
	uint32_t uid_first, uid_count;
	char skel_id[33], profile[33];
	char fqdn[VSD_FQDN_MAX + 1];
	uint64_t quota_mb;
	uint32_t max_users;
};

/* Write it.  The server may run: a file that changes meanwhile is as some moment
 * had it.  Its tree's lock should be held.
 * Shape:  left: called for each thing that has to stay behind
 * Errors: the system's, with why */
int vs_export_write(const struct vsd_server *s, FILE *to,
		    void (*left)(const char *path, const char *what, void *arg), void *arg,
		    char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Read the head, the stream standing at its start; then the entries into a tree that
 * was made from a skeleton for `s` and that nobody uses yet.  Nothing is written
 * outside it, through a link, or into a file that is shared; what would be a
 * stranger's is refused; set-id bits do not come along.
 * Errors: -EBADMSG not such a file, or one that would not stay inside; else the
 *         system's, with why */
int vs_import_head(FILE *from, struct vs_export *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vs_import_tree(FILE *from, const struct vs_export *e, const struct vsd_server *s, int root,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Open such a file: root's, regular, at an absolute path whose folders are safe. */
int vs_import_open(const char *path, FILE **out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Is the path one that an export leaves out and an import refuses? */
bool vs_export_is_barred(const char *path);

#endif
