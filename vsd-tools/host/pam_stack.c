/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading /etc/pam.d as libpam does (pam.d(5)). */
#include "pam_stack_impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "number.h"
#include "scope.h"

enum { LINE_BYTES = 1024, DEPTH_MAX = 16, FILES_MAX = 64 };

static const char *const type_name[] = { "auth", "account", "password", "session" };

static int push(struct pam_stack *s, const struct pam_line *l)
{
	struct pam_line *more;

	if (s->n == PAM_LINES_MAX)
		return -E2BIG;
	more = reallocarray(s->line, s->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->line = more;
	s->line[s->n++] = *l;
	return 0;
}

/* ok, done, bad, die, ignore, reset or a number of lines to jump over. */
static int parse_action(const char *word, int *out)
{
	static const struct {
		const char *word;
		int action;
	} known[] = { { "ok", PAM_DO_OK },	   { "done", PAM_DO_DONE },
		      { "bad", PAM_DO_BAD },	   { "die", PAM_DO_DIE },
		      { "ignore", PAM_DO_IGNORE }, { "reset", PAM_DO_RESET } };
	uint64_t n;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(word, known[i].word) == 0) {
			*out = known[i].action;
			return 0;
		}
	if (vsd_number_parse(word, strlen(word), PAM_LINES_MAX, &n) < 0 || n == 0)
		return -EINVAL;
	*out = (int)n;
	return 0;
}

/* The inside of [value=action ...]. */
static int parse_bracket(char *text, struct pam_line *l)
{
	int other = PAM_DO_BAD, r = 0, action;
	bool has[3] = { false, false, false };
	char *save = NULL;

	for (char *w = strtok_r(text, " \t", &save); w && r == 0; w = strtok_r(NULL, " \t", &save)) {
		char *eq = strchr(w, '=');

		if (!eq)
			return -EINVAL;
		*eq = '\0';
		r = parse_action(eq + 1, &action);
		if (r < 0)
			return r;
		if (strcmp(w, "success") == 0) {
			l->on[PAM_GAVE_SUCCESS] = action;
			has[PAM_GAVE_SUCCESS] = true;
		} else if (strcmp(w, "ignore") == 0) {
			l->on[PAM_GAVE_IGNORE] = action;
			has[PAM_GAVE_IGNORE] = true;
		} else if (strcmp(w, "default") == 0) {
			other = action;
		} else if (l->nalso < PAM_FAILURES_MAX) { /* a failure with an action of its own */
			l->also[l->nalso++] = action;
		} else {
			return -EINVAL; /* more than there are */
		}
	}
	for (int i = 0; i < 3; i++)
		if (!has[i])
			l->on[i] = other;
	return 0;
}

static int parse_control(char *word, struct pam_line *l)
{
	static const struct {
		const char *word;
		int on[3]; /* success, ignore, failure */
	} known[] = {
		{ "required", { PAM_DO_OK, PAM_DO_IGNORE, PAM_DO_BAD } },
		{ "requisite", { PAM_DO_OK, PAM_DO_IGNORE, PAM_DO_DIE } },
		{ "sufficient", { PAM_DO_DONE, PAM_DO_IGNORE, PAM_DO_IGNORE } },
		{ "optional", { PAM_DO_OK, PAM_DO_IGNORE, PAM_DO_IGNORE } },
		/* a substack's own end, to the outside, is a required module's */
		{ "substack", { PAM_DO_OK, PAM_DO_IGNORE, PAM_DO_BAD } },
	};
	size_t len = strlen(word);

	if (word[0] == '[' && word[len - 1] == ']') {
		word[len - 1] = '\0';
		return parse_bracket(word + 1, l);
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcasecmp(word, known[i].word) == 0) {
			memcpy(l->on, known[i].on, sizeof(l->on));
			return 0;
		}
	return -EINVAL;
}

