/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "safe.h"
#include "scope.h"
#include "why.h"

bool manifest_is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 255 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		/* A newline would forge lines of the manifest. */
		if (c < 0x20 || c == 0x7f || c == '/')
			return false;
	}
	return true;
}

/* A path below the skeleton: "." or components without "." and "..". */
static bool is_path(const char *path)
{
	char part[256];

	if (strcmp(path, ".") == 0)
		return true;
	if (strlen(path) >= 4096)
		return false;
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n >= sizeof(part))
			return false;
		memcpy(part, path, n);
		part[n] = '\0';
		if (!manifest_is_name(part))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

/* "r 0755 NAME" after the kind; p is at the owner's letter. */
static bool read_owned(const char *p, struct manifest_entry *e)
{
	unsigned mode = 0;

	if ((p[0] != 'r' && p[0] != 'a') || p[1] != ' ')
		return false;
	for (int i = 2; i < 6; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		mode = mode * 8 + (unsigned)(p[i] - '0');
	}
	if (p[6] != ' ')
		return false;
	e->admin = p[0] == 'a';
	e->mode = (mode_t)mode;
	e->name = p + 7;
	return true;
}

static bool read_entry(const char *line, struct manifest_entry *e)
{
	if (line[0] == '\0' || line[1] != ' ')
		return false;
	e->kind = (enum manifest_kind)line[0];
	e->admin = false;
	e->mode = 0;
	e->name = line + 2;
	if (e->kind == MANIFEST_SHARED)
		return true;
	return read_owned(line + 2, e);
}

bool manifest_next(const struct manifest *m, size_t *at, struct manifest_entry *out)
{
	if (*at >= m->len)
		return false;
	if (!read_entry(m->text + *at, out))
		return false; /* cannot be: manifest_parse has read every line */
	*at += strlen(m->text + *at) + 1;
	return true;
}

bool manifest_has_line(const struct manifest *m, const char *line)
{
	for (size_t at = 0; at < m->body; at += strlen(m->text + at) + 1)
		if (strcmp(m->text + at, line) == 0)
			return true;
	return false;
}

int manifest_order(const char *a, const char *b)
{
	const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return 0;
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return *x < *y ? -1 : 1;
}

/* One that does not fit is as good as unknown. */
static void path_word(const char *value, char out[VSD_PATH_MAX])
{
	if ((value[0] == '/' || strncmp(value, "debootstrap:", 12) == 0) && strlen(value) < VSD_PATH_MAX)
		memcpy(out, value, strlen(value) + 1);
}

static bool number_word(const char *s, uint64_t *out)
{
	return vsd_number_parse(s, strlen(s), UINT32_MAX, out) == 0;
}

/* One "KEY VALUE" line of the head; unknown keys are for people to read. */
static bool read_head(struct manifest *m, const char *line)
{
	const char *value = strchr(line, ' ');
	size_t key = value ? (size_t)(value - line) : 0;

	if (key < 2)
		return false;
	value++;
	if (key == 2 && memcmp(line, "id", 2) == 0) {
		if (strlen(value) != MANIFEST_ID_LEN ||
		    strspn(value, "0123456789abcdef") != MANIFEST_ID_LEN)
			return false;
		memcpy(m->id, value, sizeof(m->id));
	} else if (key == 7 && memcmp(line, "profile", 7) == 0) {
		(void)snprintf(m->profile, sizeof(m->profile), "%.32s", value); /* for people */
	} else if (key == 6 && memcmp(line, "source", 6) == 0) {
		path_word(value, m->source);
	} else if (key == 4 && memcmp(line, "conf", 4) == 0) {
		path_word(value, m->conf);
	} else if (key == 7 && memcmp(line, "install", 7) == 0) {
		m->install = value;
	} else if (key == 10 && memcmp(line, "links-most", 10) == 0) {
		return number_word(value, &m->links_most);
	} else if (key == 10 && memcmp(line, "links-each", 10) == 0) {
		return number_word(value, &m->links_each);
	} else if (key == 15 && memcmp(line, "reference-links", 15) == 0) {
		return number_word(value, &m->reference_links);
	} else if (key == 9 && memcmp(line, "reference", 9) == 0) {
		if (!is_path(value) || strlen(value) >= sizeof(m->reference))
			return false;
		memcpy(m->reference, value, strlen(value) + 1);
	}
	return true;
}

static bool check_entry(struct manifest *m, const char *line)
{
	struct manifest_entry e;

	if (!read_entry(line, &e) || !strchr("dspxte", (int)e.kind))
		return false;
	if (e.kind == MANIFEST_FOLDER) {
		/* The first is the root itself: every name has a folder. */
		if (!is_path(e.name) || (strcmp(e.name, ".") == 0) != (m->folders == 0))
			return false;
		m->folders++;
	} else if (m->folders == 0 || !manifest_is_name(e.name)) {
		return false;
	}
	m->entries++;
	return true;
}

static int bad_line(unsigned n, char why[VSD_WHY_MAX])
{
	why_say(why, "line %u of " MANIFEST_NAME " is damaged", n);
	return -EBADMSG;
}

#define FIRST_LINE "vsd-skeleton "

static int check_first(const char *line, char why[VSD_WHY_MAX])
{
	const char *format;

	if (strncmp(line, FIRST_LINE, strlen(FIRST_LINE)) != 0)
		return bad_line(1, why);
	format = line + strlen(FIRST_LINE);
	if (strcmp(format, "1") == 0)
		return 0;
	why_say(why, "line 1 of " MANIFEST_NAME ": format '%.20s' is another version's, this program knows 1",
		format);
	return -EPROTONOSUPPORT;
}

static int parse(struct manifest *m, char why[VSD_WHY_MAX])
{
	unsigned n = 0;
	size_t at = 0;

	while (at < m->len) {
		char *line = m->text + at;
		char *end = memchr(line, '\n', m->len - at);

		n++;
		if (!end || memchr(line, '\0', (size_t)(end - line)))
			return bad_line(n, why);
		*end = '\0';
		if (n == 1) {
			int r = check_first(line, why);

			if (r < 0)
				return r;
		} else if (m->body == 0 && strncmp(line, "d ", 2) != 0) {
			if (!read_head(m, line))
				return bad_line(n, why);
		} else {
			if (m->body == 0)
				m->body = at;
			if (!check_entry(m, line))
				return bad_line(n, why);
		}
		at = (size_t)(end - m->text) + 1;
	}
	if (m->body == 0 || m->id[0] == '\0')
		return bad_line(n + 1, why);
	return 0;
}

int manifest_parse(char *text, size_t len, struct manifest *out, char why[VSD_WHY_MAX])
{
	struct manifest m = { .text = text, .len = len };
	int r = parse(&m, why);

	if (r < 0) {
		free(text);
		return r;
	}
	*out = m;
	return 0;
}

int manifest_load(int skelfd, struct manifest *out, char why[VSD_WHY_MAX])
{
	char *text = NULL;
	size_t len = 0;
	int r = vsd_safe_read_file(skelfd, MANIFEST_NAME, MANIFEST_MAX_BYTES, &text, &len);

	if (r < 0) {
		why_say(why, "%s: %s", MANIFEST_NAME, strerror(-r));
		return r;
	}
	return manifest_parse(text, len, out, why);
}

void manifest_free(struct manifest *m)
{
	free(m->text);
	m->text = NULL;
}
