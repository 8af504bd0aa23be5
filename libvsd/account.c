/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "account.h"

#include <errno.h>
#include <string.h>

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

/* Cut a line into exactly n fields at its colons. */
static bool split_fields(struct vsd_span line, struct vsd_span *field, size_t n)
{
	const char *p = line.p, *end = line.p + line.len;
	size_t i = 0;

	if (line.len > VSD_ACCOUNT_LINE_MAX)
		return false;
	/* One pass: fields are too short for a call of memchr each to pay. */
	field[0].p = p;
	for (; p < end; p++) {
		if (*p == ':') {
			if (i == n - 1)
				return false;
			field[i].len = (size_t)(p - field[i].p);
			field[++i].p = p + 1;
		} else if (*p == '\0') {
			return false;
		}
	}
	if (i != n - 1)
		return false;
	field[i].len = (size_t)(end - field[i].p);
	return vsd_name_is_user(field[0].p, field[0].len);
}

int vsd_passwd_parse(struct vsd_span line, struct vsd_passwd_line *out)
{
	struct vsd_span f[7];
	uint32_t uid, gid;

	if (!split_fields(line, f, 7) || vsd_number_id(f[2].p, f[2].len, &uid) < 0 ||
	    vsd_number_id(f[3].p, f[3].len, &gid) < 0)
		return -EINVAL;
	*out = (struct vsd_passwd_line){ .name = f[0], .password = f[1], .gecos = f[4],
					 .dir = f[5], .shell = f[6], .uid = uid, .gid = gid };
	return 0;
}

int vsd_group_parse(struct vsd_span line, struct vsd_group_line *out)
{
	struct vsd_span f[4];
	uint32_t gid;

	if (!split_fields(line, f, 4) || vsd_number_id(f[2].p, f[2].len, &gid) < 0)
		return -EINVAL;
	*out = (struct vsd_group_line){ .name = f[0], .password = f[1], .members = f[3],
					.gid = gid };
	return 0;
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
	long flag;

	if (!split_fields(line, f, 9))
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

size_t vsd_gecos_clean(struct vsd_span gecos, char *out, size_t size)
{
	const char *comma = memchr(gecos.p, ',', gecos.len);
	size_t len = comma ? (size_t)(comma - gecos.p) : gecos.len, n = 0;
	unsigned bad = 0;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < len; i++)
		bad |= !gecos_allows(gecos.p[i]);
	if (!bad) { /* nearly always */
		n = len < size ? len : size - 1;
		memcpy(out, gecos.p, n);
	} else {
		for (size_t i = 0; i < len && n + 1 < size; i++)
			if (gecos_allows(gecos.p[i]))
				out[n++] = gecos.p[i];
	}
	out[n] = '\0';
	return n;
}
