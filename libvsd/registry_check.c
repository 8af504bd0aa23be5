/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that can be wrong with the registry, told and not mended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index_format.h"
#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

struct check {
	void (*tell)(const char *object, const char *reason, void *arg);
	void *arg;
	int told;
	const struct vsd_server_list *all;
};

static void tell(struct check *c, const char *object, const char *reason)
{
	c->tell(object, reason, c->arg);
	c->told++;
}

static void damaged(const char *name, int error, void *arg)
{
	char reason[VSD_WHY_MAX];

	vsd_registry_why(name, error, reason);
	tell(arg, name, reason);
}

static void clashes(uint32_t a, uint32_t b, const char *what, void *arg)
{
	struct check *c = arg;
	char reason[VSD_WHY_MAX];

	(void)snprintf(reason, sizeof(reason), "its %s is server %s's too: both are shut", what,
		       c->all->s[b].name);
	tell(c, c->all->s[a].name, reason);
}

static void check_host(struct check *c)
{
	char reason[VSD_WHY_MAX];

	for (uint32_t i = 0; i < c->all->n; i++) {
		const struct vsd_server *s = &c->all->s[i];

		if (vsd_range_check_host((struct vsd_range){ s->uid_first, s->uid_count },
					 reason) < 0)
			tell(c, s->name, reason);
	}
}

/* A lost or restored file would let ids be given again. */
static void check_given(struct check *c)
{
	char reason[VSD_WHY_MAX] = "";
	VSD_CLOSE int dirfd = -1;
	struct vsd_given g = { 0, 0 };
	int r = vsd_safe_open_root(vsd_path_state, &dirfd);

	if (r == 0)
		r = vsd_given_read(dirfd, &g, reason);
	if (vsd_why_error(r, "the file 'given'", reason) < 0) {
		tell(c, vsd_path_state, reason);
		return;
	}
	for (uint32_t i = 0; i < c->all->n; i++)
		if (c->all->s[i].id > g.id) {
			tell(c, c->all->s[i].name, "its id is above all that were given");
			return;
		}
}

static bool entry_agrees(struct vsd_index *ix, const struct vsd_server *s)
{
	const struct vsd_index_entry *e = vsd_index_find_name(ix, s->name, strlen(s->name));

	if (!e || e->id != s->id || e->uid_first != s->uid_first ||
	    e->uid_count != s->uid_count || e->state != (uint32_t)s->state ||
	    strcmp(e->root, s->root) != 0 || vsd_index_find_uid(ix, s->uid_first) != e)
		return false;
	for (unsigned i = 0; i < s->naddr; i++)
		if (vsd_index_find_addr(ix, &s->addr[i]) != e)
			return false;
	return true;
}

static int compare_name(const void *name, const void *server)
{
	return strcmp(name, ((const struct vsd_server *)server)->name);
}

static bool is_listed(const struct vsd_server_list *all, const char *name)
{
	return all->n && bsearch(name, all->s, all->n, sizeof(*all->s), compare_name);
}

/* The list must have been settled: what clashes is not in the index. */
static void compare_index(struct check *c, struct vsd_index *ix)
{
	const struct vsd_index_entry *e;

	if (vsd_index_age(ix) != VSD_INDEX_CURRENT)
		tell(c, vsd_path_index, "a writer left it unfinished");
	for (uint32_t i = 0; i < c->all->n; i++)
		if (!entry_agrees(ix, &c->all->s[i]))
			tell(c, c->all->s[i].name, "the index does not have what its file says");
	for (uint32_t i = 0; (e = vsd_index_at(ix, i)); i++)
		if (!is_listed(c->all, e->name))
			tell(c, e->name, "the index has it, and no sound file does");
}

static const char *index_why(int error, char reason[VSD_WHY_MAX])
{
	VSD_CLOSE int fd = -1;
	struct vsd_index_header h;
	struct stat st;

	if (error == -EPROTONOSUPPORT &&
	    vsd_safe_open_path(vsd_path_index, VSD_INDEX_FILE_MAX, &fd, &st) == 0 &&
	    pread(fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h))
		(void)snprintf(reason, VSD_WHY_MAX, "format %u is another version's, this program "
			       "knows %u: --repair makes it anew", (unsigned)h.version,
			       (unsigned)VSD_INDEX_VERSION);
	(void)vsd_why_error(error, "cannot be used", reason);
	return reason;
}

static void check_index(struct check *c)
{
	struct vsd_index *ix = NULL;
	char reason[VSD_WHY_MAX] = "";
	int r = vsd_index_open(&ix);

	if (r == 0)
		r = vsd_index_check(ix);
	if (r == 0)
		compare_index(c, ix);
	else if (r != -ENOENT || c->all->n) /* a new host has none */
		tell(c, vsd_path_index,
		     r == -ENOENT ? "missing" : r == -EBADMSG ? "damaged" : index_why(r, reason));
	vsd_index_close(ix);
}

int vsd_registry_check(void (*fn)(const char *object, const char *reason, void *arg), void *arg)
{
	struct vsd_server_list all;
	struct check c = { .tell = fn, .arg = arg, .all = &all };
	int r = vsd_server_list_read(&all, damaged, &c);

	if (r == 0)
		r = vsd_server_list_clashes(&all, clashes, &c);
	if (r == 0) {
		check_host(&c);
		check_given(&c);
		r = vsd_server_list_settle(&all);
	}
	if (r == 0)
		check_index(&c);
	vsd_server_list_free(&all);
	return r < 0 ? r : c.told;
}
