/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a requirement of an rpm package takes of what is installed. */
#include <stdlib.h>
#include <string.h>

#include "skel_rpm_impl.h"

#define SENSE_ANY 0x0e       /* less, greater, equal */
#define SENSE_EQUAL 0x08
#define SENSE_MISSINGOK (1u << 19)
#define OPERANDS_MAX 32
#define RICH_MAX_BYTES 4096  /* each parenthesis is a call of ours */

/* Is "1:2.0-3" what "= 2.0" asks for?  Without an epoch, without a release: any. */
static bool is_version(const char *has, const char *wanted)
{
	size_t n;

	if (!strchr(wanted, ':') && strchr(has, ':'))
		has = strchr(has, ':') + 1;
	else if (!strchr(has, ':') && strncmp(wanted, "0:", 2) == 0)
		wanted += 2;
	n = strlen(wanted);
	return strncmp(has, wanted, n) == 0 && (has[n] == '\0' || (has[n] == '-' && !strchr(wanted, '-')));
}

static bool provides(const struct rpm_package *k, const char *name, const char *version)
{
	struct rpm_texts names = rpm_head_texts(&k->head, RPM_PROVIDENAME);
	struct rpm_texts versions = rpm_head_texts(&k->head, RPM_PROVIDEVERSION);
	const char *n, *v;

	while ((n = rpm_texts_next(&names))) {
		v = rpm_texts_next(&versions);
		if (v && strcmp(n, name) == 0 && is_version(v, version))
			return true;
	}
	return false;
}

/* All that is installed fits together, so versions matter only where several packages
 * have one thing: of two Pythons, the one that is asked for.  Then the one of that name
 * and the one that is chosen already come before others. */
static unsigned weigh(const struct rpm_package *k, const char *name, uint32_t flags, const char *version)
{
	return ((flags & SENSE_ANY) == SENSE_EQUAL && provides(k, name, version) ? 4u : 0) +
	       (strcmp(k->name, name) == 0 ? 2u : 0) + (k->chosen ? 1u : 0);
}

struct rpm_package *rpm_find(const struct rpm *r, const char *name, uint32_t flags, const char *version)
{
	const struct skel_index_entry *e = NULL;
	struct rpm_package *best = NULL;
	unsigned most = 0;

	while ((e = skel_index_find(&r->provides, name, e))) {
		unsigned weight = weigh(&r->package[e->value], name, flags, version);

		if (!best || weight > most) {
			best = &r->package[e->value];
			most = weight;
		}
	}
	if (best || name[0] != '/')
		return best;
	e = skel_index_find(&r->files, skel_index_path(name), NULL);
	return e ? &r->package[e->value] : NULL;
}

/* ---- "(A if (B or C) else D)": all that a requirement may be; unless is for conflicts ---- */

struct rich {
	unsigned n;
	char *operand[OPERANDS_MAX]; /* a name, or one in parentheses again */
	const char *word;        /* and, or, if, with, without; "" for one alone */
};

static const char *const words[] = { "and", "or", "if", "else", "with", "without" };

/* A token: up to a space outside of parentheses, which names have, too. */
static size_t token_len(const char *s)
{
	size_t n = 0;
	int depth = 0;

	for (; s[n] && (s[n] != ' ' || depth > 0); n++) {
		depth += s[n] == '(' ? 1 : s[n] == ')' ? -1 : 0;
		if (depth < 0)
			break; /* what ends the whole */
	}
	return n;
}

static const char *word_of(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == len && strncmp(words[i], s, len) == 0)
			return words[i];
	return NULL;
}

/* An operand's first token is its name; a comparison may follow. */
static void split(const char *text, struct rich *out)
{
	bool is_first = true;

	*out = (struct rich){ .word = "" };
	if (strlen(text) > RICH_MAX_BYTES)
		return;
	for (const char *s = text + 1; *s; ) {
		const char *word;
		size_t n;

		s += strspn(s, " ");
		n = token_len(s);
		if (n == 0)
			break;
		word = word_of(s, n);
		if (word && !out->word[0])
			out->word = word;
		if (!word && is_first && out->n < OPERANDS_MAX)
			out->operand[out->n++] = plan_memory(strndup(s, n));
		is_first = word != NULL;
		s += n;
	}
}

static void free_operands(struct rich *x)
{
	for (unsigned i = 0; i < x->n; i++)
		free(x->operand[i]);
}

static bool is_met(const struct rpm *r, const char *name);

static bool is_rich_met(const struct rpm *r, const char *text)
{
	struct rich x;
	bool met;

	split(text, &x);
	met = x.n > 0 && is_met(r, x.operand[0]);
	for (unsigned i = 1; i < x.n; i++) {
		bool its = is_met(r, x.operand[i]);

		if (strcmp(x.word, "or") == 0)
			met = met || its;
		else if (strcmp(x.word, "and") == 0 || strcmp(x.word, "with") == 0)
			met = met && its;
	}
	free_operands(&x);
	return met;
}

static bool is_met(const struct rpm *r, const char *name)
{
	return name[0] == '(' ? is_rich_met(r, name) : rpm_find(r, name, 0, "") != NULL;
}

/* Which of the operands are wanted, where what is installed is what counts. */
static bool is_wanted(const struct rpm *r, const struct rich *x, unsigned i)
{
	if (strcmp(x->word, "and") == 0 || strcmp(x->word, "with") == 0)
		return true;
	if (strcmp(x->word, "or") == 0) {
		for (unsigned n = 0; n < i; n++)
			if (is_met(r, x->operand[n]))
				return false;
		return is_met(r, x->operand[i]);
	}
	if (strcmp(x->word, "if") != 0)
		return i == 0; /* one alone; without: the other is not to be there */
	return i == (x->n > 1 && is_met(r, x->operand[1]) ? 0u : 2u);
}

static void need_rich(struct rpm *r, const char *text,
		      void (*choose)(struct rpm *r, struct rpm_package *k, void *arg), void *arg)
{
	struct rich x;

	split(text, &x);
	for (unsigned i = 0; i < x.n; i++)
		if (is_wanted(r, &x, i))
			rpm_need(r, x.operand[i], 0, "", choose, arg);
	free_operands(&x);
}

void rpm_need(struct rpm *r, const char *name, uint32_t flags, const char *version,
	      void (*choose)(struct rpm *r, struct rpm_package *k, void *arg), void *arg)
{
	struct rpm_package *k;

	if (strncmp(name, "rpmlib(", 7) == 0 || (flags & SENSE_MISSINGOK))
		return; /* what rpm itself can do; what may be missing */
	if (name[0] == '(') {
		need_rich(r, name, choose, arg);
		return;
	}
	k = rpm_find(r, name, flags, version);
	if (k)
		choose(r, k, arg);
}
