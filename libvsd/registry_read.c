/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the registry.  A server's own file is the truth; the index only says
 * which file to read, and what it says is compared with the file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "index.h"
#include "paths.h"
#include "registry.h"
#include "registry_impl.h"
#include "safe.h"

/* r: of the opening. */
static int read_entry(int r, int fd, const struct stat *st, const char *name,
		      struct vsd_server *out)
{
	VSD_FREE char *text = NULL;
	char why[VSD_WHY_MAX];
	size_t len = 0;

	if (r == 0)
		r = vsd_safe_read_open(fd, st, VSD_SERVER_TEXT_MAX, &text, &len);
	if (r < 0)
		return r == -EINVAL || r == -EFBIG || r == -ELOOP ? -EBADMSG : r;
	r = vsd_server_parse(text, len, name, out, why);
	if (r == 0)
		out->entry = vsd_stamp_of(st);
	return r;
}

int vsd_registry_find_name_at(int dirfd, const char *name, struct vsd_server *out)
{
	VSD_CLOSE int fd = -1;
	struct stat st = { 0 };
	int r;

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	r = vsd_safe_open_file(dirfd, name, VSD_SERVER_TEXT_MAX, &fd, &st);
	return read_entry(r, fd, &st, name, out);
}

static int path_of(const char *name, char path[VSD_PATH_MAX])
{
	int n = snprintf(path, VSD_PATH_MAX, "%s/%s", vsd_path_servers, name);

	return n < 0 || n >= VSD_PATH_MAX ? -ENAMETOOLONG : 0;
}

int vsd_registry_unchanged(const struct vsd_server *s)
{
	char path[VSD_PATH_MAX];
	int r = path_of(s->name, path);

	return r < 0 ? r : vsd_stamp_check(AT_FDCWD, path, &s->entry);
}

int vsd_registry_find_name(const char *name, struct vsd_server *out)
{
	VSD_CLOSE int fd = -1;
	char path[VSD_PATH_MAX];
	struct stat st = { 0 };
	int r;

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	r = path_of(name, path);
	if (r == 0)
		r = vsd_safe_open_path(path, VSD_SERVER_TEXT_MAX, &fd, &st);
	return read_entry(r, fd, &st, name, out);
}

/* ---- the walk over every file ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

typedef char server_name[VSD_NAME_MAX + 1];

/* All file names that are servers' names; temporaries begin with a dot. */
static int list_names(int dirfd, server_name **out, size_t *out_n)
{
	VSD_FREE server_name *name = NULL;
	size_t n = 0, cap = 0;
	struct dirent *d;
	DIR *dir;
	int r = vsd_safe_opendir(dirfd, &dir);

	if (r < 0)
		return r;
	while ((d = vsd_safe_readdir(dir, &r))) {
		if (!vsd_name_is_vs(d->d_name, strlen(d->d_name)))
			continue;
		if (n == cap) {
			void *more = realloc(name, (cap + 64) * 2 * sizeof(*name));

			if (!more) {
				(void)closedir(dir); /* read only */
				return -ENOMEM;
			}
			name = more;
			cap = (cap + 64) * 2;
		}
		memcpy(name[n++], d->d_name, strlen(d->d_name) + 1);
	}
	(void)closedir(dir); /* read only */
	if (r < 0)
		return r;
	if (n)
		qsort(name, n, sizeof(*name), compare_names);
	*out = name;
	*out_n = n;
	name = NULL;
	return 0;
}

/* A damaged file is another server's trouble alone; one that could not be read now may
 * be just the one that is looked for. */
static int pass_over(void (*bad)(const char *name, int error, void *arg), const char *name,
		     int error, void *arg)
{
	if (bad)
		bad(name, error, arg);
	return bad || error == -EBADMSG || error == -EPERM ? 0 : error;
}

int vsd_registry_walk(vsd_reader_fn *read, void *reader,
		      int (*fn)(const struct vsd_server *s, void *arg),
		      void (*bad)(const char *name, int error, void *arg), void *arg)
{
	VSD_FREE server_name *name = NULL;
	VSD_CLOSE int dirfd = -1;
	struct vsd_server s;
	size_t n = 0;
	int r = vsd_safe_open_root(vsd_path_servers, &dirfd);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = list_names(dirfd, &name, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		int e = read(dirfd, name[i], &s, reader);

		if (e == 0)
			r = fn(&s, arg);
		else if (e != -ENOENT) /* which is: deleted meanwhile */
			r = pass_over(bad, name[i], e, arg);
	}
	return r;
}

static int read_file(int dirfd, const char *name, struct vsd_server *out, void *reader)
{
	(void)reader;
	return vsd_registry_find_name_at(dirfd, name, out);
}

int vsd_registry_each(int (*fn)(const struct vsd_server *s, void *arg),
		      void (*bad)(const char *name, int error, void *arg), void *arg)
{
	return vsd_registry_walk(read_file, NULL, fn, bad, arg);
}

/* ---- by id and by address ---- */

/* What is looked for; addr NULL: the id. */
struct wanted {
	uint32_t id;
	const struct vsd_addr *addr;
	struct vsd_server *out;
	struct vsd_server got; /* by the walk */
	bool found;
};

static bool is_wanted(const struct vsd_server *s, const struct wanted *w)
{
	return w->addr ? vsd_server_has_addr(s, w->addr) : vsd_server_has_id(s, w->id);
}

static int take_wanted(const struct vsd_server *s, void *arg)
{
	struct wanted *w = arg;

	if (!is_wanted(s, w))
		return 0;
	if (w->found) /* two files claim it: which is right would be a guess */
		return -EBADMSG;
	w->found = true;
	w->got = *s;
	return 0;
}

static int find_slowly(struct wanted *w)
{
	int r = vsd_registry_each(take_wanted, NULL, w);

	if (r == 0 && w->found)
		*w->out = w->got;
	return r < 0 ? r : w->found ? 0 : -ENOENT;
}

static int find(struct wanted *w)
{
	const struct vsd_index_entry *e;
	struct vsd_index *ix = NULL;
	server_name name = "";
	struct vsd_server s;
	bool current;
	int r = vsd_index_open(&ix);

	if (r < 0)
		return find_slowly(w);
	e = w->addr ? vsd_index_find_addr(ix, w->addr) : vsd_index_find_uid(ix, w->id);
	if (e)
		memcpy(name, e->name, sizeof(name));
	current = vsd_index_age(ix) == VSD_INDEX_CURRENT; /* after it: damage is seen */
	vsd_index_close(ix);
	if (!current)
		return find_slowly(w);
	if (!name[0])
		return -ENOENT;
	r = vsd_registry_find_name(name, &s);
	/* Changed between the two readings: the files decide. */
	if (r == -ENOENT || (r == 0 && !is_wanted(&s, w)))
		return find_slowly(w);
	if (r == 0)
		*w->out = s;
	return r;
}

int vsd_registry_find_uid(uint32_t id, struct vsd_server *out)
{
	struct wanted w = { .id = id, .out = out };

	return find(&w);
}

int vsd_registry_find_addr(const struct vsd_addr *a, struct vsd_server *out)
{
	struct wanted w = { .addr = a, .out = out };

	return find(&w);
}

bool vsd_server_has_addr(const struct vsd_server *s, const struct vsd_addr *a)
{
	for (unsigned i = 0; i < s->naddr; i++)
		if (vsd_addr_equal(a, &s->addr[i]))
			return true;
	return false;
}
