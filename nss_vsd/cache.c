/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "state.h"

enum { BUCKETS = 4096 };

static struct {
	struct nss_snap *bucket[BUCKETS];
	struct nss_snap *newest, *oldest;
	size_t bytes;
} cache; /* GUARD_CACHE */

void nss_cache_abandon(void)
{
	memset(&cache, 0, sizeof(cache));
}

static void enter(void)
{
	if (nss_guard_enter(GUARD_CACHE))
		nss_cache_abandon();
}

static void snap_free(struct nss_snap *s)
{
	if (!s)
		return;
	free((void *)(uintptr_t)s->text.p);
	free(s->users);
	free(s->groups);
	free(s);
}

void nss_snap_drop(struct nss_snap *s)
{
	if (s && atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) == 1)
		snap_free(s);
}

static uint32_t hash_of(const struct nss_server *s, enum nss_file f)
{
	return nss_hash_id(nss_seed() + f, s->range.first);
}

static bool is_of(const struct nss_snap *snap, const struct nss_server *s, enum nss_file f)
{
	return snap->file == f && snap->server.range.first == s->range.first &&
	       snap->server.range.count == s->range.count &&
	       !strcmp(snap->server.name, s->name) && !strcmp(snap->server.root, s->root);
}

/* ---- all of these with GUARD_CACHE held ---- */

static void unlink_use(struct nss_snap *s)
{
	*(s->newer ? &s->newer->older : &cache.newest) = s->older;
	*(s->older ? &s->older->newer : &cache.oldest) = s->newer;
}

static void link_newest(struct nss_snap *s)
{
	s->newer = NULL;
	s->older = cache.newest;
	*(s->older ? &s->older->newer : &cache.oldest) = s;
	cache.newest = s;
}

/* Take it out; the cache's hold passes to the caller, who drops it. */
static void take_out(struct nss_snap *s)
{
	struct nss_snap **at = &cache.bucket[s->hash % BUCKETS];

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	unlink_use(s);
	cache.bytes -= s->bytes;
}

static struct nss_snap *find(const struct nss_server *s, enum nss_file f)
{
	struct nss_snap *at = cache.bucket[hash_of(s, f) % BUCKETS];

	while (at && !is_of(at, s, f))
		at = at->chain;
	return at;
}

/* By range alone: a server that was renamed or moved leaves no stale twin. */
static struct nss_snap *find_slot(const struct nss_snap *s)
{
	struct nss_snap *at = cache.bucket[s->hash % BUCKETS];

	while (at && (at->file != s->file || at->server.range.first != s->server.range.first))
		at = at->chain;
	return at;
}

bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out)
{
	for (struct nss_snap *s = cache.newest; s; s = s->older)
		if (strlen(s->server.name) == len && !memcmp(s->server.name, name, len)) {
			*out = s->server;
			return true;
		}
	return false;
}

bool nss_cache_server_by_id(uint32_t id, struct nss_server *out)
{
	for (struct nss_snap *s = cache.newest; s; s = s->older)
		if (id >= s->server.range.first &&
		    id - s->server.range.first < s->server.range.count) {
			*out = s->server;
			return true;
		}
	return false;
}

void nss_cache_empty(void)
{
	while (cache.oldest) {
		struct nss_snap *s = cache.oldest;

		take_out(s);
		nss_snap_drop(s);
	}
}

/* ---- without ---- */

static struct nss_snap *hold(const struct nss_server *s, enum nss_file f)
{
	struct nss_snap *got;

	enter();
	got = find(s, f);
	if (got) {
		atomic_fetch_add_explicit(&got->holders, 1, memory_order_relaxed);
		if (got != cache.newest) {
			unlink_use(got);
			link_newest(got);
		}
	}
	nss_guard_leave(GUARD_CACHE);
	return got;
}

/* Put a snap in, in the place of an older one; the caller keeps its own hold. */
static void put(struct nss_snap *s)
{
	struct nss_snap *gone = NULL, *old; /* chained by ->chain, freed unlocked */

	atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
	enter();
	old = find_slot(s);
	if (old) {
		take_out(old);
		old->chain = gone;
		gone = old;
	}
	while (cache.oldest && cache.bytes + s->bytes > NSS_CACHE_BYTES) {
		old = cache.oldest;
		take_out(old);
		old->chain = gone;
		gone = old;
	}
	s->chain = cache.bucket[s->hash % BUCKETS];
	cache.bucket[s->hash % BUCKETS] = s;
	link_newest(s);
	cache.bytes += s->bytes;
	nss_guard_leave(GUARD_CACHE);
	while (gone) {
		old = gone;
		gone = old->chain;
		nss_snap_drop(old);
	}
}

