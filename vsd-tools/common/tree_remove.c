/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Take a tree away that a hostile admin has filled: folders as deep as they like,
 * links to anywhere, mounts.  Each folder is opened by one component without
 * following a link or crossing a mount, so that a path is never walked; names
 * are unlinked, contents never opened.  Depth costs no stack and few
 * descriptors: what lies deeper than DEPTH is moved up and done later. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tree_impl.h"
#include "why.h"

#define DEPTH 64

struct removal {
	int top;                 /* the tree's own folder: what is deep is moved here */
	unsigned long moved;
	uint64_t done;
	const struct tree_opts *o;
	char *why;
};

static int fail(struct removal *r, int error, const char *name, const char *what)
{
	why_say(r->why, "%s '%s': %s", what, name, strerror(-error));
	return error;
}

static int open_folder(int parent, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, parent, name, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return errno == EXDEV ? -EBUSY : -errno; /* a mount lies there */
	return (int)fd;
}

static bool is_folder(int parent, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(parent, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Move a folder that lies too deep to the top, under a name that is free. */
static int move_up(struct removal *r, int parent, const char *name)
{
	char to[40];

	for (;;) {
		(void)snprintf(to, sizeof(to), ".vsd-deep-%lu", r->moved++);
		if (renameat2(parent, name, r->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return fail(r, -errno, name, "move up");
	}
}

static int empty_folder(struct removal *r, int fd, unsigned depth);

static int remove_folder(struct removal *r, int parent, const char *name, unsigned depth)
{
	int fd, ret;

	if (depth >= DEPTH) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0; /* it is empty, or another run took it */
		return move_up(r, parent, name);
	}
	fd = open_folder(parent, name);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fail(r, fd, name, "open folder");
	ret = empty_folder(r, fd, depth); /* takes fd */
	if (ret < 0)
		return ret;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return fail(r, -errno, name, "remove folder");
	return 0;
}

static int remove_entry(struct removal *r, int parent, const struct dirent *d, unsigned depth)
{
	if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
		return 0;
	r->done++;
	if (r->o && r->o->progress && r->done % 1024 == 0)
		r->o->progress(r->done, 0, r->o->arg);
	if (is_folder(parent, d))
		return remove_folder(r, parent, d->d_name, depth + 1);
	if (unlinkat(parent, d->d_name, 0) < 0 && errno != ENOENT)
		return fail(r, -errno, d->d_name, "unlink");
	return 0;
}

static int empty_folder(struct removal *r, int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	int ret = 0;

	if (!d) {
		ret = -errno;
		(void)close(fd); /* opened for reading */
		return fail(r, ret, ".", "read folder");
	}
	while (ret == 0) {
		struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (!e) {
			if (errno != 0)
				ret = fail(r, -errno, ".", "read folder");
			break;
		}
		ret = remove_entry(r, dirfd(d), e, depth);
	}
	(void)closedir(d); /* opened for reading */
	return ret;
}

int tree_remove(int parent, const char *name, const struct tree_opts *o, char why[VSD_WHY_MAX])
{
	struct removal r = { .top = -1, .o = o, .why = why };
	VSD_CLOSE int top = open_folder(parent, name);
	int ret;

	if (top == -ENOENT)
		return 0;
	if (top < 0)
		return fail(&r, top, name, "open");
	/* Nobody else finds a way in from now on. */
	if (fchmod(top, 0700) < 0)
		return fail(&r, -errno, name, "shut");
	r.top = top;
	do {
		unsigned long moved = r.moved;
		int fd = open_folder(top, ".");

		if (fd < 0)
			return fail(&r, fd, name, "open");
		ret = empty_folder(&r, fd, 0);
		if (ret == 0 && r.moved == moved)
			break; /* what was moved up while reading may have been missed */
	} while (ret == 0);
	if (ret < 0)
		return ret;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return fail(&r, -errno, name, "remove");
	return 0;
}
