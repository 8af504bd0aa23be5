/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TREE_IMPL_H
#define VSD_TREE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "manifest.h"
#include "tree.h"

/* Shared by the tree_*.c files alone. */

/* One folder of the manifest, where its entries begin, and what lies in it. */
struct tree_folder {
	struct manifest_entry e;
	size_t at;             /* manifest offset of its first entry */
	size_t up;             /* index of the folder that holds it */
	size_t child, sibling; /* its first folder; the next one in `up`; 0: none */
	atomic_bool made;
};

/* A tree in the making. */
struct tree_job {
	const struct vsd_server *s;
	const struct manifest *m;
	const struct tree_opts *o;
	int skelfd, rootfd;  /* the skeleton; the new tree */
	struct tree_folder *folder;
	size_t nfolder;
	atomic_size_t next;  /* the next folder to fill */
	atomic_uint_fast64_t done;
	/* the first error and what it was about */
	pthread_mutex_t mutex;
	atomic_int error;
	char *why;
};

/* Remember the first error; returns it. */
int tree_fail(struct tree_job *j, int error, const char *path, const char *name,
	      const char *what);

/* work(arg) in as many threads as o wishes, this one among them, until all have ended. */
void tree_run_threads(const struct tree_opts *o, void *(*work)(void *), void *arg);

/* Learn of every folder and make those that lead to s->root; then make and fill all of
 * them with the job's threads. */
int tree_plan_folders(struct tree_job *j) VSD_MUST_CHECK;
int tree_fill_folders(struct tree_job *j) VSD_MUST_CHECK;

/* Open the whole tree up, 0755, and bring it to the disk. */
int tree_finish(struct tree_job *j) VSD_MUST_CHECK;

/* One private entry of a folder: srcfd and dstfd are the folder in both trees. */
int tree_make_private(struct tree_job *j, const struct tree_folder *f, int srcfd, int dstfd,
		      const struct manifest_entry *e) VSD_MUST_CHECK;

/* Copy one private entry from folder to folder, under another name.  What is
 * there by that name is never written through: -EEXIST. */
int tree_copy_private(const struct vsd_server *s, int srcfd, int dstfd,
		      const struct manifest_entry *e, const char *as) VSD_MUST_CHECK;

/* The bytes that a template becomes for a server.  Owns: *out is malloc'ed */
int tree_expand(const struct vsd_server *s, int from, off_t size, char **out,
		size_t *out_len) VSD_MUST_CHECK;

/* Have two open files the same bytes? */
int tree_same_bytes(int a, int b, bool *out_same) VSD_MUST_CHECK;

/* Has an open file just these? */
int tree_same_text(int fd, const char *text, size_t len, bool *out_same) VSD_MUST_CHECK;

/* Are two entries of folders, neither of them opened through a link, the same
 * regular file or symbolic link?  Owners, modes and times do not count. */
int tree_same_at(int adir, const char *aname, const struct stat *a, int bdir, const char *bname,
		 const struct stat *b, bool *out_same) VSD_MUST_CHECK;

/* Is what the server has (folder `here`, its name the entry's, st by lstat) as the
 * skeleton gave it: the shared inode `ino`, or the owner, mode and content that
 * the entry of the skeleton's folder `skel` (-1: there is none) means for it? */
bool tree_is_as(const struct vsd_server *s, int skel, ino_t ino, dev_t dev,
		const struct manifest_entry *e, int here, const struct stat *st);

/* Copy everything from fd to fd; shares the blocks where the filesystem can. */
int tree_copy_bytes(int from, int to, off_t size) VSD_MUST_CHECK;

/* Attributes user.*, which mean the same in every server.  Capabilities and ACLs are
 * not among them: they name ids of the host.  Where the filesystem of `to` has no
 * attributes they stay behind. */
int tree_copy_xattrs(int from, int to) VSD_MUST_CHECK;
int tree_has_xattrs(int fd, bool *out) VSD_MUST_CHECK;
int tree_same_xattrs(int a, int b, bool *out_same) VSD_MUST_CHECK;

/* Open the folder that holds `path`'s last part, and that part. */
int tree_open_parent(const char *path, int *out_fd, const char **out_name,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take the lock of a server's name, or wait for it; -EBUSY another tool has it.
 * No server's name: TREE_LOCK_SKELETONS is the lock of all skeletons, TREE_LOCK_PACKAGES
 * that of the folder in which rpm databases are taken apart. */
#define TREE_LOCK_SKELETONS ".skeletons"
#define TREE_LOCK_PACKAGES ".packages"
int tree_lock(const char *name, bool wait, int *out_fd) VSD_MUST_CHECK;

/* Links that an inode takes there, where that is little; 0: more than servers fit. */
uint64_t tree_link_limit(int fd);

/* Remove parent/name and all below, by descriptor. */
int tree_remove(int parent, const char *name, const struct tree_opts *o,
		char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
