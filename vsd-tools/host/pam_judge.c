/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way through a PAM stack.
 *
 * libpam walks the lines with an impression (none yet, good, bad); a module's answer
 * and the line's control move it.  pam_vsd's answers are known, any other module
 * may give success, ignore or failure.  A state is (line, impression, entered, has a
 * foreign module run since); there are few, so that all of them are visited. */
#include <stdio.h>
#include <string.h>

#include "pam_stack_impl.h"

struct at {
	size_t line;
	enum pam_impression impression;
	bool entered;
};

struct search {
	struct pam_stack *s;
	enum pam_vsd_answer answer;
	struct pam_verdict *out;
	bool seen[PAM_LINES_MAX + 1][PAM_IMPRESSIONS][2];
	struct pam_ends *ends;
};

/* What acts for the user, on the host, when it runs before pam_vsd has entered. */
static bool acts_for_user(const char *module)
{
	static const char *const known[] = { "pam_systemd.so", "pam_motd.so", "pam_mail.so",
					     "pam_mkhomedir.so", "pam_exec.so", "pam_elogind.so",
					     "pam_script.so", "pam_lastlog.so", "pam_xauth.so",
					     "pam_mount.so", "pam_gnome_keyring.so" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(module, known[i]) == 0)
			return true;
	return false;
}

static void visit(struct search *q, struct at at);

static const struct pam_ends *search(struct pam_stack *s, enum pam_vsd_answer answer, bool entered,
				     struct pam_verdict *out)
{
	struct search q = { .s = s, .answer = answer, .out = out, .ends = &s->ends[answer][entered] };

	if (!q.ends->known)
		visit(&q, (struct at){ 0, PAM_NO_IMPRESSION, entered });
	q.ends->known = true;
	return q.ends;
}

static void finish(struct search *q, struct at at)
{
	q->ends->end[at.impression][at.entered] = true;
}

static void act(struct search *q, struct at at, enum pam_gave gave, int action)
{
	struct at next = { at.line + 1, at.impression, at.entered };
	bool good = gave != PAM_GAVE_FAILURE;

	switch (action) {
	case PAM_DO_IGNORE:
		break;
	case PAM_DO_RESET:
		next.impression = PAM_NO_IMPRESSION;
		break;
	case PAM_DO_OK:
	case PAM_DO_DONE:
		/* PAM_IGNORE makes no impression; a failure that is `ok` is the result */
		if (at.impression == PAM_NO_IMPRESSION && gave != PAM_GAVE_IGNORE)
			next.impression = good ? PAM_GOOD : PAM_BAD;
		else if (at.impression == PAM_GOOD && !good)
			next.impression = PAM_BAD;
		if (action == PAM_DO_DONE && next.impression != PAM_NO_IMPRESSION) {
			finish(q, next);
			return;
		}
		break;
	case PAM_DO_BAD:
	case PAM_DO_DIE:
		next.impression = PAM_BAD;
		if (action == PAM_DO_DIE) {
			finish(q, next);
			return;
		}
		break;
	default:
		next.line += (size_t)action;
		break;
	}
	visit(q, next);
}

/* A failure may be any of those that the line names, too: one word such as
 * user_unknown=ignore passes over a refusal that `default` would obey. */
static void step(struct search *q, struct at at, enum pam_gave gave)
{
	const struct pam_line *l = &q->s->line[at.line];

	act(q, at, gave, l->on[gave]);
	for (size_t i = 0; gave == PAM_GAVE_FAILURE && i < l->nalso; i++)
		act(q, at, gave, l->also[i]);
}

static void note(char out[64], const char *module)
{
	if (out[0] == '\0')
		(void)snprintf(out, 64, "%s", module);
}

/* A substack ends for itself; what it was is then one module's answer. */
static void enter_substack(struct search *q, struct at at)
{
	const struct pam_ends *ends = search(q->s->line[at.line].sub, q->answer, at.entered, q->out);

	for (int entered = 0; entered < 2; entered++) {
		struct at back = { at.line, at.impression, entered };

		if (ends->end[PAM_GOOD][entered])
			step(q, back, PAM_GAVE_SUCCESS);
		if (ends->end[PAM_NO_IMPRESSION][entered])
			step(q, back, PAM_GAVE_IGNORE);
		if (ends->end[PAM_BAD][entered])
			step(q, back, PAM_GAVE_FAILURE);
	}
}

static void run_vsd(struct search *q, struct at at)
{
	const struct pam_line *l = &q->s->line[at.line];

	if (l->asks) {
		step(q, at, PAM_GAVE_SUCCESS);
		return;
	}
	if (q->answer == PAM_VSD_ENTERS) {
		if (!at.entered)
			(void)snprintf(q->out->how, sizeof(q->out->how), "%s", l->how);
		step(q, (struct at){ at.line, at.impression, true }, PAM_GAVE_SUCCESS);
	}
	step(q, at, PAM_GAVE_FAILURE);
}

static void visit(struct search *q, struct at at)
{
	const struct pam_line *l;

	if (at.line > q->s->n)
		at.line = q->s->n; /* a jump beyond the end */
	if (q->seen[at.line][at.impression][at.entered])
		return;
	q->seen[at.line][at.impression][at.entered] = true;
	if (at.line == q->s->n) {
		finish(q, at);
		return;
	}
	l = &q->s->line[at.line];
	if (l->sub) {
		enter_substack(q, at);
		return;
	}
	if (strcmp(l->module, "pam_vsd.so") == 0) {
		run_vsd(q, at);
		return;
	}
	/* refuses always, and does nothing else */
	if (strcmp(l->module, "pam_deny.so") == 0) {
		step(q, at, PAM_GAVE_FAILURE);
		return;
	}
	if (at.entered)
		note(q->out->after, l->module);
	else if (l->reads_user || acts_for_user(l->module))
		note(q->out->before, l->module);
	for (int gave = PAM_GAVE_SUCCESS; gave <= PAM_GAVE_FAILURE; gave++)
		step(q, at, (enum pam_gave)gave);
}

/* A verdict's names are found on the way: nothing may be known beforehand. */
static void forget(struct pam_stack *s)
{
	memset(s->ends, 0, sizeof(s->ends));
	for (size_t i = 0; i < s->n; i++)
		if (s->line[i].sub)
			forget(s->line[i].sub);
}

void pam_stack_judge(struct pam_stack *s, enum pam_vsd_answer answer, struct pam_verdict *out)
{
	const struct pam_ends *ends;

	memset(out, 0, sizeof(*out));
	forget(s);
	ends = search(s, answer, false, out);
	/* No impression at all is a refusal to libpam. */
	out->passes_outside = ends->end[PAM_GOOD][false];
	out->passes = out->passes_outside || ends->end[PAM_GOOD][true];
}
