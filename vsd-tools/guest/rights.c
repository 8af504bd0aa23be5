/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listrights and setrights: etc/vsd/priv.  `login` is the host's to give. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "keyval.h"
#include "safe.h"
#include "tool.h"
#include "why.h"

#define PRIV "etc/vsd/priv"
#define HOSTS_OWN "login"

static void show(struct vsd_span right, struct vsd_span members, const char *user)
{
	struct vsd_span name;
	size_t cursor = 0;

	if (user) {
		if (vsd_members_has(members, user))
			tool_say("%.*s", (int)right.len, right.p);
		return;
	}
	(void)printf("%.*s:", (int)right.len, right.p);
	while (vsd_members_next(members, &cursor, &name))
		(void)printf(" %.*s", (int)name.len, name.p);
	tool_say("%s", "");
}

int verb_listrights(const struct guest *g, int argc, char **argv)
{
	struct account a = { .root = -1 };
	VSD_FREE char *text = NULL;
	VSD_FREE char *passwd = NULL;
	struct vsd_passwd_line user;
	struct vsd_span line, right, members;
	size_t len, cursor = 0;
	int r;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		tool_say("Usage: listrights [USER]");
		return TOOL_OK;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return tool_misuse("at most one user");
	r = account_open(g, &a);
	if (r != TOOL_OK)
		return r;
	a.args.name = argc == 2 ? argv[1] : NULL;
	if (argc == 2 && account_find(&a, argv[1], &passwd, &user) < 0)
		return account_end(&a, -ENOENT, "show the rights of");
	r = vsd_safe_read_file(a.root, PRIV, VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return tool_errno("read", "/" PRIV, r);
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line))
		if (vsd_rights_line(line, &right, &members))
			show(right, members, argc == 2 ? argv[1] : NULL);
	return TOOL_OK;
}

/* The host names the rights that there are. */
static int check_right(struct account *a, const char *name)
{
	VSD_FREE char *text = NULL;
	struct vsd_span line, right, members;
	size_t len, cursor = 0;
	int r = vsd_safe_read_file(a->root, PRIV, VSD_ACCOUNT_FILE_MAX, &text, &len);

	if (r == 0 && strcmp(name, HOSTS_OWN) == 0) {
		why_say(a->why, "only the host gives and takes '" HOSTS_OWN "'");
		return -EPERM;
	}
	while (r == 0 && vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line))
		if (vsd_rights_line(line, &right, &members) && vsd_span_is(right, name))
			return 0;
	why_say(a->why, "no right '%.40s' in /" PRIV, name);
	return r < 0 ? r : -ENOENT;
}

/* All that is asked for, before any of it is done. */
static int check_all(struct account *a, int argc, char **argv)
{
	int r = 0;

	for (int i = 2; r == 0 && i < argc; i++)
		r = check_right(a, argv[i] + 1);
	return r;
}

/* What the user did not have is not lost. */
static int set_all(struct account *a, int argc, char **argv, bool *out_lost)
{
	int r = 0;

	for (int i = 2; r >= 0 && i < argc; i++) {
		r = vsd_rights_set(a->root, argv[i] + 1, argv[1], argv[i][0] == '+', a->why);
		*out_lost = *out_lost || (r > 0 && argv[i][0] == '-');
	}
	return r;
}

int verb_setrights(const struct guest *g, int argc, char **argv)
{
	struct account a = { .root = -1 };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line line;
	bool now = argc > 2 && strcmp(argv[argc - 1], "--now") == 0, lost = false;
	int r;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		tool_say("Usage: setrights USER +RIGHT -RIGHT... [--now]");
		return TOOL_OK;
	}
	argc -= now;
	if (argc < 3)
		return tool_misuse("USER +RIGHT -RIGHT... [--now]");
	for (int i = 2; i < argc; i++)
		if (argv[i][0] != '+' && argv[i][0] != '-')
			return tool_misuse("'%s' is neither +RIGHT nor -RIGHT", argv[i]);
	r = account_open(g, &a);
	if (r != TOOL_OK)
		return r;
	a.args.name = argv[1];
	r = account_find(&a, argv[1], &text, &line);
	if (r == 0)
		r = check_all(&a, argc, argv);
	if (r == 0)
		r = set_all(&a, argc, argv, &lost);
	r = account_end(&a, r, "set rights of");
	if (r == TOOL_OK && now && lost && line.uid != g->in.range.first)
		r = guest_end_user(g, line.uid);
	return r;
}
