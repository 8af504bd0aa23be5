/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing the registry.  Under the lock: mark the index dirty, write or remove
 * the server's file (the commit point), write the next index, mark the old one
 * superseded.  A writer killed anywhere leaves a dirty or missing index; readers
 * then read the files, and the next one to take the lock writes the index anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index.h"
#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

int vsd_why_error(int r, const char *object, char why[VSD_WHY_MAX])
{
	if (r < 0 && !why[0])
		(void)snprintf(why, VSD_WHY_MAX, "%s: %s", object, vsd_error_text(r));
	return r;
}

/* An index without a server whose file another version wrote would tell that
 * version's modules that it is no more. */
static void note_other_version(const char *name, int error, void *arg)
{
	(void)name;
	if (error == -EPROTONOSUPPORT)
		*(int *)arg = error;
}

int vsd_registry_rebuild(int lock)
{
	struct vsd_server_list all;
	VSD_CLOSE int old = -1;
	int r, other = 0;

	(void)lock; /* asked for, so that nobody calls this without it */
	if (vsd_index_open_rw(&old) < 0)
		old = -1; /* no index at all by that name: the rename decides */
	r = vsd_server_list_read(&all, note_other_version, &other);
	if (r == 0)
		r = other;
	if (r == 0)
		r = vsd_server_list_settle(&all);
	if (r == 0)
		r = vsd_index_write(all.s, all.n);
	vsd_server_list_free(&all);
	/* Last: who has the old one mapped goes on believing it until then. */
	return r < 0 ? r : vsd_index_set_age(old, VSD_INDEX_SUPERSEDED);
}

static bool index_is_sound(void)
{
	struct vsd_index *ix = NULL;
	bool sound = vsd_index_open(&ix) == 0 && vsd_index_age(ix) == VSD_INDEX_CURRENT &&
		     vsd_index_check(ix) == 0;

	vsd_index_close(ix);
	return sound;
}

/* Missing, not to be read or marked dirty: readers go to the files. */
static bool index_is_aside(void)
{
	struct vsd_index *ix = NULL;
	bool aside = vsd_index_open(&ix) < 0 || vsd_index_age(ix) != VSD_INDEX_CURRENT;

	vsd_index_close(ix);
	return aside;
}

/* A full disk must not keep a server from being deleted. */
static bool may_do_without(int error)
{
	return (error == -ENOSPC || error == -EDQUOT) && index_is_aside();
}

