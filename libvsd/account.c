/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "account.h"

#include <errno.h>
#include <string.h>

#include "masks.h"
#include "name.h"
#include "number.h"
#include "keyval.h"

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

/* Cut the line at p into exactly n fields at its colons, in one pass over it.
 * Answers: its end; NULL: it has another number of fields, or a NUL
 *          out_plain: printable ASCII throughout, without '=' and ".." */
static inline const char *cut_fields(const char *p, const char *end, struct vsd_span *field,
				     size_t n, bool *out_plain)
{
	struct vsd_span *last = field + n - 1;
	const char *start = p, *at;
	uint64_t odd = 0, dot_before = 0;
	struct vsd_masks m;

	for (;; p += VSD_MASKS_BYTES) {
		uint64_t line;

		vsd_masks_at(p, end, &m);
		line = m.stop ? (m.stop & -m.stop) - 1 : UINT64_MAX;
		odd |= (m.odd | (m.dot & (m.dot << 1 | dot_before))) & line;
		dot_before = m.dot >> (VSD_MASKS_BYTES - 1);
		for (uint64_t c = m.colon & line; c; c &= c - 1) {
			if (field == last)
				return NULL;
			at = p + __builtin_ctzll(c);
			*field++ = (struct vsd_span){ start, (size_t)(at - start) };
			start = at + 1;
		}
		if (m.stop)
			break;
	}
	at = p + __builtin_ctzll(m.stop);
	if (field != last || (at < end && *at == '\0'))
		return NULL;
	*field = (struct vsd_span){ start, (size_t)(at - start) };
	*out_plain = odd == 0;
	return at;
}

/* Step over the line at *cursor, and cut it.
 * Answers: false: not n fields, a bad name, a NUL, or too long */
static inline bool cut_line(struct vsd_span file, size_t *cursor, struct vsd_span *field, size_t n,
			    bool *out_plain)
{
	const char *line = file.p + *cursor, *end = file.p + file.len;
	const char *stop = cut_fields(line, end, field, n, out_plain);
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

static inline bool passwd_line(const struct vsd_span f[7], bool plain,
			       struct vsd_passwd_line *out)
{
	uint32_t uid, gid;

	if (vsd_number_id(f[2].p, f[2].len, &uid) < 0 || vsd_number_id(f[3].p, f[3].len, &gid) < 0)
		return false;
	*out = (struct vsd_passwd_line){ .name = f[0], .password = f[1], .gecos = f[4],
					 .dir = f[5], .shell = f[6], .uid = uid, .gid = gid,
					 .plain = plain };
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
	bool plain;

	while (*cursor < file.len)
		if (cut_line(file, cursor, f, 7, &plain) && passwd_line(f, plain, out))
			return true;
	return false;
}

bool vsd_group_next(struct vsd_span file, size_t *cursor, struct vsd_group_line *out)
{
	struct vsd_span f[4];
	bool ignored;

	while (*cursor < file.len)
		if (cut_line(file, cursor, f, 4, &ignored) && group_line(f, out))
			return true;
	return false;
}

int vsd_passwd_parse(struct vsd_span line, struct vsd_passwd_line *out)
{
	struct vsd_span f[7];
	size_t cursor = 0;
	bool plain;

	return cut_line(line, &cursor, f, 7, &plain) && is_whole(line, f[6]) &&
		       passwd_line(f, plain, out) ? 0 : -EINVAL;
}

int vsd_group_parse(struct vsd_span line, struct vsd_group_line *out)
{
	struct vsd_span f[4];
	size_t cursor = 0;
	bool ignored;

	return cut_line(line, &cursor, f, 4, &ignored) && is_whole(line, f[3]) && group_line(f, out) ?
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
	bool ignored;
	long flag;

	if (!cut_line(line, &cursor, f, 9, &ignored) || !is_whole(line, f[8]))
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

bool vsd_members_has(struct vsd_span members, const char *name)
{
	struct vsd_span member;
	size_t cursor = 0, n = strlen(name);

	while (vsd_members_next(members, &cursor, &member))
		if (member.len == n && memcmp(member.p, name, n) == 0)
			return true;
	return false;
}

bool vsd_rights_line(struct vsd_span line, struct vsd_span *out_right, struct vsd_span *out_members)
{
	const char *colon = memchr(line.p, ':', line.len), *last;
	size_t n = colon ? (size_t)(colon - line.p) : 0;

	if (!vsd_name_is_user(line.p, n))
		return false;
	last = memrchr(line.p, ':', line.len);
	*out_right = (struct vsd_span){ line.p, n };
	*out_members = (struct vsd_span){ last + 1, (size_t)(line.p + line.len - last) - 1 };
	return true;
}

bool vsd_right_is_way_in(struct vsd_span right)
{
	return vsd_span_is(right, "login") || vsd_span_is(right, "telnet") ||
	       vsd_span_is(right, "ftp");
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

size_t vsd_gecos_clean(struct vsd_span gecos, char *out, size_t size)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < gecos.len && gecos.p[i] != ',' && n + 1 < size; i++)
		if (gecos.p[i] >= ' ' && gecos.p[i] <= '~' && gecos.p[i] != '=')
			out[n++] = gecos.p[i];
	out[n] = '\0';
	return n;
}
