/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Where a resolver on the host's loopback keeps the real servers, then the
 * ordinary place. */
static const char *const resolv_paths[] = {
	"/run/systemd/resolve/resolv.conf",
	"/etc/resolv.conf",
};

static void put_hosts(FILE *f, const struct vsd_server *s)
{
	char text[VSD_ADDR_TEXT_MAX];

	for (unsigned i = 0; i < s->naddr; i++) {
		vsd_addr_format(&s->addr[i], text);
		(void)fprintf(f, "%s\t%s %.*s\n", text, s->fqdn, (int)strcspn(s->fqdn, "."), s->fqdn);
	}
}

/* A name server that a server could not reach: loopback is its own there. */
static bool is_loopback_line(const char *line)
{
	const char *p = line + strlen("nameserver");

	if (strncmp(line, "nameserver", strlen("nameserver")) != 0)
		return false;
	p += strspn(p, " \t");
	return strncmp(p, "127.", 4) == 0 || strncmp(p, "::1", 3) == 0;
}

/* A host without resolv.conf gives a server without one line in it. */
static void put_resolv(FILE *f)
{
	char line[512];
	FILE *in = NULL;

	for (size_t i = 0; !in && i < sizeof(resolv_paths) / sizeof(*resolv_paths); i++)
		in = fopen(resolv_paths[i], "re");
	if (!in)
		return;
	while (fgets(line, sizeof(line), in)) {
		if (!strchr(line, '\n') && !feof(in))
			break; /* a line that long is no resolv.conf's */
		if ((strncmp(line, "nameserver", 10) == 0 && !is_loopback_line(line)) ||
		    strncmp(line, "search", 6) == 0 || strncmp(line, "domain", 6) == 0 ||
		    strncmp(line, "options", 7) == 0)
			(void)fputs(line, f);
	}
	(void)fclose(in); /* it was only read */
}

static bool put_word(FILE *f, const char *word, size_t len, const struct vsd_server *s)
{
#define IS(text) (len == sizeof(text) - 1 && memcmp(word, text, len) == 0)
	if (IS("NAME"))
		(void)fputs(s->name, f);
	else if (IS("FQDN"))
		(void)fputs(s->fqdn, f);
	else if (IS("HOST"))
		(void)fprintf(f, "%.*s", (int)strcspn(s->fqdn, "."), s->fqdn);
	else if (IS("ROOT"))
		(void)fputs(s->root, f);
	else if (IS("UID"))
		(void)fprintf(f, "%" PRIu32, s->uid_first);
	else if (IS("LAST"))
		(void)fprintf(f, "%" PRIu32, s->uid_first + s->uid_count - 1);
	else if (IS("MAX_USERS"))
		(void)fprintf(f, "%" PRIu32, s->max_users);
	else if (IS("DAY"))
		(void)fprintf(f, "%lld", (long long)time(NULL) / 86400);
	else if (IS("HOSTS"))
		put_hosts(f, s);
	else if (IS("RESOLV"))
		put_resolv(f);
	else
		return false;
	return true;
#undef IS
}

static void put_all(FILE *f, const char *p, const char *end, const struct vsd_server *s)
{
	while (p < end) {
		const char *at = memchr(p, '@', (size_t)(end - p));
		const char *close = at ? memchr(at + 1, '@', (size_t)(end - at - 1)) : NULL;

		if (!close) {
			(void)fwrite(p, 1, (size_t)(end - p), f);
			return;
		}
		(void)fwrite(p, 1, (size_t)(at - p), f);
		if (put_word(f, at + 1, (size_t)(close - at - 1), s)) {
			p = close + 1;
		} else {
			(void)fputc('@', f);
			p = at + 1;
		}
	}
}

int words_expand(const char *text, size_t len, const struct vsd_server *s, char **out,
		 size_t *out_len)
{
	char *made = NULL;
	size_t made_len = 0;
	FILE *f = open_memstream(&made, &made_len);
	bool bad;

	if (!f)
		return -ENOMEM;
	put_all(f, text, text + len, s);
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		free(made);
		return -ENOMEM;
	}
	*out = made;
	*out_len = made_len;
	return 0;
}
