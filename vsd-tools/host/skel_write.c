/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "refresh_journal.h"
#include "safe.h"
#include "skel_keep.h"
#include "tree.h"
#include "tree_impl.h"
#include "why.h"

/* Files that are one in the source: where the first of them went. */
struct twin {
	dev_t dev;
	ino_t ino;
	char *path;
	uint64_t count;
};

struct writer {
	struct plan *p;
	int fd, old[2];          /* the new skeleton; earlier ones, or -1 */
	FILE *manifest;
	uint64_t id[2];          /* FNV-1a twice, of what the manifest says and more */
	uint64_t links_each, links_most;
	/* A file that has no other name in the skeleton; a fresh one before a kept
	 * one, as servers will get it too. */
	const char *reference;
	uint64_t reference_links;
	struct twin *twin;
	size_t ntwin;
	char *why;
};

static void mix(struct writer *w, const void *data, size_t len)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < len; i++) {
		w->id[0] = (w->id[0] ^ b[i]) * 1099511628211u;
		w->id[1] = (w->id[1] ^ (b[i] + 1u)) * 1099511628211u;
	}
}

static int fail(struct writer *w, int error, const char *path)
{
	why_say(w->why, "write '%s': %s", path, strerror(-error));
	return error;
}

/* The path below the skeleton's folder. */
static const char *below(const struct plan_item *i)
{
	return i->path[1] ? i->path + 1 : ".";
}

static struct twin *find_twin(struct writer *w, const struct plan_item *i)
{
	for (size_t n = 0; n < w->ntwin; n++)
		if (w->twin[n].ino == i->ino && w->twin[n].dev == i->dev)
			return &w->twin[n];
	return NULL;
}

/* True when the file was linked to its twin. */
static int link_twin(struct writer *w, const struct plan_item *i, bool *out_done)
{
	struct twin *t;

	*out_done = false;
	if (i->nlink < 2 || i->is_private || i->host || i->text)
		return 0;
	t = find_twin(w, i);
	if (t) {
		if (linkat(w->fd, t->path, w->fd, below(i), 0) < 0)
			return -errno;
		if (++t->count > w->links_each)
			w->links_each = t->count;
		*out_done = true;
		return 0;
	}
	if ((w->ntwin & (w->ntwin - 1)) == 0)
		w->twin = plan_memory(realloc(w->twin, (w->ntwin ? w->ntwin * 2 : 1) *
						       sizeof(*w->twin)));
	w->twin[w->ntwin++] = (struct twin){ i->dev, i->ino, plan_text(below(i)), 1 };
	return 0;
}

static void mix_source(struct writer *w, const struct stat *st)
{
	mix(w, &st->st_size, sizeof(st->st_size));
	mix(w, &st->st_mtim.tv_sec, sizeof(st->st_mtim.tv_sec));
}

