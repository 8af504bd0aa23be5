/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skelconf.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "safe.h"
#include "why.h"

#define PROFILE_NAME_MAX 32
#define NO_PROFILE SIZE_MAX

static const struct {
	const char *word;
	enum skel_rule_kind kind;
	bool is_path;
} keys[] = {
	{ "admin", SKEL_ADMIN, true },
	{ "delete", SKEL_DELETE, true },
	{ "empty", SKEL_EMPTY, true },
	{ "exclude", SKEL_EXCLUDE, true },
	{ "include", SKEL_INCLUDE, true },
	{ "package", SKEL_PACKAGE, false },
	{ "package-exclude", SKEL_PACKAGE_EXCLUDE, false },
	{ "package-optional", SKEL_PACKAGE_OPTIONAL, false },
	{ "private", SKEL_PRIVATE, true },
};

struct profile {
	char name[PROFILE_NAME_MAX + 1];
	uint32_t includes; /* bit n: profile n, which stands before */
};

struct parser {
	struct skel_conf conf;
	unsigned char *section; /* of each rule: 0 for all, else profile + 1 */
	struct profile profile[SKELCONF_PROFILE_MAX];
	size_t nprofile;
	unsigned line;
	char *why;
};

static int bad(struct parser *p, const char *what, const char *word)
{
	why_say(p->why, "line %u: %s '%.100s'", p->line, what, word);
	return -EINVAL;
}

static size_t find_profile(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->nprofile; i++)
		if (strcmp(p->profile[i].name, name) == 0)
			return i;
	return NO_PROFILE;
}

bool skelconf_is_package(const char *s, size_t len)
{
	return len >= 2 && len <= 128 && s[0] != '-' && s[0] != '.' && s[0] != '+' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._") >= len;
}

/* "deb:NAME" and "rpm:NAME" are for sources of that kind. */
static enum skel_db take_db(const char **name)
{
	enum skel_db db = strncmp(*name, "deb:", 4) == 0 ? SKEL_DB_DPKG :
			  strncmp(*name, "rpm:", 4) == 0 ? SKEL_DB_RPM : SKEL_DB_ANY;

	*name += db == SKEL_DB_ANY ? 0 : 4;
	return db;
}

/* Absolute, not "/" itself, no empty component, no "." nor ".."; one slash at the
 * end is allowed for `empty`, which then means a folder. */
static bool is_pattern(const char *s, bool slash_at_end)
{
	size_t len = strlen(s);

	if (len < 2 || s[0] != '/' || len >= 4096)
		return false;
	for (const char *p = s; *p; p += strcspn(p, "/")) {
		size_t n = strcspn(++p, "/");

		if (n == 0)
			return slash_at_end && *p == '\0';
		if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
	}
	return true;
}

static int add_rule(struct parser *p, enum skel_rule_kind kind, enum skel_db db, const char *text)
{
	struct skel_conf *c = &p->conf;

	if (c->nrule == SKELCONF_RULE_MAX)
		return bad(p, "more rules than are allowed, at", text);
	if ((c->nrule & (c->nrule - 1)) == 0) {
		size_t room = c->nrule ? c->nrule * 2 : 1;
		struct skel_rule *r = realloc(c->rule, room * sizeof(*r));
		unsigned char *s;

		if (!r)
			return -ENOMEM;
		c->rule = r;
		s = realloc(p->section, room);
		if (!s)
			return -ENOMEM;
		p->section = s;
	}
	c->rule[c->nrule] =
		(struct skel_rule){ .kind = kind, .db = db, .line = p->line, .text = strdup(text) };
	if (!c->rule[c->nrule].text)
		return -ENOMEM;
	p->section[c->nrule++] = (unsigned char)p->nprofile;
	return 0;
}

/* "profile NAME [EARLIER...]": the lines that follow are NAME's. */
static int begin_profile(struct parser *p, char **save)
{
	char *word = strtok_r(NULL, " \t", save);
	struct profile *n = &p->profile[p->nprofile];

	if (!word || strlen(word) > PROFILE_NAME_MAX ||
	    strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(word))
		return bad(p, "a profile needs a name of lower-case letters, not", word ? word : "");
	if (find_profile(p, word) != NO_PROFILE)
		return bad(p, "there is already a profile", word);
	if (p->nprofile == SKELCONF_PROFILE_MAX)
		return bad(p, "more profiles than are allowed, at", word);
	memcpy(n->name, word, strlen(word) + 1);
	while ((word = strtok_r(NULL, " \t", save))) {
		size_t i = find_profile(p, word);

		if (i == NO_PROFILE)
			return bad(p, "no profile before this line is called", word);
		n->includes |= (uint32_t)1 << i | p->profile[i].includes;
	}
	p->nprofile++;
	return 0;
}

