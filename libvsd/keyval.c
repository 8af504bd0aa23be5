/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyval.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define LINE_MAX_BYTES 4096

static struct vsd_span trim(struct vsd_span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool has_control(struct vsd_span s)
{
	uint64_t w;

	for (; s.len >= sizeof(w); s.p += sizeof(w), s.len -= sizeof(w)) {
		w = vsd_bytes_load(s.p);
		if (vsd_bytes_control(w) & ~vsd_bytes_are(w, '\t'))
			return true;
	}
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

void vsd_keyval_start(struct vsd_keyval *kv, const char *text, size_t len)
{
	*kv = (struct vsd_keyval){ .text = { text, len } };
}

void vsd_keyval_why(const struct vsd_keyval *kv, const char *text, char why[VSD_WHY_MAX])
{
	(void)snprintf(why, VSD_WHY_MAX, "line %u: %.*s: %s", kv->line,
		       (int)(kv->key.len < 64 ? kv->key.len : 64), kv->key.p, text);
}

int vsd_keyval_format(const char *text, size_t len, const char *key, const char *known,
		      int error, char why[VSD_WHY_MAX])
{
	char unused[VSD_WHY_MAX], said[64];
	struct vsd_keyval kv;

	vsd_keyval_start(&kv, text, len);
	while (vsd_keyval_next(&kv, unused) > 0) {
		if (!vsd_span_is(kv.key, key) || vsd_span_is(kv.value, known))
			continue;
		(void)snprintf(said, sizeof(said), "'%.*s' is another version's, this program knows %s",
			       (int)(kv.value.len < 16 ? kv.value.len : 16), kv.value.p, known);
		vsd_keyval_why(&kv, said, why);
		return -EPROTONOSUPPORT;
	}
	return error;
}

int vsd_keyval_next(struct vsd_keyval *kv, char why[VSD_WHY_MAX])
{
	struct vsd_span line;
	const char *equals;

	while (vsd_lines_next(kv->text, &kv->cursor, &line)) {
		kv->line++;
		if (line.len > LINE_MAX_BYTES || has_control(line)) {
			(void)snprintf(why, VSD_WHY_MAX, "line %u: %s", kv->line,
				       line.len > LINE_MAX_BYTES ? "too long"
								 : "a control byte");
			return -EINVAL;
		}
		line = trim(line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		equals = memchr(line.p, '=', line.len);
		if (!equals) {
			(void)snprintf(why, VSD_WHY_MAX, "line %u: no '='", kv->line);
			return -EINVAL;
		}
		kv->key = trim((struct vsd_span){ line.p, (size_t)(equals - line.p) });
		kv->value = trim((struct vsd_span){ equals + 1,
						    line.len - (size_t)(equals - line.p) - 1 });
		return 1;
	}
	return 0;
}

bool vsd_span_is(struct vsd_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

int vsd_span_copy(struct vsd_span s, char *out, size_t size)
{
	if (s.len >= size)
		return -EINVAL;
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return 0;
}

bool vsd_word_next(struct vsd_span *s, struct vsd_span *out_word)
{
	size_t n = 0;

	*s = trim(*s);
	while (n < s->len && s->p[n] != ' ' && s->p[n] != '\t')
		n++;
	if (n == 0)
		return false;
	*out_word = (struct vsd_span){ s->p, n };
	s->p += n;
	s->len -= n;
	return true;
}

bool vsd_path_is_plain(struct vsd_span path)
{
	if (path.len < 2 || path.p[0] != '/' || has_control(path))
		return false;
	for (size_t i = 0; i < path.len;) {
		size_t start = ++i; /* past the slash */

		while (i < path.len && path.p[i] != '/')
			if (path.p[i++] == ' ')
				return false;
		if (i == start || (i - start == 1 && path.p[start] == '.') ||
		    (i - start == 2 && path.p[start] == '.' && path.p[start + 1] == '.'))
			return false;
	}
	return true;
}
