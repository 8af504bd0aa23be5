/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "safe.h"
#include "tree_impl.h"
#include "why.h"

uint64_t tree_link_limit(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return 0;
	switch ((unsigned long)fs.f_type) {
	case 0xef53: /* ext4 */
		return 65000;
	case 0x9123683e: /* btrfs */
		return 65535;
	default:
		return 0;
	}
}

/* Ask every shared file: only when the estimate comes near the limit. */
static int count_links(const struct manifest *m, int skelfd, uint64_t limit,
		       char why[VSD_WHY_MAX])
{
	VSD_CLOSE int folder = -1;
	struct manifest_entry e;
	size_t at = m->body;

	while (manifest_next(m, &at, &e)) {
		struct stat st;

		if (e.kind == MANIFEST_FOLDER) {
			vsd_scope_close(&folder);
			folder = openat(skelfd, e.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
			if (folder < 0)
				return -errno;
		} else if (e.kind == MANIFEST_SHARED) {
			if (fstatat(folder, e.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				return -errno;
			if (st.st_nlink + m->links_each > limit) {
				why_say(why,
					       "'%s' has %lu links of at most %lu: make another "
					       "skeleton", e.name, (unsigned long)st.st_nlink,
					       (unsigned long)limit);
				return -EMLINK;
			}
		}
	}
	return 0;
}

/* Every server adds one link to the reference file and at most links_each to any
 * other, so that one question bounds them all. */
static int check_links(const struct manifest *m, int skelfd, char why[VSD_WHY_MAX])
{
	uint64_t limit = tree_link_limit(skelfd), grown;
	struct stat st;

	if (limit == 0 || m->reference[0] == '\0')
		return 0;
	if (fstatat(skelfd, m->reference, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		why_say(why, "the skeleton lacks '%s'", m->reference);
		return -errno;
	}
	grown = st.st_nlink > m->reference_links ? st.st_nlink - m->reference_links : 0;
	if (m->links_most + (grown + 1) * m->links_each <= limit)
		return 0;
	return count_links(m, skelfd, limit, why);
}

static int check_filesystems(const struct vsd_server *s, int skelfd, int parent,
			     char why[VSD_WHY_MAX])
{
	struct stat skel, here;

	if (fstat(skelfd, &skel) < 0 || fstat(parent, &here) < 0)
		return -errno;
	if (skel.st_dev == here.st_dev)
		return 0;
	why_say(why, "'%s' and '%s' lie in different filesystems: files "
		       "cannot be linked", s->skel, s->root);
	return -EXDEV;
}

/* The link that makes the host's path of the tree right inside it. */
static int make_self_link(int rootfd, const char *root)
{
	char path[VSD_PATH_MAX];
	size_t len = strlen(root);

	if (len < 2 || len >= sizeof(path))
		return -EINVAL;
	memcpy(path, root + 1, len);
	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(rootfd, path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return symlinkat("/", rootfd, path) < 0 ? -errno : 0;
}

static int make_tree(struct tree_job *j)
{
	mode_t before = umask(022); /* mkdir gives most folders their modes */
	int r = tree_plan_folders(j);

	if (r == 0) {
		r = make_self_link(j->rootfd, j->s->root);
		r = r < 0 ? tree_fail(j, r, j->s->root, "", "link to itself") : tree_fill_folders(j);
	}
	(void)umask(before);
	if (r == 0 && j->o && j->o->fill)
		r = j->o->fill(j->s, j->rootfd, j->o->arg, j->why);
	return r < 0 ? r : tree_finish(j);
}

static int make_and_rename(struct tree_job *j, int parent, const char *name, const char *fresh)
{
	int r;

	/* What a killed run left: the lock says that nobody works on it. */
	r = tree_remove(parent, fresh, NULL, j->why);
	if (r < 0)
		return r;
	if (mkdirat(parent, fresh, 0700) < 0)
		return tree_fail(j, -errno, j->s->root, fresh, "make folder");
	j->rootfd = openat(parent, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (j->rootfd < 0)
		return tree_fail(j, -errno, j->s->root, fresh, "open");
	r = make_tree(j);
	if (r == 0 && renameat2(parent, fresh, parent, name, RENAME_NOREPLACE) < 0)
		r = tree_fail(j, -errno, j->s->root, "", "rename to");
	return r;
}

static int create_locked(struct tree_job *j, int parent, const char *name)
{
	char fresh[VSD_PATH_MAX], ignored[VSD_WHY_MAX];
	VSD_CLOSE int sync = -1;
	struct stat st;
	int r;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		why_say(j->why, "'%s' is there already", j->s->root);
		return -EEXIST;
	}
	if ((size_t)snprintf(fresh, sizeof(fresh), ".%s.new", name) >= sizeof(fresh))
		return -ENAMETOOLONG;
	r = make_and_rename(j, parent, name, fresh);
	if (j->rootfd >= 0)
		(void)close(j->rootfd); /* the flush has reported what there was */
	if (r < 0) {
		/* The first reason counts; tree_recover finds what this leaves. */
		if (tree_remove(parent, fresh, NULL, ignored) < 0)
			return r;
		return r;
	}
	sync = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sync < 0 || fsync(sync) < 0)
		return tree_fail(j, -errno, j->s->root, "", "flush the folder of");
	return 0;
}

static int create_from(const struct vsd_server *s, const struct tree_opts *o,
		       struct manifest *m, int skelfd, char why[VSD_WHY_MAX])
{
	struct tree_job j = { .s = s, .m = m, .o = o, .skelfd = skelfd, .rootfd = -1,
			      .mutex = PTHREAD_MUTEX_INITIALIZER, .why = why };
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int lock = -1;
	const char *name;
	int r = tree_open_parent(s->root, &parent, &name, why);

	if (r == 0)
		r = check_filesystems(s, skelfd, parent, why);
	if (r == 0)
		r = check_links(m, skelfd, why);
	if (r < 0)
		return r;
	r = tree_lock(name, false, &lock);
	if (r < 0) {
		why_say(why, "lock of '%s': %s", name,
			       r == -EBUSY ? "another tool works on it" : strerror(-r));
		return r;
	}
	r = create_locked(&j, parent, name);
	free(j.folder);
	return r;
}

int tree_create(const struct vsd_server *s, const struct tree_opts *o, char why[VSD_WHY_MAX])
{
	struct manifest m = { .text = NULL };
	VSD_CLOSE int skelfd = -1;
	int r = vsd_safe_open_root(s->skel, &skelfd);

	why[0] = '\0';
	if (r < 0) {
		why_say(why, "skeleton '%s': %s", s->skel, strerror(-r));
		return r;
	}
	r = manifest_load(skelfd, &m, why);
	if (r < 0)
		return r;
	r = create_from(s, o, &m, skelfd, why);
	manifest_free(&m);
	return r;
}
