/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's cron, root there, reads what comes out of here: nothing of the user's text
 * gets to it but commands (which run in the server, as the user), numbers, and values
 * under names of ours. */
#include "crontab.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"

#define NAME_MAX_BYTES 64   /* of a variable */
#define TIME_MAX_BYTES (VSD_CRONTAB_LINE_MAX + 16)
#define MAIL_MAX_BYTES 254

struct work {
	struct vsd_span line;
	unsigned number, jobs, vars;
	char *out; /* as long as twice the text, which no line outgrows, and some */
	size_t len;
	char *why;
};

__attribute__((format(printf, 2, 3)))
static int bad(const struct work *w, const char *fmt, ...)
{
	int n = snprintf(w->why, VSD_WHY_MAX, "line %u: ", w->number);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(w->why + n, VSD_WHY_MAX - (size_t)n, fmt, ap); /* cut on purpose */
	va_end(ap);
	return -EINVAL;
}

static void put(struct work *w, const char *p, size_t len)
{
	memcpy(w->out + w->len, p, len);
	w->len += len;
}

static void put_text(struct work *w, const char *text)
{
	put(w, text, strlen(text));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct vsd_span trim(struct vsd_span s)
{
	while (s.len > 0 && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* ---- jobs ---- */

static int put_job(struct work *w, const char *when, struct vsd_span command)
{
	if (command.len == 0)
		return bad(w, "no command");
	if (command.p[0] == '*')
		return bad(w, "a sixth field: the command cannot begin with *");
	if (++w->jobs > VSD_CRONTAB_JOBS_MAX) {
		(void)bad(w, "more than %d jobs", VSD_CRONTAB_JOBS_MAX);
		return -EDQUOT;
	}
	put_text(w, when);
	put(w, command.p, command.len);
	put_text(w, "\n");
	return 0;
}

static int take_word(struct work *w)
{
	static const struct {
		const char *word, *when;
	} words[] = {
		{ "@annually", "0 0 1 1 *\t" }, { "@daily", "0 0 * * *\t" },
		{ "@hourly", "0 * * * *\t" },   { "@midnight", "0 0 * * *\t" },
		{ "@monthly", "0 0 1 * *\t" },  { "@weekly", "0 0 * * 0\t" },
		{ "@yearly", "0 0 1 1 *\t" },
	};
	struct vsd_span word = w->line, rest;

	word.len = 0;
	while (word.len < w->line.len && !is_blank(w->line.p[word.len]))
		word.len++;
	rest = trim((struct vsd_span){ word.p + word.len, w->line.len - word.len });
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (vsd_span_is(word, words[i].word))
			return put_job(w, words[i].when, rest);
	if (vsd_span_is(word, "@reboot"))
		return bad(w, "@reboot: the host's cron does not start with the server; "
			   "what is to run with it is a service (/etc/sv/README)");
	return bad(w, "'%.*s' is no word that stands for a time", (int)word.len, word.p);
}

static int take_job(struct work *w)
{
	static const char *const names[] = { "minute (0-59)", "hour (0-23)", "day of the month (1-31)",
					     "month (1-12)", "day of the week (0-7)" };
	char when[TIME_MAX_BYTES];
	size_t at = 0;
	int which;

	if (vsd_crontab_time(w->line, &at, when, sizeof(when), &which) < 0)
		return which < 5 ? bad(w, "the %s is none", names[which]) : bad(w, "no command");
	return put_job(w, when, (struct vsd_span){ w->line.p + at, w->line.len - at });
}

/* ---- variables ---- */

static bool is_name(struct vsd_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '_' && !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') &&
		    !(i > 0 && s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.len > 0 && s.len <= NAME_MAX_BYTES;
}

/* An address for sendmail's command line. */
static bool is_address(struct vsd_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    !(i > 0 && c != '\0' && strchr("@._+,-", c)))
			return false;
	}
	return s.len <= MAIL_MAX_BYTES;
}

static bool is_quoted(struct vsd_span v)
{
	return v.len >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.len - 1] == v.p[0];
}

static int put_var(struct work *w, struct vsd_span name, struct vsd_span value)
{
	bool is_mail = vsd_span_is(name, "MAILTO") || vsd_span_is(name, "MAILFROM");
	char quote = value.len > 0 && memchr(value.p, '"', value.len) ? '\'' : '"';

	/* cron takes off a second pair, and knows no way to write one that is meant. */
	if (is_quoted(value) || (value.len > 0 && memchr(value.p, quote, value.len)))
		return bad(w, "both kinds of quotes in one value");
	if (is_mail && !is_address(value))
		return bad(w, "%.*s: not an address", (int)name.len, name.p);
	if (vsd_span_is(name, "SHELL") && (value.len == 0 || value.p[0] != '/'))
		return bad(w, "SHELL: not an absolute path");
	if (++w->vars > VSD_CRONTAB_JOBS_MAX) {
		(void)bad(w, "more than %d variables", VSD_CRONTAB_JOBS_MAX);
		return -EDQUOT;
	}
	put_text(w, is_mail ? "" : VSD_CRONTAB_PREFIX);
	put(w, name.p, name.len);
	put_text(w, "=");
	put(w, &quote, 1);
	put(w, value.p, value.len);
	put(w, &quote, 1);
	put_text(w, "\n");
	return 0;
}

static int take_var(struct work *w)
{
	const char *equals = memchr(w->line.p, '=', w->line.len);
	size_t n = equals ? (size_t)(equals - w->line.p) : 0;
	struct vsd_span name = trim((struct vsd_span){ w->line.p, n }), value;

	if (!equals || !is_name(name))
		return bad(w, "neither a time and a command nor NAME=VALUE");
	value = trim((struct vsd_span){ equals + 1, w->line.len - n - 1 });
	if (is_quoted(value)) {
		value.p++;
		value.len -= 2;
	}
	return put_var(w, name, value);
}

/* ---- lines ---- */

/* They are printed on others' terminals, too. */
static bool has_control(struct vsd_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static int take_line(struct work *w)
{
	if (w->line.len > VSD_CRONTAB_LINE_MAX)
		return bad(w, "longer than %d bytes", VSD_CRONTAB_LINE_MAX);
	if (has_control(w->line))
		return bad(w, "it holds a control byte");
	w->line = trim(w->line);
	if (w->line.len == 0 || w->line.p[0] == '#')
		return 0;
	if (w->line.p[0] == '@')
		return take_word(w);
	if (w->line.p[0] == '*' || (w->line.p[0] >= '0' && w->line.p[0] <= '9'))
		return take_job(w);
	return take_var(w);
}

int vsd_crontab_compile(struct vsd_span text, char **out, size_t *out_len, unsigned *out_jobs,
			char why[VSD_WHY_MAX])
{
	/* The longest of what is put before and after: a prefix, two quotes. */
	const size_t more = (VSD_CRONTAB_JOBS_MAX * 2) * (sizeof(VSD_CRONTAB_PREFIX) + 16);
	struct work w = { .why = why };
	VSD_FREE char *mine = NULL;
	size_t cursor = 0;
	int r = 0;

	if (text.len > VSD_CRONTAB_BYTES_MAX) {
		(void)snprintf(why, VSD_WHY_MAX, "it is longer than %d bytes", VSD_CRONTAB_BYTES_MAX);
		return -EFBIG;
	}
	mine = w.out = malloc(text.len * 2 + more + 1);
	if (!mine)
		return -ENOMEM;
	while (r == 0 && vsd_lines_next(text, &cursor, &w.line)) {
		w.number++;
		r = take_line(&w);
	}
	if (r < 0)
		return r;
	w.out[w.len] = '\0';
	*out = w.out;
	*out_len = w.len;
	*out_jobs = w.jobs;
	mine = NULL;
	return 0;
}
