/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CHECK_LINES_H
#define VSD_CHECK_LINES_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "scope.h"

/* A configuration file of the host, line by line; one that is not there has none. */
enum { CHECK_LINE_BYTES = 1024 };

struct check_lines {
	FILE *f;
	char line[CHECK_LINE_BYTES];
};

static inline struct check_lines check_lines_open(const char *path)
{
	return (struct check_lines){ .f = fopen(path, "re") };
}

static inline bool check_lines_next(struct check_lines *l)
{
	VSD_HELD_BEGIN /* by the caller's structure, until check_lines_close() */
	if (!l->f || !fgets(l->line, sizeof(l->line), l->f))
		return false;
	VSD_HELD_END
	l->line[strcspn(l->line, "\r\n")] = '\0';
	return true;
}

static inline void check_lines_close(struct check_lines *l)
{
	if (l->f)
		(void)fclose(l->f); /* only read */
}

/* The value of the last line "KEY<separator>VALUE" of a file (a blank: any blanks), without
 * those before it. */
bool check_last_value(const char *path, const char *key, char separator,
		      char out[CHECK_LINE_BYTES]);

#endif
