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
	free(s->users);
	free(s->groups);
	free(s);
}

void nss_snap_drop(struct nss_snap *s)
{
	if (s && atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) == 1)
		snap_free(s);
}

/* One server's files side by side: a login asks for several, and each page of the table
 * that it touches for the first time costs more than what it finds there. */
static uint32_t hash_of(const struct nss_server *s, enum nss_file f)
{
	return nss_hash_id(nss_seed(), s->range.first) + f;
}

static const char *name_of(const struct nss_snap *snap)
{
	return snap->text;
}

static const char *root_of(const struct nss_snap *snap)
{
	return snap->text + snap->name_len + 1;
}

static bool is_of(const struct nss_snap *snap, const struct nss_server *s, enum nss_file f)
{
	return snap->file == f && snap->range.first == s->range.first &&
	       snap->range.count == s->range.count && snap->name_len == s->name_len &&
	       snap->root_len == s->root_len &&
	       !memcmp(name_of(snap), s->name, s->name_len) &&
	       !memcmp(root_of(snap), s->root, s->root_len);
}

struct nss_snap *nss_snap_new(const struct nss_server *s, enum nss_file f)
{
	size_t bytes = sizeof(struct nss_snap) + s->name_len + 1 + s->root_len + 1;
	struct nss_snap *snap = calloc(1, bytes);

	if (!snap)
		return NULL;
	atomic_init(&snap->holders, 1);
	snap->file = f;
	snap->range = s->range;
	snap->name_len = s->name_len;
	snap->root_len = s->root_len;
	snap->hash = hash_of(s, f);
	snap->bytes = bytes;
	memcpy(snap->text, s->name, s->name_len + 1u);
	memcpy(snap->text + s->name_len + 1, s->root, s->root_len + 1u);
	return snap;
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

/* The least recently used, about: who was used since it was last looked at gets
 * a second chance.  A hit thereby writes nothing but its own snap, whose line the
 * processor has to own anyway. */
static struct nss_snap *pick_oldest(void)
{
	struct nss_snap *s = cache.oldest;

	while (s->used) {
		s->used = false;
		unlink_use(s);
		link_newest(s);
		s = cache.oldest;
	}
	return s;
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

	while (at && (at->file != s->file || at->range.first != s->range.first))
		at = at->chain;
	return at;
}

static void server_of(const struct nss_snap *s, struct nss_server *out)
{
	out->range = s->range;
	out->name_len = s->name_len;
	out->root_len = s->root_len;
	memcpy(out->name, name_of(s), s->name_len + 1u);
	memcpy(out->root, root_of(s), s->root_len + 1u);
}

bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out)
{
	for (struct nss_snap *s = cache.newest; s; s = s->older)
		if (s->name_len == len && !memcmp(name_of(s), name, len)) {
			server_of(s, out);
			return true;
		}
	return false;
}

bool nss_cache_server_by_id(uint32_t id, struct nss_server *out)
{
	for (struct nss_snap *s = cache.newest; s; s = s->older)
		if (id >= s->range.first && id - s->range.first < s->range.count) {
			server_of(s, out);
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

struct nss_snap *nss_cache_get(const struct nss_server *s, enum nss_file f)
{
	struct nss_snap *got;

	enter();
	got = find(s, f);
	if (got) {
		atomic_fetch_add_explicit(&got->holders, 1, memory_order_relaxed);
		got->used = true;
	}
	nss_guard_leave(GUARD_CACHE);
	return got;
}

void nss_cache_put(struct nss_snap *s)
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
		old = pick_oldest();
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
