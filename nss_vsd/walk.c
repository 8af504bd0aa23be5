/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

#include <string.h>

#include "cache.h"

struct walk {
	struct nss_servers *all; /* NULL: not begun */
	uint32_t next_server, next_entry;
	struct nss_server server;
	struct nss_snap *snap;   /* passwd or group of `server`; NULL: take the next */
	char *text;              /* shadow or gshadow of `server` */
	size_t len, cursor;
	uint8_t *seen;           /* a bit for each entry whose line was given */
};

static struct walk walks[GUARD_COUNT]; /* each under its own lock */

static bool has_lines(enum nss_guard g)
{
	return g == GUARD_SHADOW || g == GUARD_GSHADOW;
}

static void leave_server(struct walk *w)
{
	nss_snap_drop(w->snap);
	if (w->text)
		explicit_bzero(w->text, w->len); /* password hashes */
	free(w->text);
	free(w->seen);
	w->snap = NULL;
	w->text = NULL;
	w->seen = NULL;
	w->next_entry = 0;
	w->len = w->cursor = 0;
}

void nss_walk_forget(enum nss_guard g, bool torn)
{
	struct walk *w = &walks[g];

	if (!torn) {
		leave_server(w);
		nss_servers_free(w->all);
	}
	memset(w, 0, sizeof(*w));
}

static struct walk *enter(enum nss_guard g)
{
	if (nss_guard_enter(g))
		nss_walk_forget(g, true); /* a thread vanished in it: from the start */
	return &walks[g];
}

static int start(struct walk *w, enum nss_guard g)
{
	nss_walk_forget(g, false);
	/* After a root change no file is read: there is nothing to list. */
	if (nss_root_changed())
		return 0;
	return nss_servers_open(&w->all);
}

int nss_walk_start(enum nss_guard g)
{
	int r = start(enter(g), g);

	nss_guard_leave(g);
	return r;
}

void nss_walk_end(enum nss_guard g)
{
	(void)enter(g);
	nss_walk_forget(g, false);
	nss_guard_leave(g);
}

/* Read what the walk needs of w->server. */
static int read_server(struct walk *w, enum nss_guard g)
{
	bool users = g == GUARD_PASSWD || g == GUARD_SHADOW, young;
	struct nss_stamp stamp;
	int r = nss_snap_read(&w->server, users ? FILE_PASSWD : FILE_GROUP, &w->snap);

	if (r < 0 || !has_lines(g))
		return r;
	r = nss_file_read(&w->server, users ? FILE_SHADOW : FILE_GSHADOW, &w->text, &w->len,
			  &stamp, &young);
	if (r < 0)
		return r;
	w->seen = calloc(1, 65536 / 8); /* tables hold fewer entries */
	return w->seen ? 0 : -ENOMEM;
}

/* Errors: -ENOENT: there is no further server; -ENOMEM */
static int next_server(struct walk *w, enum nss_guard g)
{
	int r;

	do {
		leave_server(w);
		if (!w->all || !nss_servers_at(w->all, w->next_server, &w->server) ||
		    nss_root_changed())
			return -ENOENT;
		r = read_server(w, g);
		if (r == -ENOMEM) {
			leave_server(w);
			return r; /* asked again, it may go on */
		}
		w->next_server++;
	} while (r < 0);
	return 0;
}

static bool find_entry(const struct walk *w, enum nss_guard g, struct vsd_span name,
		       struct nss_item *out, uint32_t *out_index)
{
	bool found;

	if (g == GUARD_SHADOW) {
		found = nss_users_by_name(w->snap->users, name, &out->user);
		*out_index = out->user.index;
	} else {
		found = nss_groups_by_name(w->snap->groups, name, &out->group);
		*out_index = out->group.index;
	}
	return found;
}

/* The next line whose name is one of the table's and was not given before. */
static bool next_line(struct walk *w, enum nss_guard g, struct nss_item *out)
{
	const char *colon;
	uint32_t i;

	while (vsd_lines_next((struct vsd_span){ w->text, w->len }, &w->cursor, &out->line)) {
		colon = memchr(out->line.p, ':', out->line.len);
		if (!colon || out->line.len > VSD_ACCOUNT_LINE_MAX)
			continue;
		if (!find_entry(w, g,
				(struct vsd_span){ out->line.p, (size_t)(colon - out->line.p) },
				out, &i) ||
		    (w->seen[i / 8] & (1u << i % 8)))
			continue;
		return true;
	}
	return false;
}

static bool next_item(struct walk *w, enum nss_guard g, struct nss_item *out)
{
	if (!w->snap)
		return false;
	if (has_lines(g))
		return next_line(w, g, out);
	if (g == GUARD_PASSWD)
		return nss_users_at(w->snap->users, w->next_entry, &out->user);
	return nss_groups_at(w->snap->groups, w->next_entry, &out->group);
}

/* The item was given: go past it. */
static void go_past(struct walk *w, enum nss_guard g, const struct nss_item *item)
{
	uint32_t i = g == GUARD_SHADOW ? item->user.index : item->group.index;

	if (has_lines(g))
		w->seen[i / 8] |= (uint8_t)(1u << i % 8);
	else
		w->next_entry++;
}

static int step(struct walk *w, enum nss_guard g,
		int (*emit)(const struct nss_item *item, void *arg), void *arg)
{
	struct nss_item item = { .server = &w->server };
	size_t before;
	int r;

	for (;;) {
		before = w->cursor;
		if (!next_item(w, g, &item)) {
			r = next_server(w, g);
			if (r < 0)
				return r;
			continue;
		}
		r = emit(&item, arg);
		if (r == -EINVAL && has_lines(g))
			continue; /* a bad line; a later good one may follow */
		if (r < 0)
			w->cursor = before;
		else
			go_past(w, g, &item);
		return r;
	}
}

int nss_walk_next(enum nss_guard g, int (*emit)(const struct nss_item *item, void *arg), void *arg)
{
	struct walk *w = enter(g);
	int r = 0;

	if (!w->all)
		r = start(w, g);
	if (r == 0)
		r = step(w, g, emit, arg);
	nss_guard_leave(g);
	return r;
}
