/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check_lines.h"

#include <strings.h>

bool check_last_value(const char *path, const char *key, char separator,
		      char out[CHECK_LINE_BYTES])
{
	struct check_lines l = check_lines_open(path);
	size_t n = strlen(key);
	bool found = false;

	while (check_lines_next(&l)) {
		const char *p = l.line + strspn(l.line, " \t"), *v;

		if (strncasecmp(p, key, n) != 0)
			continue;
		v = p + n + strspn(p + n, " \t");
		if (separator != ' ' && *v != separator)
			continue;
		if (separator == ' ' && v == p + n)
			continue;
		v += separator != ' ';
		v += strspn(v, " \t");
		(void)snprintf(out, CHECK_LINE_BYTES, "%s", v);
		found = true;
	}
	check_lines_close(&l);
	return found;
}
