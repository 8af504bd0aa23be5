/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A home is made and filled in the server's etc, which is root's, and moved to its
 * place in one rename.  Made in place it would stand in a folder of admin's, who
 * could swap it for a link between two of root's steps. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "safe.h"
#include "users_impl.h"

#define STAGE ".new-home"
#define OLD_STAGE ".old-home"
/* Mode of root's own home in the making: nobody else makes such a folder. */
#define SHUT 01000
#define DEPTH_MAX 8
#define ENTRIES_MAX 1000
#define COPY_MAX (1ul << 20) /* bytes of one file of etc/skel */

struct copy {
	uint32_t uid, gid;
	unsigned entries;
};

static int copy_file(const struct copy *c, int from, int to, const char *name)
{
	VSD_FREE char *text = NULL;
	VSD_CLOSE int in = -1;
	struct stat st = { 0 };
	size_t len = 0;
	int r;

	r = vsd_safe_open_file(from, name, COPY_MAX, &in, &st);
	if (r == 0)
		r = vsd_safe_read_file(from, name, COPY_MAX, &text, &len);
	if (r < 0)
		return r;
	return vsd_safe_replace_file(to, name, text, len, c->uid, c->gid, st.st_mode & 0777);
}

static int copy_tree(struct copy *c, int from, int to, int depth);

static int copy_folder(struct copy *c, int from, int to, const char *name, int depth)
{
	VSD_CLOSE int in = -1;
	VSD_CLOSE int out = -1;
	int r;

	r = vsd_safe_open_beneath(from, name, O_RDONLY | O_DIRECTORY, 0, &in);
	if (r == 0 && mkdirat(to, name, 0700) < 0)
		r = -errno;
	if (r == 0)
		r = vsd_safe_open_beneath(to, name, O_RDONLY | O_DIRECTORY, 0, &out);
	if (r == 0)
		r = copy_tree(c, in, out, depth + 1);
	if (r == 0 && (fchmod(out, 0755) < 0 || fchown(out, c->uid, c->gid) < 0))
		r = -errno;
	return r;
}

static int copy_entry(struct copy *c, int from, int to, const char *name, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy_file(c, from, to, name);
	if (S_ISDIR(st.st_mode))
		return copy_folder(c, from, to, name, depth);
	return 0; /* links and others are no start of a home */
}

static int copy_tree(struct copy *c, int from, int to, int depth)
{
	const struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(from, &d);

	if (r < 0)
		return r;
	while (r == 0 && (e = vsd_safe_readdir(d, &r))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (depth >= DEPTH_MAX || ++c->entries > ENTRIES_MAX)
			r = -E2BIG;
		else
			r = copy_entry(c, from, to, e->d_name, depth);
	}
	(void)closedir(d);
	return r;
}

