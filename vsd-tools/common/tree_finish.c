/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new tree reaches the disk.  syncfs does that anywhere, and on ext4 twice: it commits
 * the journal, then it writes all that the journal holds to its place, too.  There the
 * journal alone is enough: a transaction holds what every process has changed, they are
 * committed in their order, and fsync commits all up to the last one that changed its
 * file (Documentation/filesystems/ext4/journal.rst; ext4_sync_file and ext4_fsync_journal in
 * the kernel's fs/ext4/fsync.c).  POSIX promises none of that, so it is for ext4 with
 * a journal only, and syncfs for all others: btrfs's fsync logs a file alone, xfs's syncfs
 * writes nothing twice. */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "tree_impl.h"
#include "why.h"

#define BATCH 64 /* files whose data is under way at once */

/* The word is among an ext4's options if it has a journal, and says that metadata alone
 * goes there: data=journal and data=writeback are left to syncfs, which knows them. */
static bool is_journaled(dev_t dev)
{
	char link[64], target[512], path[512], line[128];
	const char *name;
	bool found = false;
	ssize_t len;
	FILE *f;

	(void)snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	len = readlink(link, target, sizeof(target));
	if (len <= 0 || (size_t)len >= sizeof(target))
		return false;
	target[len] = '\0';
	name = strrchr(target, '/');
	if (!name || (size_t)snprintf(path, sizeof(path), "/proc/fs/ext4%s/options", name) >= sizeof(path))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strcmp(line, "data=ordered\n") == 0;
	(void)fclose(f); /* it was only read */
	return found;
}

static bool fsync_commits_all(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC && fstat(fd, &st) == 0 &&
	       is_journaled(st.st_dev);
}

/* Wait for what has been started, and close it. */
static int await(int fd[BATCH], unsigned *n)
{
	int r = 0;

	for (; *n > 0; (void)close(fd[--*n])) /* opened for reading */
		if (sync_file_range(fd[*n - 1], 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE |
				    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) < 0 && r == 0)
			r = -errno;
	return r;
}

/* The data of one folder's own files. */
static int write_folder(struct tree_job *j, const struct tree_folder *f, int fd[BATCH], unsigned *n)
{
	VSD_CLOSE int folder = -1;
	struct manifest_entry e;
	size_t at = f->at;
	int r = 0;

	while (r == 0 && manifest_next(j->m, &at, &e) && e.kind != MANIFEST_FOLDER) {
		int file;

		if (e.kind == MANIFEST_SHARED || e.kind == MANIFEST_EMPTY)
			continue;
		if (*n == BATCH)
			r = await(fd, n);
		if (folder < 0)
			folder = openat(j->rootfd, f->e.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0)
			return -errno;
		file = openat(folder, e.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (file < 0)
			return -errno;
		fd[(*n)++] = file;
		if (sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) < 0)
			return -errno;
	}
	return r;
}

/* Blocks are found and sizes set now, which the journal is told before the root
 * folder changes for the last time. */
static int write_data(struct tree_job *j)
{
	unsigned n = 0;
	int fd[BATCH], r = 0, late;

	for (size_t i = 0; i < j->nfolder && r == 0; i++)
		r = write_folder(j, &j->folder[i], fd, &n);
	late = await(fd, &n);
	r = r < 0 ? r : late;
	return r < 0 ? tree_fail(j, r, j->s->root, "", "write out") : 0;
}

int tree_finish(struct tree_job *j)
{
	/* What a caller has put there, nobody has a list of. */
	bool by_journal = !(j->o && j->o->fill) && fsync_commits_all(j->rootfd);
	int r = by_journal ? write_data(j) : 0;

	if (r == 0 && fchmod(j->rootfd, 0755) < 0)
		r = tree_fail(j, -errno, j->s->root, "", "open up");
	if (r == 0 && (by_journal ? fsync(j->rootfd) : syncfs(j->rootfd)) < 0)
		r = tree_fail(j, -errno, j->s->root, "", "flush");
	return r;
}
