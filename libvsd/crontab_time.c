/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When: minute, hour, day of the month, month, day of the week. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crontab.h"

#define NAME_LEN 3

static const struct field {
	unsigned low, high;
	const char *names; /* three letters each, from low on */
} fields[] = {
	{ 0, 59, "" },
	{ 0, 23, "" },
	{ 1, 31, "" },
	{ 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
	{ 0, 7, "sunmontuewedthufrisat" },
};
#define FIELDS 5

/* What is written so far; `full` once something did not fit. */
struct text {
	char *p;
	size_t len, size;
	bool full;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *fmt, ...)
{
	size_t left = t->size - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left)
		t->full = true;
	else
		t->len += (size_t)n;
}

static bool is_at(struct vsd_span line, size_t at, char c)
{
	return at < line.len && line.p[at] == c;
}

static bool is_digit(struct vsd_span line, size_t at)
{
	return at < line.len && line.p[at] >= '0' && line.p[at] <= '9';
}

static bool is_blank(struct vsd_span line, size_t at)
{
	return is_at(line, at, ' ') || is_at(line, at, '\t');
}

/* One or two digits. */
static bool take_digits(struct vsd_span line, size_t *at, unsigned *out)
{
	size_t n = 0;

	for (*out = 0; is_digit(line, *at) && n < 2; n++, ++*at)
		*out = *out * 10 + (unsigned)(line.p[*at] - '0');
	return n > 0 && !is_digit(line, *at);
}

static bool take_value(const struct field *f, struct vsd_span line, size_t *at, unsigned *out)
{
	if (is_digit(line, *at))
		return take_digits(line, at, out) && *out >= f->low && *out <= f->high;
	for (size_t i = 0; f->names[i]; i += NAME_LEN)
		if (line.len - *at >= NAME_LEN && strncasecmp(line.p + *at, f->names + i, NAME_LEN) == 0) {
			*at += NAME_LEN;
			*out = f->low + (unsigned)(i / NAME_LEN);
			return true;
		}
	return false;
}

/* "*", a value, or a range; "*" and a range may have a step. */
static bool take_element(const struct field *f, struct vsd_span line, size_t *at, struct text *t)
{
	unsigned low, high, step;
	bool steps = true;

	if (is_at(line, *at, '*')) {
		++*at;
		put(t, "*");
	} else {
		if (!take_value(f, line, at, &low))
			return false;
		put(t, "%u", low);
		steps = is_at(line, *at, '-');
		if (steps) {
			++*at;
			if (!take_value(f, line, at, &high) || high < low)
				return false;
			put(t, "-%u", high);
		}
	}
	if (!is_at(line, *at, '/'))
		return true;
	++*at;
	if (!steps || !take_digits(line, at, &step) || step == 0 || step > f->high)
		return false;
	put(t, "/%u", step);
	return true;
}

static bool take_field(const struct field *f, struct vsd_span line, size_t *at, struct text *t)
{
	while (take_element(f, line, at, t)) {
		if (!is_at(line, *at, ','))
			return is_blank(line, *at) || *at == line.len;
		++*at;
		put(t, ",");
	}
	return false;
}

int vsd_crontab_time(struct vsd_span line, size_t *at, char *out, size_t size, int *out_bad)
{
	struct text t = { .p = out, .size = size };

	for (int i = 0; i < FIELDS; i++) {
		*out_bad = i;
		if (!take_field(&fields[i], line, at, &t) || t.full)
			return -EINVAL;
		put(&t, i < FIELDS - 1 ? " " : "\t");
		while (is_blank(line, *at))
			++*at;
	}
	*out_bad = FIELDS;
	return *at == line.len || t.full ? -EINVAL : 0;
}
