/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user's crontab.  What the host's cron gets of it is of two forms, whatever was typed:
 * five fields of digits and a command, or a quoted value under a name of ours. */
#include "fuzz.h"

#include <string.h>

#include "crontab.h"

#define CRON_LINE_MAX 999 /* bytes: what cron's own buffers hold */

static void check_job(const char *p, const char *end)
{
	for (int field = 0; field < 5; field++) {
		size_t n = strspn(p, "0123456789*,-/");

		MUST(n > 0 && p + n < end);
		MUST(p[n] == (field < 4 ? ' ' : '\t'));
		p += n + 1;
	}
	MUST(p < end && *p != '*' && *p != ' ' && *p != '\t');
}

static void check_var(const char *p, const char *end)
{
	const char *equals = memchr(p, '=', (size_t)(end - p));
	char quote;

	MUST(strncmp(p, VSD_CRONTAB_PREFIX, strlen(VSD_CRONTAB_PREFIX)) == 0 ||
	     strncmp(p, "MAILTO=", 7) == 0 || strncmp(p, "MAILFROM=", 9) == 0);
	MUST(equals && end - equals >= 3);
	quote = equals[1];
	MUST((quote == '"' || quote == '\'') && end[-1] == quote);
	MUST(memchr(equals + 2, quote, (size_t)(end - equals) - 2) == end - 1);
	if (p[0] == 'M')
		MUST(equals[2] != '-' && !memchr(equals, ' ', (size_t)(end - equals)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "", *out = NULL;
	unsigned jobs = 0, seen = 0;
	size_t len = 0;
	const char *p, *end;

	if (vsd_crontab_compile(fuzz_span(data, size), &out, &len, &jobs, why) < 0) {
		MUST(why[0] && memchr(why, '\0', sizeof(why)) && !out);
		return 0;
	}
	MUST(strlen(out) == len && jobs <= VSD_CRONTAB_JOBS_MAX);
	for (p = out; *p; p = end + 1) {
		end = strchr(p, '\n');
		MUST(end && end > p && end - p <= CRON_LINE_MAX);
		for (const char *c = p; c < end; c++)
			MUST(((unsigned char)*c >= 0x20 || *c == '\t') && *c != 0x7f);
		if (*p == '*' || (*p >= '0' && *p <= '9')) {
			check_job(p, end);
			seen++;
		} else {
			check_var(p, end);
		}
	}
	MUST(seen == jobs);
	free(out);
	return 0;
}
