/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chpasswd: lines USER:PASSWORD, for admin.  The stock one wants PAM, which a server has
 * not.  All lines are looked at before the first is obeyed; a list that is cut short or
 * has a wrong line changes nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "chpasswd_line.h"
#include "keyval.h"
#include "password.h"
#include "tool.h"
#include "why.h"

#define INPUT_MAX 262144 /* bytes: more users than a range has */

static const char usage[] = "Usage: chpasswd [-e]\n"
			    "Set passwords of users: lines USER:PASSWORD on standard input, or with\n"
			    "-e USER:HASH.  Your own is changed by passwd, which asks for it first.";

static int look(const struct guest *g, struct account *a, struct chpasswd_line *l)
{
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line p;
	int r = account_find(a, l->name, &text, &p);

	/* Who finds admin's terminal open must not be given the account: passwd asks. */
	if (r == 0 && p.uid == g->caller.uid) {
		why_say(a->why, "it is your own account: passwd changes it");
		r = -EPERM;
	}
	if (r == 0)
		l->uid = p.uid;
	return r;
}

static int obey(struct account *a, const struct chpasswd_line *l, bool hashed)
{
	const struct vsd_user_seen seen = { .name = l->name, .uid = l->uid };
	char hash[PASSWORD_HASH_MAX];
	int r = hashed ? 0 : password_hash(l->password, hash);

	if (r < 0)
		why_say(a->why, "libcrypt cannot hash it");
	else
		r = vsd_users_set_hash(a->root, &a->server, &seen, hashed ? l->password : hash, a->why);
	explicit_bzero(hash, sizeof(hash));
	return r;
}

/* Look at each line, or obey each. */
static int each_line(const struct guest *g, struct account *a, struct vsd_span text, bool hashed,
		     bool now)
{
	unsigned long number = 0;
	struct vsd_span at;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && vsd_lines_next(text, &cursor, &at)) {
		char why[VSD_WHY_MAX];
		struct chpasswd_line l;

		number++;
		r = chpasswd_parse_line(at, hashed, &l, a->why);
		if (r == 0)
			r = look(g, a, &l);
		if (r == 0 && now)
			r = obey(a, &l, hashed);
		if (r < 0) {
			memcpy(why, a->why, sizeof(why));
			why_say(a->why, "line %lu: %.200s", number, why);
		}
		explicit_bzero(&l, sizeof(l));
	}
	return r;
}

static int parse(int argc, char **argv, bool *out_hashed)
{
	static const struct option longs[] = { { "encrypted", no_argument, NULL, 'e' },
					       { NULL, 0, NULL, 0 } };
	int o;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((o = getopt_long(argc, argv, "e", longs, NULL)) != -1) {
		if (o != 'e')
			return tool_misuse("an unknown option: -e alone there is");
		*out_hashed = true;
	}
	return optind < argc ? tool_misuse("the lines come on standard input") : TOOL_OK;
}

int verb_chpasswd(const struct guest *g, int argc, char **argv)
{
	struct account a = { .root = -1 };
	struct account_input in = { .max = INPUT_MAX };
	bool hashed = false;
	int r;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		tool_say("%s", usage);
		return TOOL_OK;
	}
	r = parse(argc, argv, &hashed);
	if (r == TOOL_OK)
		r = account_open(g, &a);
	if (r != TOOL_OK)
		return r;
	a.args.name = "standard input";
	r = account_read_input(g, &a, &in);
	if (r == 0 && in.len > in.max) {
		why_say(a.why, "longer than %u bytes", (unsigned)in.max);
		r = -EFBIG;
	}
	for (int now = 0; r == 0 && now < 2; now++)
		r = each_line(g, &a, (struct vsd_span){ in.text, in.len }, hashed, now);
	account_input_free(&in);
	return account_end(&a, r, "set passwords by");
}