/* A file that does not say is of the one that there is. */
static int check_format(struct parser *p, const char *value)
{
	if (value && strcmp(value, SKELCONF_FORMAT) == 0)
		return 0;
	(void)bad(p, "another version's format, this program knows " SKELCONF_FORMAT ", not",
		  value ? value : "");
	return -EPROTONOSUPPORT;
}

static int read_line(struct parser *p, char *line)
{
	char *save = NULL;
	char *word = strtok_r(line, " \t", &save);
	char *value;
	size_t k = 0;

	if (!word || word[0] == '#')
		return 0;
	if (strcmp(word, "format") == 0)
		return check_format(p, strtok_r(NULL, " \t", &save));
	if (strcmp(word, "profile") == 0)
		return begin_profile(p, &save);
	while (k < sizeof(keys) / sizeof(*keys) && strcmp(keys[k].word, word) != 0)
		k++;
	if (k == sizeof(keys) / sizeof(*keys))
		return bad(p, "unknown word", word);
	value = strtok_r(NULL, " \t", &save);
	if (!value)
		return bad(p, "nothing follows", word);
	for (; value && value[0] != '#'; value = strtok_r(NULL, " \t", &save)) {
		const char *text = value;
		enum skel_db db = keys[k].is_path ? SKEL_DB_ANY : take_db(&text);
		int r;

		if (keys[k].is_path ? !is_pattern(text, keys[k].kind == SKEL_EMPTY)
				    : !skelconf_is_package(text, strlen(text)))
			return bad(p, keys[k].is_path ? "not an absolute path"
						      : "not a package's name", value);
		r = add_rule(p, keys[k].kind, db, text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_lines(struct parser *p, const char *text, size_t len)
{
	char line[2048];

	for (size_t at = 0; at < len; ) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		int r;

		p->line++;
		if (n >= sizeof(line))
			return bad(p, "too long", "line");
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)text[at + i];

			if ((c < 0x20 && c != '\t') || c == 0x7f)
				return bad(p, "a control byte in", "line");
		}
		memcpy(line, text + at, n);
		line[n] = '\0';
		r = read_line(p, line);
		if (r < 0)
			return r;
		at += n + 1;
	}
	return 0;
}

/* Drop the rules of other profiles. */
static int keep_profile(struct parser *p, const char *profile)
{
	size_t chosen = find_profile(p, profile), kept = 0;
	uint32_t with;

	if (chosen == NO_PROFILE) {
		why_say(p->why, "there is no profile '%.100s'", profile);
		return -ENOENT;
	}
	with = p->profile[chosen].includes | (uint32_t)1 << chosen;
	for (size_t i = 0; i < p->conf.nrule; i++) {
		if (p->section[i] == 0 || (with >> (p->section[i] - 1) & 1))
			p->conf.rule[kept++] = p->conf.rule[i];
		else
			free(p->conf.rule[i].text);
	}
	p->conf.nrule = kept;
	return 0;
}

int skelconf_parse(const char *text, size_t len, const char *profile, struct skel_conf *out,
		   char why[VSD_WHY_MAX])
{
	struct parser p = { .why = why };
	int r = len > SKELCONF_FILE_MAX ? -EFBIG : read_lines(&p, text, len);

	if (r == 0)
		r = keep_profile(&p, profile);
	free(p.section);
	if (r < 0) {
		if (r == -ENOMEM || r == -EFBIG)
			why_say(why, "%s", strerror(-r));
		skelconf_free(&p.conf);
		return r;
	}
	*out = p.conf;
	return 0;
}

int skelconf_load(const char *path, const char *profile, struct skel_conf *out,
		  char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = NULL;
	size_t len;
	int r = vsd_safe_read_path(path, SKELCONF_FILE_MAX, &text, &len);

	if (r < 0) {
		why_say(why, "%s", strerror(-r));
		return r;
	}
	return skelconf_parse(text, len, profile, out, why);
}

void skelconf_free(struct skel_conf *c)
{
	for (size_t i = 0; i < c->nrule; i++)
		free(c->rule[i].text);
	free(c->rule);
	*c = (struct skel_conf){ 0 };
}

void skelconf_keep_db(struct skel_conf *c, enum skel_db db)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->nrule; i++) {
		if (db == SKEL_DB_ANY || c->rule[i].db == SKEL_DB_ANY || c->rule[i].db == db)
			c->rule[kept++] = c->rule[i];
		else
			free(c->rule[i].text);
	}
	c->nrule = kept;
}

bool skelconf_matches(const struct skel_conf *c, enum skel_rule_kind kind, const char *path)
{
	for (size_t i = 0; i < c->nrule; i++)
		if (c->rule[i].kind == kind && pattern_matches(c->rule[i].text, path))
			return true;
	return false;
}

bool skelconf_names(const struct skel_conf *c, enum skel_rule_kind kind, const char *text)
{
	for (size_t i = 0; i < c->nrule; i++)
		if (c->rule[i].kind == kind && strcmp(c->rule[i].text, text) == 0)
			return true;
	return false;
}