/* What an interrupted call left in etc; only root wrote there. */
static int remove_stage(int etc, const char *name, int depth)
{
	int fd, r = 0;
	DIR *d;
	const struct dirent *e;

	if (unlinkat(etc, name, 0) == 0 || errno == ENOENT)
		return 0;
	fd = openat(etc, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d || depth > DEPTH_MAX) {
		r = d ? -E2BIG : -errno;
		if (d)
			(void)closedir(d);
		else
			vsd_scope_close(&fd);
		return r;
	}
	while (r == 0 && (e = vsd_safe_readdir(d, &r)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = remove_stage(fd, e->d_name, depth + 1);
	(void)closedir(d);
	return r == 0 && unlinkat(etc, name, AT_REMOVEDIR) < 0 ? -errno : r;
}

static int fill_stage(int etc, struct copy *c)
{
	VSD_CLOSE int skel = -1;
	VSD_CLOSE int stage = -1;
	int r;

	r = remove_stage(etc, STAGE, 0);
	if (r == 0 && mkdirat(etc, STAGE, 0700) < 0)
		r = -errno;
	if (r == 0)
		r = vsd_safe_open_beneath(etc, STAGE, O_RDONLY | O_DIRECTORY, 0, &stage);
	if (r < 0)
		return r;
	r = vsd_safe_open_beneath(etc, "skel", O_RDONLY | O_DIRECTORY, 0, &skel);
	if (r == 0)
		r = copy_tree(c, skel, stage, 0);
	else if (r == -ENOENT)
		r = 0; /* a server without etc/skel: an empty home */
	if (r == 0 && fchmod(stage, SHUT) < 0)
		r = -errno;
	return r;
}

static int open_parent(int rootfd, const char *home, int *out_fd, const char **out_base)
{
	const char *base = strrchr(home, '/') + 1;
	char folder[VSD_PATH_MAX];
	int r = snprintf(folder, sizeof(folder), ".%.*s", (int)(base - home), home);

	if (r < 0 || (size_t)r >= sizeof(folder) || !*base || strcmp(base, "..") == 0 ||
	    strcmp(base, ".") == 0)
		return -EINVAL;
	*out_base = base;
	return vsd_safe_open_beneath(rootfd, folder, O_PATH | O_DIRECTORY, 0, out_fd);
}

static bool is_shut(const struct stat *st, uint32_t uid)
{
	return S_ISDIR(st->st_mode) && (st->st_uid == 0 || st->st_uid == uid) &&
	       (st->st_mode & 07777) == SHUT;
}

/* Put the stage in its place; what a crash has left there shut goes. */
static int put_stage(int etc, int parent, const char *base)
{
	struct stat st;
	int r;

	if (renameat2(etc, STAGE, parent, base, RENAME_NOREPLACE) == 0)
		return 0;
	r = -errno;
	if (r != -EEXIST || fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_shut(&st, 0))
		return r;
	/* Looked at once more where its name is nobody else's to change. */
	if (renameat2(parent, base, etc, OLD_STAGE, RENAME_NOREPLACE) < 0)
		return r;
	if (fstatat(etc, OLD_STAGE, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_shut(&st, 0)) {
		(void)renameat2(etc, OLD_STAGE, parent, base, RENAME_NOREPLACE); /* not ours */
		return r;
	}
	r = remove_stage(etc, OLD_STAGE, 0);
	if (r == 0 && renameat2(etc, STAGE, parent, base, RENAME_NOREPLACE) < 0)
		r = -errno;
	return r;
}

int vsd_users_open_home(int rootfd, const char *home, uint32_t uid, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int fd = -1;
	const char *base;
	struct stat st;
	int r = open_parent(rootfd, home, &parent, &base);

	if (r == 0)
		r = vsd_safe_open_beneath(parent, base, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && !is_shut(&st, uid))
		return 0;
	/* Owner before mode: cut off in between it is still shut. */
	if (r == 0 && (fchown(fd, uid, uid) < 0 || fchmod(fd, 0755) < 0 || fsync(fd) < 0))
		r = -errno;
	if (r < 0)
		(void)snprintf(why, VSD_WHY_MAX, "home '%.100s': %s", home, strerror(-r));
	return r;
}

int vsd_users_make_home(int rootfd, const char *home, uint32_t uid, uint32_t gid,
			char why[VSD_WHY_MAX])
{
	struct copy c = { .uid = uid, .gid = gid };
	VSD_CLOSE int etc = -1;
	VSD_CLOSE int parent = -1;
	const char *base;
	int r = open_parent(rootfd, home, &parent, &base);

	if (r == 0)
		r = vsd_safe_open_beneath(rootfd, "etc", O_RDONLY | O_DIRECTORY, 0, &etc);
	if (r == 0)
		r = remove_stage(etc, OLD_STAGE, 0);
	if (r == 0)
		r = fill_stage(etc, &c);
	if (r == 0 && (r = put_stage(etc, parent, base)) < 0)
		(void)remove_stage(etc, STAGE, 0); /* the first error is the one to tell */
	if (r < 0)
		(void)snprintf(why, VSD_WHY_MAX, "home '%.100s': %s", home, r == -EEXIST ?
			       "it is there already, of a former user perhaps: move it away first" :
			       strerror(-r));
	return r;
}
