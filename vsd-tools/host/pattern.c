/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pattern.h"

#include <string.h>

/* Where to resume when what follows a star does not fit: one place for the last
 * `*`, one for the last `**`.  Earlier stars need none: a later star can take
 * over all that they could still swallow. */
struct resume {
	const char *pattern, *path;
};

/* Does the pattern match exactly the first part of the path that ends at a
 * slash or at its end? */
bool pattern_matches(const char *pattern, const char *path)
{
	struct resume one = { NULL, NULL }, many = { NULL, NULL };
	const char *p = pattern, *s = path;

	for (;;) {
		if (*p == '\0' && (*s == '\0' || *s == '/'))
			return true;
		if (p[0] == '*' && p[1] == '*') {
			p += strspn(p, "*");
			many = (struct resume){ p, s };
			one = (struct resume){ NULL, NULL };
			continue;
		}
		if (*p == '*') {
			one = (struct resume){ ++p, s };
			continue;
		}
		if (*s != '\0' && *p != '\0' && (*p == *s || (*p == '?' && *s != '/'))) {
			p++;
			s++;
			continue;
		}
		if (one.pattern && *one.path != '\0' && *one.path != '/') {
			p = one.pattern;
			s = ++one.path;
		} else if (many.pattern && *many.path != '\0') {
			p = many.pattern;
			s = ++many.path;
			one = (struct resume){ NULL, NULL };
		} else {
			return false;
		}
	}
}

bool pattern_is_wild(const char *pattern)
{
	return strpbrk(pattern, "*?") != NULL;
}

size_t pattern_literal_len(const char *pattern)
{
	size_t len = strcspn(pattern, "*?");

	if (pattern[len] == '\0')
		return len;
	while (len > 0 && pattern[len] != '/')
		len--;
	return len;
}
