/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owners in a server's tree, judged and changed by descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "check.h"
#include "safe.h"
#include "tree_walk.h"
#include "why.h"

#define TELL_MAX 5    /* things told of one tree; the others are counted */

struct walk {
	struct check *c;
	const struct vsd_server *s;
	char path[VSD_PATH_MAX]; /* of what is looked at, cut when longer */
	unsigned told, more;
};

static void tell(struct walk *w, bool repaired, const char *what)
{
	char reason[VSD_WHY_MAX * 2];

	if (w->told == TELL_MAX) {
		w->more++;
		w->c->wrong += !repaired;
		w->c->repaired += repaired;
		return;
	}
	w->told++;
	(void)snprintf(reason, sizeof(reason), "%s: %s", w->path[0] ? w->path : "/", what);
	if (repaired)
		check_repaired(w->c, w->s->name, reason);
	else
		check_wrong(w->c, w->s->name, reason);
}

/* A file with more names than one may be shared with other servers: never ours
 * to give away. */
static void check_one(struct walk *w, int fd, const struct stat *st)
{
	char what[96];
	bool alone = S_ISDIR(st->st_mode) || st->st_nlink == 1;

	if (tree_is_good_owner(w->s, st))
		return;
	(void)snprintf(what, sizeof(what), "owner %lu:%lu is not of the server",
		       (unsigned long)st->st_uid, (unsigned long)st->st_gid);
	if (!w->c->repair || !alone) {
		tell(w, false, what);
		return;
	}
	if (fchownat(fd, "", w->s->uid_first, w->s->uid_first, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		tell(w, false, what);
	else
		tell(w, true, "given to admin");
}

static void see(void *arg, const char *path, int fd, const struct stat *st)
{
	struct walk *w = arg;

	(void)snprintf(w->path, sizeof(w->path), "%s", path);
	check_one(w, fd, st);
	w->path[0] = '\0';
}

static void fault(void *arg, const char *path, int error, const char *what)
{
	struct walk *w = arg;

	(void)error;
	(void)snprintf(w->path, sizeof(w->path), "%s", path);
	tell(w, false, what);
	w->path[0] = '\0';
}

/* Folders whose owner others rely on: root works in the first by path. */
static const struct {
	const char *path;
	bool admin;
} fixed[] = {
	{ "etc", false }, { "etc/vsd", false }, { "run", false }, { "usr", false },
	{ "var/log", false }, { "home", true }, { "root", true }, { "tmp", true },
};

static void check_fixed(struct walk *w, int root)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		uid_t want = fixed[i].admin ? w->s->uid_first : 0;
		VSD_CLOSE int fd = -1;
		struct stat st;
		int r = vsd_safe_open_beneath(root, fixed[i].path, O_PATH | O_DIRECTORY, 0, &fd);

		if (r == -EXDEV)
			continue; /* isolation=chroot: vsboot's mount, while the server runs */
		(void)snprintf(w->path, sizeof(w->path), "/%s", fixed[i].path);
		if (r < 0 || fstat(fd, &st) < 0)
			tell(w, false, "is no folder");
		else if (st.st_uid == want)
			continue;
		else if (w->c->repair && fchownat(fd, "", want, want, AT_EMPTY_PATH) == 0)
			tell(w, true, fixed[i].admin ? "given to admin" : "given to root");
		else
			tell(w, false, fixed[i].admin ? "is not admin's" : "is not root's");
	}
	w->path[0] = '\0';
}

/* nss_vsd refuses these when they are not root's: nobody could log in. */
static void check_accounts(struct walk *w, int root)
{
	static const char *const files[] = { "etc/passwd", "etc/group", "etc/shadow",
					     "etc/vsd/priv" };
	struct vsd_range range = { w->s->uid_first, w->s->uid_count };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line l;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		VSD_CLOSE int fd = -1;
		struct stat st;
		int r = vsd_safe_open_file(root, files[i], VSD_ACCOUNT_FILE_MAX, &fd, &st);

		(void)snprintf(w->path, sizeof(w->path), "/%s", files[i]);
		if (r < 0)
			tell(w, false, r == -EPERM ? "is not root's alone to write" : strerror(-r));
	}
	(void)snprintf(w->path, sizeof(w->path), "/etc/passwd");
	if (vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len) == 0 &&
	    vsd_passwd_find_uid((struct vsd_span){ text, len }, range, w->s->uid_first, &l) < 0)
		tell(w, false, "has no admin");
	w->path[0] = '\0';
}

/* The root's own owner: its folders above must be in order, they are the host's. */
static int repair_root(struct walk *w)
{
	const char *slash = strrchr(w->s->root, '/');
	VSD_CLOSE int above = -1;
	VSD_CLOSE int fd = -1;
	char folder[VSD_PATH_MAX];
	struct stat st;
	int r;

	if (!w->c->repair)
		return -EPERM;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - w->s->root), w->s->root);
	r = vsd_safe_open_root(folder, &above);
	if (r == 0)
		r = vsd_safe_open_beneath(above, slash + 1, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r < 0)
		return r;
	if (fchown(fd, 0, 0) < 0 || fstat(fd, &st) < 0 || fchmod(fd, st.st_mode & 0755) < 0)
		return -errno;
	return 0;
}

void check_tree(struct check *c, const struct vsd_server *s)
{
	struct walk w = { .c = c, .s = s };
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r == -EPERM && repair_root(&w) == 0 && vsd_safe_open_root(s->root, &root) == 0) {
		tell(&w, true, "given to root");
		r = 0;
	}
	if (r < 0) {
		(void)snprintf(w.path, sizeof(w.path), "%s", s->root);
		tell(&w, false, r == -EPERM ? "it or a folder above it is not root's, or others may "
					      "write there" : strerror(-r));
		return;
	}
	check_fixed(&w, root);
	check_accounts(&w, root);
	tree_walk(root, &(struct tree_visit){ see, fault, &w });
	if (w.more > 0) {
		char more[64];

		(void)snprintf(more, sizeof(more), "and %u more like these", w.more);
		check_wrong(c, s->name, more);
		c->wrong--; /* they have been counted */
	}
}
