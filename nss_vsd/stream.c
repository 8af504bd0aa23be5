/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "state.h"

enum { SLOTS_MIN = 8 };

struct nss_stream {
	struct vsd_span text;
	struct vsd_range range;
	size_t cursor;
	uint64_t seed;
	uint32_t mask, n, room;
	uint32_t slot[]; /* offset of a name in the text, + 1 */
};

int nss_stream_open(struct vsd_span text, struct vsd_range r, struct nss_stream **out)
{
	size_t lines = 1, slots = SLOTS_MIN;
	struct nss_stream *st;

	for (const char *p = text.p, *end = text.p + text.len;
	     (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	if (lines > NSS_ENTRIES_MAX)
		lines = NSS_ENTRIES_MAX;
	while (slots < lines + lines / 2)
		slots *= 2;
	st = calloc(1, sizeof(*st) + slots * sizeof(st->slot[0]));
	if (!st)
		return -ENOMEM;
	st->text = text;
	st->range = r;
	st->seed = nss_seed();
	st->mask = (uint32_t)slots - 1;
	st->room = (uint32_t)lines;
	*out = st;
	return 0;
}

/* Was the name not met before?  It is from now on. */
static bool is_new(struct nss_stream *st, struct vsd_span name)
{
	uint32_t i = nss_hash_bytes(st->seed, name.p, name.len) & st->mask;

	for (; st->slot[i]; i = (i + 1) & st->mask) {
		const char *met = st->text.p + st->slot[i] - 1;

		/* each stands before its colon */
		if (!memcmp(met, name.p, name.len) && met[name.len] == ':')
			return false;
	}
	st->slot[i] = (uint32_t)(name.p - st->text.p) + 1;
	st->n++;
	return true;
}

bool nss_stream_user(struct nss_stream *st, struct nss_user *out)
{
	while (st->n < st->room && nss_users_next(st->text, &st->cursor, st->range, out))
		if (is_new(st, out->name)) {
			out->index = st->n - 1;
			return true;
		}
	return false;
}

bool nss_stream_group(struct nss_stream *st, struct nss_group *out)
{
	while (st->n < st->room && nss_groups_next(st->text, &st->cursor, st->range, out))
		if (is_new(st, out->name)) {
			out->index = st->n - 1;
			return true;
		}
	return false;
}
