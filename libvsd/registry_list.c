/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All servers at once, and what two of them must not have in common. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "registry_impl.h"

int vsd_server_list_add(struct vsd_server_list *all, const struct vsd_server *s)
{
	if (all->n == all->room) {
		uint32_t room = all->room ? all->room * 2 : 64;
		void *more = reallocarray(all->s, room, sizeof(*all->s));

		if (!more)
			return -ENOMEM;
		all->s = more;
		all->room = room;
	}
	all->s[all->n++] = *s;
	return 0;
}

struct reader {
	struct vsd_server_list *all;
	void (*bad)(const char *name, int error, void *arg);
	void *arg;
};

static int take_one(const struct vsd_server *s, void *arg)
{
	return vsd_server_list_add(((struct reader *)arg)->all, s);
}

static void pass_bad(const char *name, int error, void *arg)
{
	const struct reader *r = arg;

	if (r->bad)
		r->bad(name, error, r->arg);
}

int vsd_server_list_read(struct vsd_server_list *out,
			 void (*bad)(const char *name, int error, void *arg), void *arg)
{
	struct reader r = { out, bad, arg };

	*out = (struct vsd_server_list){ .s = NULL };
	return vsd_registry_each_again(take_one, pass_bad, &r);
}

void vsd_server_list_free(struct vsd_server_list *all)
{
	free(all->s);
	*all = (struct vsd_server_list){ .s = NULL };
}

/* ---- clashes: sort by the thing, and look at neighbours ---- */

struct key {
	const struct vsd_server *s;
	struct vsd_addr addr;
};

static int by_id(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return (x->s->id > y->s->id) - (x->s->id < y->s->id);
}

static int by_uid(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return (x->s->uid_first > y->s->uid_first) - (x->s->uid_first < y->s->uid_first);
}

static int by_root(const void *a, const void *b)
{
	return strcmp(((const struct key *)a)->s->root, ((const struct key *)b)->s->root);
}

static int by_addr(const void *a, const void *b)
{
	return memcmp(&((const struct key *)a)->addr, &((const struct key *)b)->addr,
		      sizeof(struct vsd_addr));
}

struct search {
	const struct vsd_server_list *all;
	struct key *key;
	size_t nkey;
	void (*fn)(uint32_t a, uint32_t b, const char *what, void *arg);
	void *arg;
};

static void found(const struct search *q, const struct key *a, const struct key *b,
		  const char *what)
{
	q->fn((uint32_t)(a->s - q->all->s), (uint32_t)(b->s - q->all->s), what, q->arg);
}

static void equal_neighbours(struct search *q, int (*cmp)(const void *, const void *),
			     const char *what)
{
	qsort(q->key, q->nkey, sizeof(*q->key), cmp);
	for (size_t i = 1; i < q->nkey; i++)
		if (cmp(&q->key[i - 1], &q->key[i]) == 0 && q->key[i - 1].s != q->key[i].s)
			found(q, &q->key[i - 1], &q->key[i], what);
}

/* Each range against the one before it that reaches farthest: what any other
 * would meet, that one meets too. */
static void overlapping_ranges(struct search *q)
{
	size_t far = 0;

	qsort(q->key, q->nkey, sizeof(*q->key), by_uid);
	for (size_t i = 1; i < q->nkey; i++) {
		const struct vsd_server *f = q->key[far].s, *s = q->key[i].s;

		if (vsd_server_has_id(f, s->uid_first))
			found(q, &q->key[far], &q->key[i], "range");
		if (s->uid_first + s->uid_count > f->uid_first + f->uid_count)
			far = i;
	}
}

int vsd_server_list_clashes(const struct vsd_server_list *all,
			    void (*fn)(uint32_t a, uint32_t b, const char *what, void *arg),
			    void *arg)
{
	struct search q = { .all = all, .fn = fn, .arg = arg };
	size_t naddr = 0;

	for (uint32_t i = 0; i < all->n; i++)
		naddr += all->s[i].naddr;
	if (naddr == 0) /* each has one at least: there is no server */
		return 0;
	q.key = calloc(naddr, sizeof(*q.key));
	if (!q.key)
		return -ENOMEM;
	for (uint32_t i = 0; i < all->n; i++)
		q.key[q.nkey++].s = &all->s[i];
	equal_neighbours(&q, by_id, "id");
	equal_neighbours(&q, by_root, "root");
	overlapping_ranges(&q);
	q.nkey = 0;
	for (uint32_t i = 0; i < all->n; i++)
		for (unsigned a = 0; a < all->s[i].naddr; a++)
			q.key[q.nkey++] = (struct key){ &all->s[i], all->s[i].addr[a] };
	equal_neighbours(&q, by_addr, "address");
	free(q.key);
	return 0;
}

static void mark_both(uint32_t a, uint32_t b, const char *what, void *arg)
{
	bool *out = arg;

	(void)what;
	out[a] = out[b] = true;
}

int vsd_server_list_settle(struct vsd_server_list *all)
{
	VSD_FREE bool *out = calloc(all->n ? all->n : 1, sizeof(*out));
	uint32_t n = 0;
	int r;

	if (!out)
		return -ENOMEM;
	r = vsd_server_list_clashes(all, mark_both, out);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < all->n; i++) {
		if (out[i])
			continue;
		if (n != i)
			all->s[n] = all->s[i];
		n++;
	}
	all->n = n;
	return 0;
}