static struct nss_snap *snap_new(const struct nss_server *s, enum nss_file f)
{
	struct nss_snap *snap = calloc(1, sizeof(*snap));

	if (!snap)
		return NULL;
	atomic_init(&snap->holders, 1);
	snap->file = f;
	snap->server = *s;
	snap->hash = hash_of(s, f);
	return snap;
}

static int build(struct nss_snap *to, struct vsd_span text)
{
	size_t bytes = 0;
	int r;

	if (to->file == FILE_PASSWD)
		r = nss_users_build(text, to->server.range, &to->users, &bytes);
	else
		r = nss_groups_build(text, to->server.range, &to->groups, &bytes);
	to->bytes = sizeof(*to) + bytes;
	return r;
}

static bool is_built(const struct nss_snap *s)
{
	return s->users || s->groups;
}

static int read_new(const struct nss_server *s, enum nss_file f, struct nss_snap **out)
{
	struct nss_snap *snap = snap_new(s, f);
	char *text;
	int r;

	if (!snap)
		return -ENOMEM;
	r = nss_file_read(s, f, &text, &snap->text.len, &snap->stamp, &snap->young);
	if (r < 0) {
		nss_snap_drop(snap);
		return r == -ENOENT || r == -ENOTDIR ? -EIO : r;
	}
	snap->text.p = text;
	snap->bytes = sizeof(*snap) + snap->text.len;
	*out = snap;
	return 0;
}

/* The same content with a table in the place of the text. */
static int built_of(const struct nss_snap *raw, struct nss_snap **out)
{
	struct nss_snap *snap = snap_new(&raw->server, raw->file);
	int r;

	if (!snap)
		return -ENOMEM;
	snap->stamp = raw->stamp;
	snap->young = raw->young;
	r = build(snap, raw->text);
	if (r < 0) {
		nss_snap_drop(snap);
		return r;
	}
	*out = snap;
	return 0;
}

/* Exchange the caller's hold on a text for one on its table. */
static int want_built(struct nss_snap **snap)
{
	struct nss_snap *built;
	int r = built_of(*snap, &built);

	if (r < 0)
		return r;
	put(built);
	nss_snap_drop(*snap);
	*snap = built;
	return 0;
}

int nss_snap_hold(const struct nss_server *s, enum nss_file f, bool table,
		  struct nss_snap **out)
{
	struct nss_snap *old = hold(s, f), *snap = old;
	bool valid = old && !old->young && nss_file_is(s, f, &old->stamp);
	int r = 0;

	if (!valid && nss_root_changed()) {
		if (!old)
			return -ENOENT;
	} else if (!valid) {
		nss_snap_drop(old);
		snap = NULL;
		r = read_new(s, f, &snap);
		if (r < 0)
			return r;
		if (!table)
			put(snap);
	}
	/* The second use of a text pays for its table. */
	if (!is_built(snap) && (table || snap == old))
		r = want_built(&snap);
	if (r < 0) {
		nss_snap_drop(snap);
		return r;
	}
	*out = snap;
	return 0;
}

int nss_snap_user_name(struct nss_snap **snap, struct vsd_span name, struct nss_user *out)
{
	int r = -EAGAIN;

	if (!is_built(*snap))
		r = nss_users_scan_name((*snap)->text, (*snap)->server.range, name, out);
	if (r != -EAGAIN)
		return r;
	if (!is_built(*snap)) {
		r = want_built(snap);
		if (r < 0)
			return r;
	}
	return nss_users_by_name((*snap)->users, name, out) ? 0 : -ENOENT;
}

int nss_snap_user_uid(struct nss_snap **snap, uint32_t uid, struct nss_user *out)
{
	int r = -EAGAIN;

	if (!is_built(*snap))
		r = nss_users_scan_uid((*snap)->text, (*snap)->server.range, uid, out);
	if (r != -EAGAIN)
		return r;
	if (!is_built(*snap)) {
		r = want_built(snap);
		if (r < 0)
			return r;
	}
	return nss_users_by_uid((*snap)->users, uid, out) ? 0 : -ENOENT;
}

int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out)
{
	struct nss_snap *raw, *built;
	int r = read_new(s, f, &raw);

	if (r < 0)
		return r;
	r = built_of(raw, &built);
	nss_snap_drop(raw);
	if (r < 0)
		return r;
	*out = built;
	return 0;
}
