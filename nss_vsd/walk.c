/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

#include <string.h>

#include "lookup.h"
#include "stream.h"

struct walk {
	struct nss_servers *all; /* NULL: not begun */
	uint32_t next_server;
	struct nss_server server;
	char *text;              /* the file of `server`; NULL: take the next one */
	size_t len, cursor;
	struct nss_stream *stream; /* passwd, group: what goes through the text */
	struct nss_snap *snap;     /* shadow, gshadow: who may have a line in it, */
	uint8_t *seen;             /* and a bit for each who had one */
	struct nss_item item;      /* passwd, group: was taken from the stream, */
	bool pending;              /* but the caller's buffer was too small */
};

static struct walk walks[GUARD_COUNT]; /* each under its own lock */

static bool has_lines(enum nss_guard g)
{
	return g == GUARD_SHADOW || g == GUARD_GSHADOW;
}

static void leave_server(struct walk *w)
{
	nss_snap_drop(w->snap);
	if (w->text && !w->stream) /* shadow or gshadow */
		explicit_bzero(w->text, w->len);
	free(w->text);
	free(w->stream);
	free(w->seen);
	w->snap = NULL;
	w->text = NULL;
	w->stream = NULL;
	w->seen = NULL;
	w->pending = false;
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
	static const enum nss_file file[] = { [GUARD_PASSWD] = FILE_PASSWD,
					      [GUARD_GROUP] = FILE_GROUP,
					      [GUARD_SHADOW] = FILE_SHADOW,
					      [GUARD_GSHADOW] = FILE_GSHADOW };
	struct vsd_stamp stamp;
	bool young;
	int r = nss_file_read(&w->server, file[g], &w->text, &w->len, &stamp, &young);

	if (r < 0)
		return r;
	if (!has_lines(g))
		return nss_stream_open((struct vsd_span){ w->text, w->len }, w->server.range,
				       &w->stream);
	w->seen = calloc(1, NSS_ENTRIES_MAX / 8 + 1);
	if (!w->seen)
		return -ENOMEM;
	return nss_snap_read(&w->server, g == GUARD_SHADOW ? FILE_PASSWD : FILE_GROUP, &w->snap);
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

/* Errors: -ENOENT: this server has no more */
static int step_stream(struct walk *w, enum nss_guard g, nss_emit *emit, void *arg)
{
	int r;

	if (!w->stream)
		return -ENOENT;
	if (!w->pending)
		w->pending = g == GUARD_PASSWD ? nss_stream_user(w->stream, &w->item.user) :
						 nss_stream_group(w->stream, &w->item.group);
	if (!w->pending)
		return -ENOENT;
	w->item.server = &w->server;
	r = emit(&w->item, arg);
	w->pending = r != 0;
	return r;
}

static int step_lines(struct walk *w, enum nss_guard g, nss_emit *emit, void *arg)
{
	struct nss_item item = { .server = &w->server };
	size_t before;
	uint32_t i;
	int r;

	if (!w->snap)
		return -ENOENT;
	do {
		before = w->cursor;
		if (!next_line(w, g, &item))
			return -ENOENT;
		r = emit(&item, arg);
	} while (r == -EINVAL); /* a bad line; a later good one may follow */
	i = g == GUARD_SHADOW ? item.user.index : item.group.index;
	if (r == 0)
		w->seen[i / 8] |= (uint8_t)(1u << i % 8);
	else
		w->cursor = before;
	return r;
}

static int step(struct walk *w, enum nss_guard g, nss_emit *emit, void *arg)
{
	int r;

	for (;;) {
		r = has_lines(g) ? step_lines(w, g, emit, arg) : step_stream(w, g, emit, arg);
		if (r != -ENOENT)
			return r;
		r = next_server(w, g);
		if (r < 0)
			return r;
	}
}

int nss_walk_next(enum nss_guard g, nss_emit *emit, void *arg)
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
