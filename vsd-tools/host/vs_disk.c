/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs_disk.h"

#include "tree_walk.h"

#define BLOCK_BYTES 512 /* of st_blocks */

/* Nobody in a server can make a second name for a file of root's, so that one with
 * more names is shared.  A file of its people's that has more counts once. */
static void see(void *arg, const char *path, int fd, const struct stat *st)
{
	struct vs_disk *d = arg;
	uint64_t bytes = (uint64_t)st->st_blocks * BLOCK_BYTES;
	uint64_t names = S_ISDIR(st->st_mode) || st->st_nlink == 0 ? 1 : st->st_nlink;

	(void)path;
	(void)fd;
	if (names > 1 && st->st_uid == 0) {
		d->shared_bytes += bytes;
		d->shared_files++;
		return;
	}
	d->own_bytes += bytes / names;
	d->own_inodes++;
}

static void fault(void *arg, const char *path, int error, const char *what)
{
	struct vs_disk *d = arg;

	(void)error;
	(void)path;
	(void)what; /* vsdadm check tells of it */
	d->is_partial = true;
}

void vs_disk_measure(int root, struct vs_disk *out)
{
	*out = (struct vs_disk){ .own_inodes = 1 }; /* the root */
	tree_walk(root, &(struct tree_visit){ see, fault, out });
}