/* The next word at *p; one in brackets is one word. */
static char *next_word(char **p)
{
	char *start = *p + strspn(*p, " \t"), *end;

	if (*start == '\0' || *start == '#')
		return NULL;
	if (*start == '[') {
		end = strchr(start, ']');
		if (!end)
			return NULL;
		end++;
	} else {
		end = start + strcspn(start, " \t");
	}
	*p = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static int read_file(struct pam_stack *s, const char *service, int depth);

static int read_substack(struct pam_stack *s, const char *service, struct pam_line *l, int depth)
{
	struct pam_stack *sub = calloc(1, sizeof(*sub));
	int r;

	if (!sub)
		return -ENOMEM;
	sub->folder = s->folder;
	sub->type = s->type;
	sub->nfile = s->nfile;
	r = read_file(sub, service, depth + 1);
	s->nfile = sub->nfile;
	l->sub = sub;
	if (r == 0)
		r = push(s, l);
	if (r < 0)
		pam_stack_free(sub);
	return r;
}

static void parse_options(char *p, struct pam_line *l)
{
	char *word;

	while ((word = next_word(&p)) != NULL) {
		if (strcmp(word, "is_vs_user") == 0)
			l->asks = true;
		if (strcmp(word, "user_readenv=1") == 0 && strcmp(l->module, "pam_env.so") == 0)
			l->reads_user = true;
		if (strncmp(word, "enter=", 6) == 0)
			(void)snprintf(l->how, sizeof(l->how), "%s", word + 6);
	}
}

static int parse_line(struct pam_stack *s, char *p, int depth)
{
	struct pam_line l = { .how = "session" };
	char *type = next_word(&p), *control, *module, *base;
	int r;

	if (!type)
		return 0;
	if (strcmp(type, "@include") == 0) {
		module = next_word(&p);
		return module ? read_file(s, module, depth + 1) : -EINVAL;
	}
	if (*type == '-')
		type++; /* a missing module is no error to libpam */
	if (strcasecmp(type, type_name[s->type]) != 0)
		return 0;
	control = next_word(&p);
	module = next_word(&p);
	if (!control || !module)
		return -EINVAL;
	if (strcasecmp(control, "include") == 0)
		return read_file(s, module, depth + 1);
	r = parse_control(control, &l);
	if (r < 0)
		return r;
	if (strcasecmp(control, "substack") == 0)
		return read_substack(s, module, &l, depth);
	base = strrchr(module, '/');
	(void)snprintf(l.module, sizeof(l.module), "%s", base ? base + 1 : module);
	parse_options(p, &l);
	return push(s, &l);
}

/* A line that ends in a backslash goes on in the next one. */
static int parse_stream(struct pam_stack *s, FILE *f, int depth)
{
	char line[LINE_BYTES] = "";
	size_t used = 0, len;
	int r = 0;

	while (r == 0 && fgets(line + used, (int)(sizeof(line) - used), f)) {
		len = used + strlen(line + used);
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		else if (!feof(f))
			return -E2BIG;
		if (len > 0 && line[len - 1] == '\\') {
			line[len - 1] = ' ';
			used = len;
			continue;
		}
		used = 0;
		r = parse_line(s, line, depth);
	}
	return r;
}

/* libpam would wait at a FIFO, and every login with it: it is a fault to report. */
static int open_path(const char *folder, const char *service, FILE **out)
{
	char path[512];
	int r = snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", service);
	VSD_CLOSE int fd = -1;
	struct stat st;

	if (r < 0 || (size_t)r >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*out = fdopen(fd, "r");
	if (!*out)
		return -errno;
	(void)vsd_take_fd(&fd); /* the stream's now */
	return 0;
}

static int read_file(struct pam_stack *s, const char *service, int depth)
{
	FILE *f = NULL;
	int r = -ENOENT;

	if (depth > DEPTH_MAX || ++s->nfile > FILES_MAX)
		return -ELOOP;
	if (strchr(service, '/'))
		r = open_path("", service, &f);
	else
		for (size_t i = 0; s->folder[i] && r == -ENOENT; i++)
			r = open_path(s->folder[i], service, &f);
	if (r < 0)
		return r;
	r = parse_stream(s, f, depth);
	(void)fclose(f); /* only read */
	return r;
}

int pam_stack_read(const char *const *folder, const char *service, enum pam_type type,
		   struct pam_stack **out)
{
	struct pam_stack *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->folder = folder;
	s->type = type;
	r = read_file(s, service, 0);
	if (r == -ENOENT && s->n == 0)
		r = read_file(s, "other", 0);
	if (r < 0) {
		pam_stack_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void pam_stack_free(struct pam_stack *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		pam_stack_free(s->line[i].sub);
	free(s->line);
	free(s);
}
