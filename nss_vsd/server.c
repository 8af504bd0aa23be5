/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a name, an id or an address to a server. */
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "index.h"
#include "state.h"

/* What is looked for; one of three. */
struct want {
	enum { WANT_NAME, WANT_ID, WANT_ADDR } by;
	const char *name;
	size_t len;
	uint32_t id;
	const struct vsd_addr *addr;
};

static struct vsd_index *mapped; /* GUARD_CACHE */
/* In it: a login asks for ids of the server whose name it has asked for, and a search by id
 * reads all over the mapping, pages that are new to the process. */
static const struct vsd_index_entry *found_last;

static void enter(void)
{
	if (!nss_guard_enter(GUARD_CACHE))
		return;
	nss_cache_abandon();
	mapped = NULL; /* perhaps half replaced: leak one mapping */
	found_last = NULL;
}

static void set(struct nss_server *out, uint32_t first, uint32_t count, const char *name,
		const char *root)
{
	out->range = (struct vsd_range){ first, count };
	out->name_len = (uint16_t)strnlen(name, VSD_NAME_MAX);
	out->root_len = (uint16_t)strnlen(root, VSD_PATH_MAX - 1);
	memcpy(out->name, name, out->name_len);
	memcpy(out->root, root, out->root_len);
	out->name[out->name_len] = out->root[out->root_len] = '\0';
}

static void from_entry(const struct vsd_index_entry *e, struct nss_server *out)
{
	set(out, e->uid_first, e->uid_count, e->name, e->root);
}

static void from_registry(const struct vsd_server *s, struct nss_server *out)
{
	set(out, s->uid_first, s->uid_count, s->name, s->root);
}

static bool is_last(uint32_t id)
{
	return found_last && id >= found_last->uid_first &&
	       id - found_last->uid_first < found_last->uid_count;
}

static const struct vsd_index_entry *search(struct vsd_index *ix, const struct want *w)
{
	switch (w->by) {
	case WANT_NAME:
		return vsd_index_find_name(ix, w->name, w->len);
	case WANT_ID:
		return is_last(w->id) ? found_last : vsd_index_find_uid(ix, w->id);
	case WANT_ADDR:
		return vsd_index_find_addr(ix, w->addr);
	}
	return NULL;
}

/* Ask the mapping that the process has.
 * Errors: -ENOENT none; -ESTALE: there is no mapping, or it is not current */
static int ask_mapped(const struct want *w, struct nss_server *out)
{
	const struct vsd_index_entry *e = NULL;
	int r = -ESTALE;

	enter();
	if (mapped && vsd_index_age(mapped) == VSD_INDEX_CURRENT) {
		e = search(mapped, w);
		if (e) {
			found_last = e;
			from_entry(e, out);
			r = 0;
		} else if (vsd_index_age(mapped) == VSD_INDEX_CURRENT) {
			r = -ENOENT; /* and not damage that was just met */
		}
	}
	nss_guard_leave(GUARD_CACHE);
	return r;
}

/* Replace the mapping by the index as it is now. */
static void map_anew(void)
{
	struct vsd_index *fresh = NULL, *old;

	if (vsd_index_open(&fresh) < 0)
		fresh = NULL; /* the registry's files answer instead */
	enter();
	old = mapped;
	mapped = fresh;
	found_last = NULL;
	nss_guard_leave(GUARD_CACHE);
	vsd_index_close(old);
}

static int ask_registry(const struct want *w, struct nss_server *out)
{
	struct vsd_server s;
	char name[VSD_NAME_MAX + 1];
	int r = -EINVAL;

	switch (w->by) {
	case WANT_NAME:
		memcpy(name, w->name, w->len);
		name[w->len] = '\0';
		r = vsd_registry_find_name(name, &s);
		break;
	case WANT_ID:
		r = vsd_registry_find_uid(w->id, &s);
		break;
	case WANT_ADDR:
		r = vsd_registry_find_addr(w->addr, &s);
		break;
	}
	if (r < 0)
		return r;
	from_registry(&s, out);
	return 0;
}

/* After a root change: servers whose files the process holds. */
static int ask_memory(const struct want *w, struct nss_server *out)
{
	bool found = false;

	enter();
	if (w->by == WANT_NAME)
		found = nss_cache_server_by_name(w->name, w->len, out);
	else if (w->by == WANT_ID)
		found = nss_cache_server_by_id(w->id, out);
	nss_guard_leave(GUARD_CACHE);
	return found ? 0 : -ENOENT;
}

static int find(const struct want *w, struct nss_server *out)
{
	int r = ask_mapped(w, out);

	if (r != -ESTALE)
		return r;
	if (nss_root_changed())
		return ask_memory(w, out);
	map_anew();
	r = ask_mapped(w, out);
	return r == -ESTALE ? ask_registry(w, out) : r;
}

int nss_server_by_name(const char *name, size_t len, struct nss_server *out)
{
	struct want w = { .by = WANT_NAME, .name = name, .len = len };

	return vsd_name_is_vs(name, len) ? find(&w, out) : -ENOENT;
}

int nss_server_by_id(uint32_t id, struct nss_server *out)
{
	struct want w = { .by = WANT_ID, .id = id };

	return id == 0 || id == UINT32_MAX ? -ENOENT : find(&w, out);
}

int nss_server_by_addr(const struct vsd_addr *a, struct nss_server *out)
{
	struct want w = { .by = WANT_ADDR, .addr = a };

	return find(&w, out);
}

/* An enumeration has a mapping of its own, or a list where the index is not to
 * be believed. */
struct nss_servers {
	struct vsd_index *ix;
	struct nss_server *list;
	uint32_t n, room;
};

static int collect(const struct vsd_server *s, void *arg)
{
	struct nss_servers *all = arg;
	struct nss_server *more;

	if (all->n == all->room) {
		uint32_t room = all->room ? all->room * 2 : 64;

		more = reallocarray(all->list, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		all->list = more;
		all->room = room;
	}
	from_registry(s, &all->list[all->n++]);
	return 0;
}

int nss_servers_open(struct nss_servers **out)
{
	struct nss_servers *all = calloc(1, sizeof(*all));
	int r;

	if (!all)
		return -ENOMEM;
	if (vsd_index_open(&all->ix) == 0 && vsd_index_check(all->ix) == 0 &&
	    vsd_index_age(all->ix) == VSD_INDEX_CURRENT) {
		*out = all;
		return 0;
	}
	vsd_index_close(all->ix);
	all->ix = NULL;
	r = vsd_registry_each(collect, NULL, all);
	if (r < 0 && r != -ENOENT) {
		nss_servers_free(all);
		return r;
	}
	*out = all;
	return 0;
}

bool nss_servers_at(const struct nss_servers *all, uint32_t n, struct nss_server *out)
{
	const struct vsd_index_entry *e;

	if (!all->ix) {
		if (n >= all->n)
			return false;
		*out = all->list[n];
		return true;
	}
	e = vsd_index_at(all->ix, n);
	if (!e)
		return false;
	from_entry(e, out);
	return true;
}

void nss_servers_free(struct nss_servers *all)
{
	if (!all)
		return;
	vsd_index_close(all->ix);
	free(all->list);
	free(all);
}

void nss_server_forget(void)
{
	vsd_index_close(mapped);
	mapped = NULL;
	found_last = NULL;
}
