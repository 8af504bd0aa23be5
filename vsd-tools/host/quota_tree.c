/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tags of what is a server's own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quota_impl.h"
#include "tree_walk.h"
#include "why.h"

struct tags {
	const struct vsd_server *s;
	dev_t dev;
	bool dry;
	uint64_t stray;       /* not as they should be; not dry: and not to be put right */
	char first[128];      /* the first that could not, and why */
	const char *why;
};

/* vsd-init binds these read-only: in them only the host's root writes. */
static bool is_shared_tree(const char *path)
{
	static const char *const tree[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
					    "/libx32" };

	for (size_t i = 0; i < sizeof(tree) / sizeof(*tree); i++) {
		size_t n = strlen(tree[i]);

		if (strncmp(path, tree[i], n) == 0 && (path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

/* A file of root's with another name is a skeleton's, or was: see vs_disk.c.  Links,
 * pipes and sockets cannot be opened to be tagged; new ones inherit it. */
static bool is_own(const struct tags *t, const char *path, const struct stat *st)
{
	if (st->st_dev != t->dev || is_shared_tree(path))
		return false; /* isolation=chroot mounts in the tree of a server that runs */
	return S_ISDIR(st->st_mode) ||
	       (S_ISREG(st->st_mode) && (st->st_uid != 0 || st->st_nlink == 1));
}

/* By the very inode that was looked at.  O_NONBLOCK: a lease must not hold us. */
static int reopen(int fd, bool is_folder)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* fits */
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0));
}

/* 1: it is, or was made, as it should be; 0: it is not, and dry. */
static int tag(int fd, uint32_t project, bool is_folder, bool dry)
{
	struct fsxattr x;

	memset(&x, 0, sizeof(x));
	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		return -errno;
	if (x.fsx_projid == project && (!is_folder || (x.fsx_xflags & FS_XFLAG_PROJINHERIT)))
		return 1;
	if (dry)
		return 0;
	x.fsx_projid = project;
	if (is_folder)
		x.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(fd, FS_IOC_FSSETXATTR, &x) < 0 ? -errno : 1;
}

static void keep(struct tags *t, const char *path, const char *what)
{
	t->stray++;
	if (t->stray == 1) {
		(void)snprintf(t->first, sizeof(t->first), "%.120s", path); /* cut: for people */
		t->why = what;
	}
}

static void see(void *arg, const char *path, int fd, const struct stat *st)
{
	struct tags *t = arg;
	VSD_CLOSE int real = -1;
	int r;

	if (!is_own(t, path, st))
		return;
	real = reopen(fd, S_ISDIR(st->st_mode));
	r = real < 0 ? -errno : tag(real, t->s->uid_first, S_ISDIR(st->st_mode), t->dry);
	if (r <= 0)
		keep(t, path, r < 0 ? strerror(-r) : "has no tag");
}

static void fault(void *arg, const char *path, int error, const char *what)
{
	(void)error;
	keep(arg, path, what);
}

static int go(struct tags *t, int root)
{
	struct stat st;

	if (fstat(root, &st) < 0)
		return -errno;
	t->dev = st.st_dev;
	tree_walk(root, &(struct tree_visit){ see, fault, t });
	return 0;
}

int quota_tag_tree(const struct vsd_server *s, int root, char why[VSD_WHY_MAX])
{
	struct tags t = { .s = s };
	int r = go(&t, root);

	if (r < 0 || t.stray == 0)
		return r;
	why_say(why, "outside of its quota stay %llu files and folders, '%s' first: %s",
		(unsigned long long)t.stray, t.first, t.why);
	return -EUCLEAN;
}

int quota_count_stray(const struct vsd_server *s, int root, uint64_t *out)
{
	struct tags t = { .s = s, .dry = true };
	int r = go(&t, root);

	if (r == 0)
		*out = t.stray;
	return r;
}

int quota_let_go(int folder)
{
	struct fsxattr x;

	memset(&x, 0, sizeof(x));
	if (ioctl(folder, FS_IOC_FSGETXATTR, &x) < 0)
		return errno == ENOTTY || errno == EOPNOTSUPP ? 0 : -errno; /* it has no such thing */
	if (!(x.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	x.fsx_xflags &= ~(uint32_t)FS_XFLAG_PROJINHERIT;
	return ioctl(folder, FS_IOC_FSSETXATTR, &x) < 0 ? -errno : 1;
}
