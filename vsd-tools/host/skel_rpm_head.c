/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_rpm_head.h"

#include <errno.h>
#include <string.h>

#define INTRO_BYTES 16       /* magic, version, four of nothing; two numbers */
#define ENTRY_BYTES 16       /* tag, type, offset, count */
#define MAX_BYTES (1u << 28) /* as rpm's own */

enum type { TYPE_CHAR = 1, TYPE_INT32 = 4, TYPE_TEXT = 6, TYPE_TEXTS = 8, TYPE_I18N = 9 };

struct entry {
	uint32_t type, count;
	const char *at;
	size_t room;
};

static uint32_t number_at(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int rpm_head_read(const char *bytes, size_t len, struct rpm_head *out)
{
	struct rpm_head h = { .start = bytes };

	if (len < INTRO_BYTES || memcmp(bytes, "\x8e\xad\xe8\x01", 4) != 0)
		return -EBADMSG;
	h.nindex = number_at(bytes + 8);
	h.ndata = number_at(bytes + 12);
	if (h.nindex > MAX_BYTES / ENTRY_BYTES || h.ndata > MAX_BYTES)
		return -EBADMSG;
	h.index = bytes + INTRO_BYTES;
	h.data = h.index + (size_t)h.nindex * ENTRY_BYTES;
	h.len = INTRO_BYTES + (size_t)h.nindex * ENTRY_BYTES + h.ndata;
	if (h.len > len)
		return -EBADMSG;
	*out = h;
	return 0;
}

/* The last of that tag: what installing has changed stands after what was packed. */
static bool find(const struct rpm_head *h, enum rpm_tag tag, struct entry *out)
{
	for (uint32_t i = h->nindex; i-- > 0; ) {
		const char *e = h->index + (size_t)i * ENTRY_BYTES;
		uint32_t offset = number_at(e + 8);

		if (number_at(e) != (uint32_t)tag)
			continue;
		if (offset > h->ndata)
			return false;
		*out = (struct entry){ .type = number_at(e + 4), .count = number_at(e + 12),
				       .at = h->data + offset, .room = h->ndata - offset };
		return true;
	}
	return false;
}

struct rpm_texts rpm_head_texts(const struct rpm_head *h, enum rpm_tag tag)
{
	struct entry e;

	if (!find(h, tag, &e) ||
	    (e.type != TYPE_TEXT && e.type != TYPE_TEXTS && e.type != TYPE_I18N))
		return (struct rpm_texts){ .left = 0 };
	/* Each takes a byte at least. */
	return (struct rpm_texts){ .at = e.at, .room = e.room,
				   .left = e.count < e.room ? e.count : (uint32_t)e.room };
}

const char *rpm_texts_next(struct rpm_texts *t)
{
	const char *text = t->at, *end;

	if (t->left == 0)
		return NULL;
	end = memchr(text, '\0', t->room);
	if (!end) { /* damaged */
		t->left = 0;
		return NULL;
	}
	t->left--;
	t->room -= (size_t)(end + 1 - text);
	t->at = end + 1;
	return text;
}

const char *rpm_head_text(const struct rpm_head *h, enum rpm_tag tag)
{
	struct rpm_texts t = rpm_head_texts(h, tag);
	const char *text = rpm_texts_next(&t);

	return text ? text : "";
}

uint32_t rpm_head_number(const struct rpm_head *h, enum rpm_tag tag, uint32_t n)
{
	struct entry e;

	if (!find(h, tag, &e) || e.type != TYPE_INT32 || n >= e.count || e.room / 4 <= n)
		return 0;
	return number_at(e.at + (size_t)n * 4);
}

const char *rpm_head_bytes(const struct rpm_head *h, enum rpm_tag tag, uint32_t *out_n)
{
	struct entry e;

	if (!find(h, tag, &e) || e.type != TYPE_CHAR || e.count > e.room)
		return NULL;
	*out_n = e.count;
	return e.at;
}