/* True when the earlier skeleton's file has been linked. */
static int keep_item(struct writer *w, const struct plan_item *i, bool *out_done)
{
	struct stat source, st;
	int r = 0;

	*out_done = false;
	for (int n = 0; r == 0 && !*out_done && n < 2; n++)
		if (w->old[n] >= 0)
			r = skel_keep(w->p, i, below(i), w->old[n], w->fd, out_done, &source);
	if (r < 0 || !*out_done || i->type == PLAN_LINK)
		return r;
	if (i->text)
		mix(w, i->text, i->text_len);
	else
		mix_source(w, &source);
	if (fstatat(w->fd, below(i), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_nlink > w->links_most)
		w->links_most = st.st_nlink;
	if (!i->is_private && i->nlink < 2 && !w->reference) {
		w->reference = below(i);
		w->reference_links = st.st_nlink;
	}
	return 0;
}

static int copy_file(struct writer *w, const struct plan_item *i, int to)
{
	VSD_CLOSE int from = -1;
	struct timespec times[2];
	struct stat st;
	int r = plan_open(w->p, i, &from);

	if (r < 0)
		return r;
	if (fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL; /* exchanged since it was planned */
	r = tree_copy_bytes(from, to, st.st_size);
	if (r == 0)
		r = tree_copy_xattrs(from, to);
	if (r < 0)
		return r;
	mix_source(w, &st);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? -errno : 0;
}

static int write_text(struct writer *w, const struct plan_item *i, int to)
{
	mix(w, i->text, i->text_len);
	return write(to, i->text, i->text_len) == (ssize_t)i->text_len ? 0 : -EIO;
}

static int write_file(struct writer *w, const struct plan_item *i)
{
	VSD_CLOSE int to = -1;
	bool done;
	int r = link_twin(w, i, &done);

	if (r == 0 && !done)
		r = keep_item(w, i, &done);
	if (r < 0 || done)
		return r;
	to = openat(w->fd, below(i), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	r = i->text ? write_text(w, i, to) : copy_file(w, i, to);
	if (r < 0)
		return r;
	if (!i->is_private && i->nlink < 2 && (!w->reference || w->reference_links > 1)) {
		w->reference = below(i);
		w->reference_links = 1;
	}
	if (i->gid != 0 && fchown(to, 0, i->gid) < 0)
		return -errno;
	/* Owner is root already; set-id survives only what comes after the write. */
	return fchmod(to, i->mode) < 0 ? -errno : 0;
}

static int write_link(struct writer *w, const struct plan_item *i)
{
	bool done;
	int r = keep_item(w, i, &done);

	mix(w, i->target, strlen(i->target));
	if (r < 0 || done)
		return r;
	return symlinkat(i->target, w->fd, below(i)) < 0 ? -errno : 0;
}

static int write_item(struct writer *w, const struct plan_item *i)
{
	mix(w, i->path, strlen(i->path) + 1);
	mix(w, &i->mode, sizeof(i->mode));
	if (i->gid != 0)
		mix(w, &i->gid, sizeof(i->gid));
	switch (i->type) {
	case PLAN_FOLDER:
		if (i->path[1] && mkdirat(w->fd, below(i), 0755) < 0)
			return -errno;
		return i->path[1] && fchmodat(w->fd, below(i), i->mode, 0) < 0 ? -errno : 0;
	case PLAN_LINK:
		return write_link(w, i);
	default:
		return write_file(w, i);
	}
}

/* What cannot be asked will be told when a server is made. */
static bool has_xattrs(const struct writer *w, const struct plan_item *i)
{
	VSD_CLOSE int fd = openat(w->fd, below(i), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool has = false;

	return fd < 0 || tree_has_xattrs(fd, &has) < 0 || has;
}

static char class_of(const struct writer *w, const struct plan_item *i)
{
	if (i->type == PLAN_LINK || !i->is_private)
		return MANIFEST_SHARED;
	if (i->is_template)
		return MANIFEST_TEMPLATE;
	if (i->is_empty)
		return MANIFEST_EMPTY;
	return has_xattrs(w, i) ? MANIFEST_PRIVATE_XATTR : MANIFEST_PRIVATE;
}

/* The manifest wants all files of a folder right after it, before its folders. */
static void list_folder(struct writer *w, uint32_t n)
{
	const struct plan_item *f = &w->p->item[n];
	size_t len = f->path[1] ? strlen(f->path) : 0;

	(void)fprintf(w->manifest, "d %c %04o %s\n", f->by_admin ? 'a' : 'r', f->mode & 07777, below(f));
	for (uint32_t k = n + 1; k < w->p->nitem; k++) {
		const struct plan_item *i = &w->p->item[k];
		char class;

		if (strncmp(i->path, f->path, len) != 0 || i->path[len] != '/')
			break;
		if (i->type == PLAN_FOLDER || strchr(i->path + len + 1, '/'))
			continue;
		class = class_of(w, i);
		if (class == MANIFEST_SHARED)
			(void)fprintf(w->manifest, "s %s\n", i->path + len + 1);
		else
			(void)fprintf(w->manifest, "%c %c %04o %s\n", class, i->by_admin ? 'a' : 'r',
				i->mode & 07777, i->path + len + 1);
	}
}

static int write_manifest(struct writer *w, const struct skel_wish *wish)
{
	const char *noted = wish->noted ? wish->noted : wish->install;
	char *text = NULL;
	size_t len = 0;
	int r;

	w->manifest = open_memstream(&text, &len);
	if (!w->manifest)
		return -ENOMEM;
	(void)fprintf(w->manifest, "vsd-skeleton 1\nid %016" PRIx64 "%016" PRIx64 "\nsource %s\n"
		"profile %s\nconf %s\nlinks-most %" PRIu64 "\nlinks-each %" PRIu64 "\n",
		w->id[0], w->id[1], wish->origin, wish->profile, wish->conf,
		w->links_most > w->links_each ? w->links_most : w->links_each, w->links_each);
	if (noted && noted[0])
		(void)fprintf(w->manifest, "install %s\n", noted);
	if (w->reference)
		(void)fprintf(w->manifest, "reference %s\nreference-links %" PRIu64 "\n", w->reference,
			w->reference_links);
	(void)fputs(w->p->lacks ? w->p->lacks : "", w->manifest);
	for (uint32_t n = 1; n < w->p->nitem; n++)
		if (w->p->item[n].type == PLAN_FOLDER)
			list_folder(w, n);
	r = fclose(w->manifest) == 0 ? 0 : -ENOMEM;
	if (r == 0)
		r = vsd_safe_replace_file(w->fd, MANIFEST_NAME, text, len, 0, 0, 0600);
	free(text);
	return r;
}

static int write_all(struct writer *w, const struct skel_wish *wish)
{
	int r = 0;

	for (uint32_t n = 1; n < w->p->nitem; n++) {
		r = write_item(w, &w->p->item[n]);
		if (r < 0)
			return fail(w, r, w->p->item[n].path);
	}
	r = write_manifest(w, wish);
	if (r < 0)
		return fail(w, r, MANIFEST_NAME);
	if (fchmod(w->fd, 0755) < 0 || syncfs(w->fd) < 0)
		return fail(w, -errno, "the skeleton");
	return 0;
}

static int put_in_place(int parent, const char *fresh, const char *name, bool replace,
			char why[VSD_WHY_MAX])
{
	VSD_CLOSE int sync = -1;
	unsigned how = replace ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (renameat2(parent, fresh, parent, name, how) < 0 &&
	    (errno != ENOENT || !replace ||
	     renameat2(parent, fresh, parent, name, RENAME_NOREPLACE) < 0)) {
		int error = -errno;

		why_say(why, "rename to '%s': %s", name, strerror(-error));
		return error;
	}
	sync = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sync < 0 || fsync(sync) < 0)
		return -errno;
	return tree_remove(parent, fresh, NULL, why); /* the one before, if any */
}

int skel_write_beside(struct plan *p, const struct skel_wish *wish, int parent, const char *fresh,
		      const int old[2], char why[VSD_WHY_MAX])
{
	struct writer w = { .p = p, .fd = -1, .old = { old[0], old[1] }, .links_each = 1, .why = why,
			    .id = { 14695981039346656037u, 1469598103u } };
	int r = tree_remove(parent, fresh, NULL, why); /* what a killed run left */

	if (r < 0)
		return r;
	if (mkdirat(parent, fresh, 0700) < 0)
		return fail(&w, -errno, fresh);
	w.fd = openat(parent, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = w.fd < 0 ? fail(&w, -errno, fresh) : write_all(&w, wish);
	for (size_t n = 0; n < w.ntwin; n++)
		free(w.twin[n].path);
	free(w.twin);
	vsd_scope_close(&w.fd);
	return r;
}

int skel_lock(int *out_fd, char why[VSD_WHY_MAX])
{
	int r = tree_lock(TREE_LOCK_SKELETONS, false, out_fd);

	if (r < 0)
		why_say(why, "%s", r == -EBUSY ? "another tool works on skeletons" : strerror(-r));
	return r;
}

/* A refresh half done still needs both of its skeletons. */
static int check_unfinished(char why[VSD_WHY_MAX])
{
	struct refresh_journal j;
	int r = refresh_journal_read(&j, why);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		why_say(why, "a refresh of '%.100s' was interrupted: run vsd-refreshskel first", j.skel);
	return r < 0 ? r : -EBUSY;
}

int skel_write(struct plan *p, const struct skel_wish *wish, bool replace, char why[VSD_WHY_MAX])
{
	char fresh[VSD_PATH_MAX], ignored[VSD_WHY_MAX];
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int lock = -1;
	const char *name;
	struct stat st;
	int r = tree_open_parent(wish->skel, &parent, &name, why);

	if (r == 0)
		r = skel_lock(&lock, why);
	if (r == 0)
		r = check_unfinished(why);
	if (r < 0)
		return r;
	if (!replace && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		why_say(why, "it is there already; --force replaces it");
		return -EEXIST;
	}
	if ((size_t)snprintf(fresh, sizeof(fresh), ".%s.new", name) >= sizeof(fresh))
		return -ENAMETOOLONG;
	r = skel_write_beside(p, wish, parent, fresh, (const int[]){ -1, -1 }, why);
	if (r == 0)
		r = put_in_place(parent, fresh, name, replace, why);
	if (r < 0 && tree_remove(parent, fresh, NULL, ignored) < 0)
		return r; /* the first reason counts; the next run removes it */
	return r;
}
