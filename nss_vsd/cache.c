/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "rights.h"
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

static uint32_t hash_of(const struct nss_server *s, enum nss_file f)
{
	return nss_hash_id(nss_seed() + f, s->range.first);
}

static bool is_of(const struct nss_snap *snap, const struct nss_server *s, enum nss_file f)
{
	return snap->file == f && snap->server.range.first == s->range.first &&
	       snap->server.range.count == s->range.count &&
	       snap->server.name_len == s->name_len && snap->server.root_len == s->root_len &&
	       !memcmp(snap->server.name, s->name, s->name_len) &&
	       !memcmp(snap->server.root, s->root, s->root_len);
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

	while (at && (at->file != s->file || at->server.range.first != s->server.range.first))
		at = at->chain;
	return at;
}

bool nss_cache_server_by_name(const char *name, size_t len, struct nss_server *out)
{
	for (struct nss_snap *s = cache.newest; s; s = s->older)
		if (s->server.name_len == len && !memcmp(s->server.name, name, len)) {
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
		got->used = true;
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

/* A snapshot of a text: of all of it, or (users) of the one line that was asked
 * for, which may be empty. */
static int snap_of(const struct nss_server *s, enum nss_file f, struct vsd_span text,
		   bool partial, struct nss_snap **out)
{
	/* The gids of exec rights are the host's. */
	const struct vsd_range groups = f == FILE_PRIV ? (struct vsd_range){ 1, UINT32_MAX - 1 } : s->range;
	struct nss_snap *snap = snap_new(s, f);
	size_t bytes = 0;
	int r;

	if (!snap)
		return -ENOMEM;
	if (f == FILE_PASSWD)
		r = nss_users_build(text, s->range, &snap->users, &bytes);
	else
		r = nss_groups_build(text, groups, &snap->groups, &bytes);
	if (r < 0) {
		nss_snap_drop(snap);
		return r;
	}
	snap->partial = partial;
	snap->bytes = sizeof(*snap) + bytes;
	*out = snap;
	return 0;
}

/* What is asked of a passwd: a name or a uid; NULL: everything. */
struct want {
	const struct vsd_span *name;
	uint32_t uid;
};

static bool search(const struct nss_snap *snap, const struct want *w, struct nss_user *out)
{
	return w->name ? nss_users_by_name(snap->users, *w->name, out) :
			 nss_users_by_uid(snap->users, w->uid, out);
}

/* The part of a text that a first touch needs: the user's line or nothing; all of
 * it when only a table can tell.  The answer says whether it is a part. */
static bool narrow(const struct nss_server *s, const struct want *w, struct vsd_span *text)
{
	struct nss_user u;
	int r = w->name ? nss_users_scan_name(*text, s->range, *w->name, &u) :
			  nss_users_scan_uid(*text, s->range, w->uid, &u);

	if (r == -EAGAIN)
		return false;
	*text = r == 0 ? nss_users_line(*text, &u) : (struct vsd_span){ text->p, 0 };
	return true;
}

/* Read a file; with `first` keep only what that asks for. */
static int read_new(const struct nss_server *s, enum nss_file f, const struct want *first,
		    struct nss_snap **out)
{
	VSD_FREE char *text = NULL;
	VSD_FREE char *rights = NULL;
	struct nss_stamp stamp, exec = { .ino = 0 };
	struct vsd_span span;
	bool young, partial = false;
	int r = nss_file_read(s, f, &text, &span.len, &stamp, &young);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? -EIO : r;
	span.p = text;
	if (f == FILE_PRIV) {
		r = nss_rights_text(span, &rights, &span.len, &exec);
		if (r < 0)
			return r;
		span.p = rights;
	}
	if (first)
		partial = narrow(s, first, &span);
	r = snap_of(s, f, span, partial, out);
	if (r < 0)
		return r;
	(*out)->stamp = stamp;
	(*out)->exec = exec;
	(*out)->young = young;
	return 0;
}

/* Is the file still what the snapshot says, and the list of exec rights, where the
 * snapshot is of those?
 * Errors: -ENOENT: no, but it may not be read again; -ESTALE: no */
static int validate(const struct nss_server *s, enum nss_file f, const struct nss_stamp *exec,
		    const struct nss_snap *snap)
{
	if (snap && !snap->young && nss_file_is(s, f, &snap->stamp) &&
	    (!exec || nss_stamp_same(exec, &snap->exec)))
		return 0;
	if (!nss_root_changed())
		return -ESTALE;
	return snap ? 0 : -ENOENT; /* what was asked before */
}

static int read_and_put(const struct nss_server *s, enum nss_file f, const struct want *first,
			struct nss_snap **out)
{
	int r = read_new(s, f, first, out);

	if (r == 0)
		put(*out);
	return r;
}

static int find_user(const struct nss_server *s, const struct want *w, struct nss_snap **out_hold,
		     struct nss_user *out)
{
	struct nss_snap *snap = hold(s, FILE_PASSWD);
	int r = validate(s, FILE_PASSWD, NULL, snap);
	bool found = r == 0 && search(snap, w, out);

	/* A part that lacks the user says nothing of the rest, unless that may not
	 * be read any more. */
	if (r == -ESTALE || (r == 0 && !found && snap->partial && !nss_root_changed())) {
		const struct want *first = snap ? NULL : w;

		nss_snap_drop(snap);
		snap = NULL;
		r = read_and_put(s, FILE_PASSWD, first, &snap);
		found = r == 0 && search(snap, w, out);
	}
	if (!found) {
		nss_snap_drop(snap);
		return r < 0 ? r : -ENOENT;
	}
	*out_hold = snap;
	return 0;
}

int nss_user_by_name(const struct nss_server *s, struct vsd_span name, struct nss_snap **out_hold,
		     struct nss_user *out)
{
	struct want w = { .name = &name };

	return find_user(s, &w, out_hold, out);
}

int nss_user_by_uid(const struct nss_server *s, uint32_t uid, struct nss_snap **out_hold,
		    struct nss_user *out)
{
	struct want w = { .uid = uid };

	return find_user(s, &w, out_hold, out);
}

static int groups_hold(const struct nss_server *s, enum nss_file f, const struct nss_stamp *exec,
		       struct nss_snap **out_hold)
{
	struct nss_snap *snap = hold(s, f);
	int r = validate(s, f, exec, snap);

	if (r < 0) {
		nss_snap_drop(snap);
		snap = NULL;
		if (r == -ESTALE)
			r = read_and_put(s, f, NULL, &snap);
	}
	if (r < 0)
		return r;
	*out_hold = snap;
	return 0;
}

int nss_groups_hold(const struct nss_server *s, struct nss_snap **out_hold)
{
	return groups_hold(s, FILE_GROUP, NULL, out_hold);
}

int nss_rights_hold(const struct nss_server *s, const struct nss_stamp *exec,
		    struct nss_snap **out_hold)
{
	return groups_hold(s, FILE_PRIV, exec, out_hold);
}

int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out)
{
	return read_new(s, f, NULL, out);
}
