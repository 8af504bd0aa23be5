/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_QUOTA_H
#define VSD_QUOTA_H

#include <stdint.h>

#include "conf.h"
#include "registry.h"

/* A server's disk quota: a project quota of ext4 or xfs, whose project id is the
 * first uid of the server's range, as no other server ever has it.
 *
 * What is in it: every folder and every file of the server's own, but those below
 * the shared trees (/usr and its like), where nobody of the server can write.
 * Shared inodes are never tagged: they would be one server's for all.  Folders
 * hand the project on to what is made in them, and the session's seccomp filter
 * keeps people from changing it.  The kernel refuses (-EXDEV) to link or rename
 * another project's inode into such a folder: a skeleton's file goes in while the
 * folder is let go (quota_let_go), and the server is tagged anew afterwards.
 *
 * Other filesystems have nothing that fits: btrfs counts by subvolume, and no hard
 * link, of which a server consists, leads out of one.
 *
 * Starting state of every function: root on the host; the server may run, and be
 * hostile. */

/* Does the filesystem of fd (O_PATH will do) enforce project quotas?
 * Errors: -EOPNOTSUPP, and why says what lacks; else the system's */
int quota_is_possible(int fd, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Tag what is the server's own below its root, and set its limit.  Without a quota
 * the tags stay, or are not made, and nothing is limited.
 * Errors: as quota_is_possible; -EUCLEAN some could not be tagged, why says how
 *         many and names one; else the system's */
int quota_apply(const struct vsd_server *s, int root, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The same, and the tree's root is opened first. */
int quota_apply_server(const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Limit and use, by the kernel's own account. */
struct quota_use {
	uint64_t limit_bytes, limit_files; /* 0: none */
	uint64_t used_bytes, used_files;
};
int quota_read(const struct vsd_server *s, int fd, struct quota_use *out) VSD_MUST_CHECK;

/* Is the limit in the kernel what the registry has? */
bool quota_is_set(const struct vsd_server *s, const struct quota_use *u);

/* Is the registry's limit in force, and how much of it is used?
 * Errors: -EOPNOTSUPP it is not, why says by reason of what; else the system's, and why */
int quota_look(const struct vsd_server *s, struct quota_use *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* How many of the server's own files and folders lie outside of its quota? */
int quota_count_stray(const struct vsd_server *s, int root, uint64_t *out) VSD_MUST_CHECK;

/* Take the limit of a server that is gone away from the filesystem of fd. */
int quota_forget(const struct vsd_server *s, int fd) VSD_MUST_CHECK;

/* Let a folder hand on no project for a while: what lacks the tag may come in.
 * Then quota_apply.  1: it did hand one on; 0: it did not. */
int quota_let_go(int folder) VSD_MUST_CHECK;

#endif
