/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "account.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "name.h"
#include "number.h"

bool vsd_lines_next(struct vsd_span file, size_t *cursor, struct vsd_span *out_line)
{
	const char *start, *end;
	size_t left;

	if (*cursor >= file.len)
		return false;
	start = file.p + *cursor;
	left = file.len - *cursor;
	end = memchr(start, '\n', left);
	out_line->p = start;
	out_line->len = end ? (size_t)(end - start) : left;
	*cursor += out_line->len + (end ? 1 : 0);
	return true;
}

/* Bytes that may end a field, among the eight at p: colon, newline, NUL and, for
 * the sake of speed, '*' and 0x1a.  After the end of the file stands a newline. */
static inline uint64_t marks(const char *p, const char *end, uint64_t *out_word)
{
	size_t left = (size_t)(end - p);
	uint64_t w;

	if (left >= sizeof(w))
		w = vsd_bytes_load(p);
	else
		w = vsd_bytes_load_few(p, left) | VSD_BYTES_EACH('\n') << (8 * left);
	*out_word = w;
	return vsd_bytes_are(w & ~VSD_BYTES_EACH(0x30), '\n') | vsd_bytes_zero(w);
}

/* Cut the line at p into exactly n fields at its colons, in one pass over it.
 * Answers: its end; NULL: it has another number of fields, or a NUL */
static inline const char *cut_fields(const char *p, const char *end, struct vsd_span *field,
				     size_t n)
{
	struct vsd_span *last = field + n - 1;
	const char *start = p;
	uint64_t w;

	for (;; p += sizeof(w))
		for (uint64_t m = marks(p, end, &w); m; m &= m - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(m) & ~7u;
			const char *at = p + bit / 8;
			unsigned char c = (unsigned char)(w >> bit);

			if (c == ':') {
				if (field == last)
					return NULL;
				*field++ = (struct vsd_span){ start, (size_t)(at - start) };
				start = at + 1;
			} else if (c == '\n') {
				*field = (struct vsd_span){ start, (size_t)(at - start) };
				return field == last ? at : NULL;
			} else if (c == '\0') {
				return NULL;
			}
		}
}

/* Step over the line at *cursor, and cut it.
 * Answers: false: not n fields, a bad name, a NUL, or too long */
static inline bool cut_line(struct vsd_span file, size_t *cursor, struct vsd_span *field, size_t n)
{
	const char *line = file.p + *cursor, *end = file.p + file.len;
	const char *stop = cut_fields(line, end, field, n);
	bool cut = stop != NULL;

	if (!cut)
		stop = memchr(line, '\n', (size_t)(end - line));
	*cursor = stop && stop < end ? (size_t)(stop + 1 - file.p) : file.len;
	return cut && stop - line <= VSD_ACCOUNT_LINE_MAX &&
	       vsd_name_is_user(field[0].p, field[0].len);
}

/* Is this the whole line, not just what stands before a newline in it? */
static bool is_whole(struct vsd_span line, struct vsd_span last_field)
{
	return last_field.p + last_field.len == line.p + line.len;
}

static inline bool passwd_line(const struct vsd_span f[7], struct vsd_passwd_line *out)
{
	uint32_t uid, gid;

	if (vsd_number_id(f[2].p, f[2].len, &uid) < 0 || vsd_number_id(f[3].p, f[3].len, &gid) < 0)
		return false;
	*out = (struct vsd_passwd_line){ .name = f[0], .password = f[1], .gecos = f[4],
					 .dir = f[5], .shell = f[6], .uid = uid, .gid = gid };
	return true;
}

static inline bool group_line(const struct vsd_span f[4], struct vsd_group_line *out)
{
	uint32_t gid;

	if (vsd_number_id(f[2].p, f[2].len, &gid) < 0)
		return false;
	*out = (struct vsd_group_line){ .name = f[0], .password = f[1], .members = f[3],
					.gid = gid };
	return true;
}

bool vsd_passwd_next(struct vsd_span file, size_t *cursor, struct vsd_passwd_line *out)
{
	struct vsd_span f[7];

	while (*cursor < file.len)
		if (cut_line(file, cursor, f, 7) && passwd_line(f, out))
			return true;
	return false;
}

bool vsd_group_next(struct vsd_span file, size_t *cursor, struct vsd_group_line *out)
{
	struct vsd_span f[4];

	while (*cursor < file.len)
		if (cut_line(file, cursor, f, 4) && group_line(f, out))
			return true;
	return false;
}

int vsd_passwd_parse(struct vsd_span line, struct vsd_passwd_line *out)
{
	struct vsd_span f[7];
	size_t cursor = 0;

	return cut_line(line, &cursor, f, 7) && is_whole(line, f[6]) && passwd_line(f, out) ?
		       0 : -EINVAL;
}

int vsd_group_parse(struct vsd_span line, struct vsd_group_line *out)
{
	struct vsd_span f[4];
	size_t cursor = 0;

	return cut_line(line, &cursor, f, 4) && is_whole(line, f[3]) && group_line(f, out) ?
		       0 : -EINVAL;
}

/* A field of days; empty is -1. */
static bool parse_days(struct vsd_span f, long *out)
{
	uint64_t n;

	if (f.len == 0) {
		*out = -1;
		return true;
	}
	if (vsd_number_parse(f.p, f.len, INT32_MAX, &n) < 0)
		return false;
	*out = (long)n;
	return true;
}

