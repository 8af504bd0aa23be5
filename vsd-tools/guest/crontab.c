/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crontab: what root has to do is to show, take (from standard input) and remove.  A file
 * to read and an editor are the caller's own: as the caller, for good, this program then
 * runs itself with the file as its standard input. */
#include "crontab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "crontab_edit.h"
#include "tool.h"
#include "why.h"

enum what { NOTHING, LIST, EDIT, REMOVE, TAKE };

struct wish {
	enum what what;
	char *user;
	const char *file; /* NULL: standard input */
};

static const char usage[] =
	"Usage: crontab [-u USER] -l | -e | -r | FILE | -\n"
	"Show, edit, remove or set (from FILE, or standard input) your own crontab; for admin,\n"
	"anybody's.  The host's cron runs its jobs here, as you, for users with the right login.";

static int parse(int argc, char **argv, struct wish *w)
{
	int o;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((o = getopt(argc, argv, "+elru:")) != -1) {
		if (o == '?')
			return tool_misuse("an unknown option, or one without its value");
		if (o == 'u') {
			w->user = optarg;
			continue;
		}
		if (w->what != NOTHING)
			return tool_misuse("one of -l, -e and -r");
		w->what = o == 'l' ? LIST : o == 'e' ? EDIT : REMOVE;
	}
	if (argc - optind != (w->what == NOTHING))
		return tool_misuse("one of -l, -e, -r, a file and -");
	if (w->what == NOTHING) {
		w->what = TAKE;
		w->file = strcmp(argv[optind], "-") == 0 ? NULL : argv[optind];
	}
	return TOOL_OK;
}

/* ---- with root's power ---- */

static int take(const struct guest *g, struct account *a, const struct vsd_user_seen *seen)
{
	struct account_input in = { .max = VSD_CRONTAB_BYTES_MAX };
	int r = account_read_input(g, a, &in);

	if (r == 0)
		r = vsd_crontab_set(a->root, &a->server, seen, (struct vsd_span){ in.text, in.len }, a->why);
	account_input_free(&in);
	return r;
}

/* Whose it is, and what they have.  *text holds what there is, NULL: nothing */
static int find(const struct guest *g, struct account *a, struct vsd_user_seen *seen, char **text,
		size_t *len)
{
	VSD_FREE char *passwd = NULL;
	struct vsd_passwd_line line;
	int r = account_find_own(g, a, &passwd, &line);

	if (r < 0)
		return r;
	*seen = (struct vsd_user_seen){ .name = a->name, .uid = line.uid };
	r = vsd_crontab_read(a->root, a->name, text, len);
	if (r < 0 && r != -ENOENT)
		why_say(a->why, "/" VSD_CRONTAB_FOLDER "/%s: %s", a->name, strerror(-r));
	return r == -ENOENT ? 0 : r;
}

static int show(struct account *a, const char *text, size_t len)
{
	int r = !text ? -ENOENT : fwrite(text, 1, len, stdout) != len || fflush(stdout) == EOF ? -EIO : 0;

	if (r < 0)
		why_say(a->why, "%s", r == -ENOENT ? "there is none" : "it cannot be written");
	return r;
}

static int edit(const struct guest *g, struct wish *w, const char *text, size_t len)
{
	int r = vsd_enter_become(&g->caller.who);

	if (r == 0)
		r = caller_give_back(&g->caller);
	if (r < 0)
		return tool_errno("become", "the caller", r);
	return w->file ? crontab_take_file(w->user, w->file) :
			 crontab_edit(w->user, (struct vsd_span){ text, len });
}

int verb_crontab(const struct guest *g, int argc, char **argv)
{
	static const char *const action[] = { [LIST] = "show the crontab of", [EDIT] = "edit the crontab of",
					      [REMOVE] = "remove the crontab of",
					      [TAKE] = "set the crontab of" };
	struct account a = { .root = -1 };
	struct vsd_user_seen seen = { .name = NULL };
	struct wish w = { .what = NOTHING };
	VSD_FREE char *text = NULL;
	size_t len = 0;
	int r;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		tool_say("%s", usage);
		return TOOL_OK;
	}
	r = parse(argc, argv, &w);
	if (r == TOOL_OK && w.file) /* its name is of the caller's working folder */
		return edit(g, &w, NULL, 0);
	if (r == TOOL_OK)
		r = account_open(g, &a);
	if (r != TOOL_OK)
		return r;
	a.args.name = w.user;
	r = find(g, &a, &seen, &text, &len);
	if (r == 0 && w.what == EDIT)
		return edit(g, &w, text, len);
	if (r == 0 && w.what == LIST)
		r = show(&a, text, len);
	else if (r == 0 && w.what == REMOVE)
		r = vsd_crontab_set(a.root, &a.server, &seen, (struct vsd_span){ NULL, 0 }, a.why);
	else if (r == 0)
		r = take(g, &a, &seen);
	return account_end(&a, r, action[w.what]);
}
