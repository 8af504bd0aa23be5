/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TREE_H
#define VSD_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "registry.h"

/* A server's tree: made from a skeleton, taken away, found again after a crash.
 *
 * Starting state of every function: root on the host, no process of the server
 * running (stop it first: a process could otherwise add files while they are
 * taken away).  The folder above the tree (vs_root) is root's, 0711.  Names that
 * begin with a dot are this file's own; no server's name does:
 *   .NAME.new            a tree that is being made
 *   .NAME.deleted-HEX    a tree that is being taken away
 * Locks are files of vsd_path_lock; none is on anything that a tenant can open. */

/* How to work and whom to tell; all zeros is good. */
struct tree_opts {
	unsigned threads;  /* 0: two where there are two cores */
	void (*progress)(uint64_t done, uint64_t total, void *arg); /* entries */
	void *arg;
	/* tree_create: once the skeleton's part is there and before the tree has its
	 * name, put more into it.  Errors: its own, with why */
	int (*fill)(const struct vsd_server *s, int root, void *arg, char why[VSD_WHY_MAX]);
};

/* Make s->root from s->skel: shared files linked, private ones copied, owners
 * and modes set, the server's own lines written (passwd, group, shadow, hostname,
 * hosts, resolv.conf, vsd/priv).  All of it is made in `.NAME.new` and flushed,
 * then renamed: s->root appears whole or not at all.
 * Shape:  o may be NULL
 * Errors: -EEXIST s->root is there; -ENOENT no skeleton, or one without a
 *         manifest; -EXDEV root and skel lie in different filesystems; -EMLINK a
 *         file of the skeleton cannot take one more link (found before any work
 *         starts); -EBUSY another tool works on the name; else the system's.
 *         `why` names object and reason, and nothing half made is left
 * Safe:   tool; blocks on the disk; starts threads and joins them */
int tree_create(const struct vsd_server *s, const struct tree_opts *o,
		char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take the tree away: rename it to `.NAME.deleted-HEX`, so that the name is free
 * at once, then unlink all of it by descriptor.  No link is followed, no mount
 * crossed (-EBUSY, and nothing is touched, when one lies within), and only names
 * go: the content, mode and owner of a shared inode stay as they are.
 * An interrupted deletion is finished by tree_recover.
 * Errors: -ENOENT no such tree; else the system's, with why */
int tree_delete(const char *root, const struct tree_opts *o,
		char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The two halves of tree_delete, for who must write between them (the registry):
 * retire renames and gives the new path's last part; purge unlinks that.
 * Shape:  out_retired holds VSD_PATH_MAX bytes, a name without folder */
int tree_retire(const char *root, char out_retired[VSD_PATH_MAX],
		char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int tree_purge(const char *vs_root, const char *retired, const struct tree_opts *o,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Is it the name of a tree that was retired, and of which server?
 * Shape:  out_name holds VSD_NAME_MAX + 1 bytes */
bool tree_is_retired(const char *file, char out_name[VSD_NAME_MAX + 1]);

/* Finish what killed tools left in vs_root: remove every `.NAME.new` that no
 * living tool holds and every `.NAME.deleted-*`.  unfinished_finish calls it, when
 * nothing has to be learnt from them any more.
 * Shape:  *out_count (may be NULL) says how many trees went
 * Errors: the first that met one; the others are done all the same */
int tree_recover(const char *vs_root, unsigned *out_count, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