int vsd_shadow_parse(struct vsd_span line, struct vsd_shadow_line *out)
{
	struct vsd_span f[9];
	struct vsd_shadow_line got = { .flag = 0 };
	long *const days[] = { &got.last_change, &got.min, &got.max,
			       &got.warn, &got.inactive, &got.expire };
	size_t cursor = 0;
	long flag;

	if (!cut_line(line, &cursor, f, 9) || !is_whole(line, f[8]))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		if (!parse_days(f[2 + i], days[i]))
			return -EINVAL;
	if (!parse_days(f[8], &flag))
		return -EINVAL;
	got.name = f[0];
	got.hash = f[1];
	got.flag = (unsigned long)flag; /* empty is ~0, as getspent says */
	*out = got;
	return 0;
}

bool vsd_members_next(struct vsd_span members, size_t *cursor, struct vsd_span *out_name)
{
	while (*cursor < members.len) {
		const char *p = members.p + *cursor;
		size_t left = members.len - *cursor;
		const char *comma = memchr(p, ',', left);
		size_t len = comma ? (size_t)(comma - p) : left;

		*cursor += len + (comma ? 1 : 0);
		if (vsd_name_is_user(p, len)) {
			out_name->p = p;
			out_name->len = len;
			return true;
		}
	}
	return false;
}

static bool in_range(struct vsd_range r, uint32_t id)
{
	return id >= r.first && id - r.first < r.count;
}

static bool span_is(struct vsd_span a, struct vsd_span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* Does the line begin with NAME: ?  Cheaper than parsing the ones that do not. */
static bool line_names(struct vsd_span line, struct vsd_span name)
{
	return line.len > name.len && line.p[name.len] == ':' &&
	       memcmp(line.p, name.p, name.len) == 0;
}

/* The first line that is valid, lies in the range and is wanted; name NULL: by id. */
static int passwd_find(struct vsd_span file, struct vsd_range r, const struct vsd_span *name,
		       uint32_t uid, struct vsd_passwd_line *out)
{
	struct vsd_passwd_line got;
	struct vsd_span line;
	size_t cursor = 0;

	while (vsd_lines_next(file, &cursor, &line)) {
		if ((name && !line_names(line, *name)) || vsd_passwd_parse(line, &got) < 0 ||
		    !in_range(r, got.uid) || !in_range(r, got.gid) ||
		    (name ? !span_is(got.name, *name) : got.uid != uid))
			continue;
		*out = got;
		return 0;
	}
	return -ENOENT;
}

int vsd_passwd_find_name(struct vsd_span file, struct vsd_range r, struct vsd_span name,
			 struct vsd_passwd_line *out)
{
	return passwd_find(file, r, &name, 0, out);
}

int vsd_passwd_find_uid(struct vsd_span file, struct vsd_range r, uint32_t uid,
			struct vsd_passwd_line *out)
{
	return passwd_find(file, r, NULL, uid, out);
}

static int group_find(struct vsd_span file, struct vsd_range r, const struct vsd_span *name,
		      uint32_t gid, struct vsd_group_line *out)
{
	struct vsd_group_line got;
	struct vsd_span line;
	size_t cursor = 0;

	while (vsd_lines_next(file, &cursor, &line)) {
		if ((name && !line_names(line, *name)) || vsd_group_parse(line, &got) < 0 ||
		    !in_range(r, got.gid) ||
		    (name ? !span_is(got.name, *name) : got.gid != gid))
			continue;
		*out = got;
		return 0;
	}
	return -ENOENT;
}

int vsd_group_find_name(struct vsd_span file, struct vsd_range r, struct vsd_span name,
			struct vsd_group_line *out)
{
	return group_find(file, r, &name, 0, out);
}

int vsd_group_find_gid(struct vsd_span file, struct vsd_range r, uint32_t gid,
		       struct vsd_group_line *out)
{
	return group_find(file, r, NULL, gid, out);
}

int vsd_shadow_find_name(struct vsd_span file, struct vsd_span name, struct vsd_shadow_line *out)
{
	struct vsd_shadow_line got;
	struct vsd_span line;
	size_t cursor = 0;

	while (vsd_lines_next(file, &cursor, &line)) {
		if (!line_names(line, name) || vsd_shadow_parse(line, &got) < 0 ||
		    !span_is(got.name, name))
			continue;
		*out = got;
		return 0;
	}
	return -ENOENT;
}

static bool gecos_allows(char c)
{
	return c >= ' ' && c <= '~' && c != '=';
}

/* The part before the comma; false: some byte of it is not allowed. */
static bool gecos_part(struct vsd_span gecos, size_t *out_len)
{
	uint64_t bad, comma, w;
	size_t at, left;

	for (at = 0; at < gecos.len; at += sizeof(w)) {
		left = gecos.len - at;
		w = left < sizeof(w) ? vsd_bytes_load_few(gecos.p + at, left) |
					       VSD_BYTES_EACH(',') << (8 * left) :
				       vsd_bytes_load(gecos.p + at);
		comma = vsd_bytes_are(w, ',');
		bad = vsd_bytes_control(w) | vsd_bytes_are(w, '=') | (w & VSD_BYTES_TOP);
		if (comma) {
			*out_len = at + (unsigned)__builtin_ctzll(comma) / 8;
			return !(bad & (comma ^ (comma - 1)));
		}
		if (bad)
			break;
	}
	*out_len = gecos.len;
	return at >= gecos.len;
}

size_t vsd_gecos_clean(struct vsd_span gecos, char *out, size_t size)
{
	size_t len, n = 0;

	if (size == 0)
		return 0;
	if (gecos_part(gecos, &len)) { /* nearly always */
		n = len < size ? len : size - 1;
		memcpy(out, gecos.p, n);
	} else {
		for (size_t i = 0; i < gecos.len && gecos.p[i] != ',' && n + 1 < size; i++)
			if (gecos_allows(gecos.p[i]))
				out[n++] = gecos.p[i];
	}
	out[n] = '\0';
	return n;
}