int vsd_registry_lock(int *out_fd)
{
	VSD_CLOSE int dirfd = -1;
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_root(vsd_path_lock, &dirfd);

	if (r == 0)
		r = vsd_safe_open_beneath(dirfd, "registry", O_RDWR | O_CREAT, 0600, &fd);
	if (r < 0)
		return r;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	if (!index_is_sound()) {
		r = vsd_registry_rebuild(fd);
		if (r < 0 && !may_do_without(r))
			return r;
	}
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* Write over the file that is there, within the blocks that it has.  Empty lines over the
 * rest of what it was: ended before it is cut, it is whole. */
static int write_over(int dirfd, const char *name, const char *text, size_t len)
{
	VSD_FREE char *lines = NULL;
	VSD_CLOSE int fd = -1;
	struct stat st;
	size_t size;
	ssize_t n;
	int r = vsd_safe_open_beneath(dirfd, name, O_WRONLY, 0, &fd);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size > VSD_SERVER_TEXT_MAX ||
	    (uint64_t)st.st_blocks * 512 < len) /* 512: stat(2) */
		return -ENOSPC;
	size = (size_t)st.st_size > len ? (size_t)st.st_size : len;
	lines = malloc(size);
	if (!lines)
		return -ENOMEM;
	memset(lines, '\n', size);
	memcpy(lines, text, len);
	n = pwrite(fd, lines, size, 0);
	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	return ftruncate(fd, (off_t)len) < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Put the text in place, or remove the file (text NULL), and on disk.
 * needs_no_room: a full disk must not keep it from coming about */
static int change_file(const char *name, const char *text, size_t len, bool needs_no_room)
{
	VSD_CLOSE int dirfd = -1;
	VSD_CLOSE int syncfd = -1;
	int r = vsd_safe_open_root(vsd_path_servers, &dirfd);

	if (r < 0)
		return r;
	if (text) {
		r = vsd_safe_replace_file(dirfd, name, text, len, 0, 0, 0644);
		return (r == -ENOSPC || r == -EDQUOT) && needs_no_room
			? write_over(dirfd, name, text, len) : r;
	}
	syncfd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (syncfd < 0 || unlinkat(dirfd, name, 0) < 0 || fsync(syncfd) < 0)
		return -errno;
	return 0;
}

static int change(int lock, const char *name, const char *text, size_t len, bool needs_no_room)
{
	VSD_CLOSE int old = -1;
	int r = vsd_index_open_rw(&old);

	if (r == 0)
		r = vsd_index_set_age(old, VSD_INDEX_DIRTY);
	if (r < 0)
		return r;
	r = change_file(name, text, len, needs_no_room);
	/* Also after a failure: the index must not stay dirty for it.  Its own failure
	 * takes nothing back: the file is the truth, a dirty index sends readers there,
	 * and the next to take the lock writes it anew. */
	if (vsd_registry_rebuild(lock) < 0)
		return r;
	return r;
}

/* ---- what a change must not bring about ---- */

static bool ranges_meet(const struct vsd_server *a, const struct vsd_server *b)
{
	return vsd_server_has_id(a, b->uid_first) || vsd_server_has_id(b, a->uid_first);
}

/* What two servers cannot both have; NULL: nothing. */
static const char *clash(const struct vsd_server *a, const struct vsd_server *b)
{
	if (a->id == b->id)
		return "id";
	if (ranges_meet(a, b))
		return "range";
	if (strcmp(a->root, b->root) == 0)
		return "root";
	for (unsigned i = 0; i < a->naddr; i++)
		if (vsd_server_has_addr(b, &a->addr[i]))
			return "address";
	return NULL;
}

struct clash_arg {
	const struct vsd_server *s;
	const char *former;      /* its name until now */
	char *why;
};

static int refuse_clash(const struct vsd_server *other, void *arg)
{
	const struct clash_arg *c = arg;
	bool is_itself = strcmp(other->name, c->s->name) == 0 || strcmp(other->name, c->former) == 0;
	const char *what = is_itself ? NULL : clash(c->s, other);

	if (!what)
		return 0;
	(void)snprintf(c->why, VSD_WHY_MAX, "its %s is server %s's", what, other->name);
	return -EEXIST;
}

/* The server's text, once it is certain that reading gives the same back: a
 * newline in a member would write a line of its own. */
static int checked_text(const struct vsd_server *s, char **out, size_t *out_len,
			char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = calloc(2, VSD_SERVER_TEXT_MAX);
	struct vsd_server again;
	size_t len = 0, len2 = 0;
	char *text2;

	if (!text)
		return -ENOMEM;
	text2 = text + VSD_SERVER_TEXT_MAX;
	if (s->naddr > VSD_SERVER_ADDR_MAX ||
	    vsd_server_format(s, text, VSD_SERVER_TEXT_MAX, &len) < 0 ||
	    vsd_server_parse(text, len, s->name, &again, why) < 0)
		return -EINVAL;
	if (vsd_server_format(&again, text2, VSD_SERVER_TEXT_MAX, &len2) < 0 || len != len2 ||
	    memcmp(text, text2, len) != 0)
		return -EINVAL;
	*out = text;
	*out_len = len;
	text = NULL;
	return 0;
}

/* Before a change, which must not begin where the next index cannot be written. */
static int each_of_ours(int (*fn)(const struct vsd_server *s, void *arg), void *arg,
			char why[VSD_WHY_MAX])
{
	int r = vsd_registry_each_again(fn, NULL, arg);

	if (r == -EPROTONOSUPPORT)
		vsd_registry_why(NULL, r, why);
	return r;
}

static int pass(const struct vsd_server *s, void *arg)
{
	(void)s;
	(void)arg;
	return 0;
}

int vsd_registry_may_change(int lock, char why[VSD_WHY_MAX])
{
	(void)lock; /* asked for, so that nobody calls this without it */
	return each_of_ours(pass, NULL, why);
}

static int put(int lock, const struct vsd_server *s, const char *former, char why[VSD_WHY_MAX])
{
	struct clash_arg c = { .s = s, .former = former, .why = why };
	VSD_FREE char *text = NULL;
	size_t len = 0;
	int r = checked_text(s, &text, &len, why);

	if (r == 0)
		r = each_of_ours(refuse_clash, &c, why);
	/* Locking out, and with it deleting, works where nothing else does. */
	return r < 0 ? r : change(lock, s->name, text, len, s->state == VSD_SERVER_DISABLED);
}

/* 0 there is one, -ENOENT, else why it cannot be read. */
static int exists(const char *name)
{
	struct vsd_server s;

	return vsd_registry_find_name(name, &s);
}

int vsd_registry_add(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	why[0] = '\0';
	if (exists(s->name) != -ENOENT) {
		(void)snprintf(why, VSD_WHY_MAX, "a server of this name exists");
		return -EEXIST;
	}
	return vsd_why_error(put(lock, s, s->name, why), "registry", why);
}

int vsd_registry_update(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	int r = exists(s->name);

	why[0] = '\0';
	if (r == -ENOENT)
		(void)snprintf(why, VSD_WHY_MAX, "no such server");
	else if (r < 0)
		vsd_registry_why(s->name, r, why);
	if (r < 0)
		return r;
	return vsd_why_error(put(lock, s, s->name, why), "registry", why);
}

int vsd_registry_remove(int lock, const char *name)
{
	char unused[VSD_WHY_MAX];
	int r = vsd_registry_may_change(lock, unused);

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	return r < 0 ? r : change(lock, name, NULL, 0, true);
}

/* Between the two files a reader finds that they clash, and lets nobody in. */
int vsd_registry_rename(int lock, const char *former, const struct vsd_server *s,
			char why[VSD_WHY_MAX])
{
	int r;

	why[0] = '\0';
	r = put(lock, s, former, why);
	if (r == 0 && exists(former) != -ENOENT)
		r = vsd_registry_remove(lock, former);
	return vsd_why_error(r, "registry", why);
}
