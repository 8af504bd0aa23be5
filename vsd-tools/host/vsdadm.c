/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm VERB HOST ARGS: administer virtual servers.  Root's alone: it starts
 * with full power and keeps it; what it does inside a server's tree it does by
 * descriptor (libvsd/users). */
#include "vsdadm.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define ARGS_MAX 32

struct verb {
	const char *name;
	int (*run)(const struct adm_call *c);
	int min, max;        /* arguments after HOST */
	const char *options; /* letters of those it takes */
	const char *args;
};

static const struct verb verbs[] = {
	{ "vs_create", adm_vs_create, 5, 5, "", "NAME ADDRESS FQDN QUOTA_MB MAX_USERS" },
	{ "vs_delete", adm_vs_delete, 1, 1, "", "NAME" },
	{ "vs_copy", adm_vs_copy, 4, 4, "", "NAME NEW ADDRESS FQDN" },
	{ "vs_export", adm_vs_export, 2, 2, "", "NAME FILE" },
	{ "vs_import", adm_vs_import, 4, 4, "", "FILE NAME ADDRESS FQDN" },
	{ "vs_install", adm_vs_install, 2, 30, "", "NAME PACKAGE..." },
	{ "vs_list", adm_vs_list, 0, 0, "j", "" },
	{ "vs_info", adm_vs_info, 1, 1, "j", "NAME" },
	{ "vs_rename", adm_vs_rename, 2, 2, "", "NAME NEW" },
	{ "vs_set", adm_vs_set, 2, 16, "", "NAME KEY=VALUE..." },
	{ "vs_enable", adm_vs_enable, 1, 1, "", "NAME" },
	{ "vs_disable", adm_vs_disable, 1, 1, "", "NAME" },
	{ "vs_verify", adm_vs_verify, 1, 1, "j", "NAME" },
	{ "user_add", adm_user_add, 2, 3, "crs", "NAME USER [FULLNAME]" },
	{ "user_del", adm_user_del, 2, 2, "", "NAME USER" },
	{ "user_mod", adm_user_mod, 3, 16, "", "NAME USER KEY=VALUE..." },
	{ "user_passwd", adm_user_passwd, 2, 2, "", "NAME USER" },
	{ "user_list", adm_user_list, 1, 1, "j", "NAME" },
	{ "priv_list", adm_priv_list, 1, 2, "j", "NAME [USER]" },
	{ "priv_set", adm_priv_set, 4, 4, "n", "NAME USER RIGHT on|off" },
	{ "check", adm_check, 0, 0, "Rjl", "" },
};

enum { OPT_STDIN = 0x100 };

static const struct option longs[] = {
	{ "gecos", required_argument, NULL, 'c' },  { "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },         { "repair", no_argument, NULL, 'R' },
	{ "live", required_argument, NULL, 'l' },   { "now", no_argument, NULL, 'n' },
	{ "rights", required_argument, NULL, 'r' }, { "shell", required_argument, NULL, 's' },
	{ "stdin", no_argument, NULL, OPT_STDIN },  { NULL, 0, NULL, 0 },
};

static void usage(void)
{
	tool_say("usage: vsdadm VERB HOST [ARG]... [OPTION]...\n"
		 "Administer the virtual servers of HOST: localhost, or one that ssh knows.\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		tool_say("  %-12s %s %s", verbs[i].name, verbs[i].max > 0 ? "HOST" : "[HOST]",
			 verbs[i].args);
	tool_say("\n"
		 "  -c, --gecos TEXT    user_add: the full name\n"
		 "  -j, --json          vs_list, vs_info, vs_verify, user_list, priv_list, check:\n"
		 "                      print JSON\n"
		 "  -l, --live SERVICE  check: prove it by a login through that service\n"
		 "  -n, --now           priv_set login off: end what the user runs, too\n"
		 "  -R, --repair        check: put right what can be\n"
		 "  -r, --rights LIST   user_add: give these rights, or 'none' (default: login,ftp)\n"
		 "  -s, --shell PATH    user_add: the login shell (default: /bin/bash)\n"
		 "      --stdin         take all arguments from stdin, NUL-separated, up to an\n"
		 "                      empty one\n"
		 "  -h, --help          this text\n"
		 "      --version       the version");
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* What stood on the command line. */
struct line {
	struct adm_call call;
	char *word[ARGS_MAX]; /* what is no option, in order */
	int n;
	char given[8];        /* letters of the options */
	bool from_stdin;
};

static int take_option(struct line *l, int opt, const char *text)
{
	size_t n = strlen(l->given);

	switch (opt) {
	case 'c': l->call.gecos = optarg; break;
	case 'j': l->call.json = true; break;
	case 'l': l->call.live = optarg; break;
	case 'n': l->call.now = true; break;
	case 'R': l->call.repair = true; break;
	case 'r': l->call.rights = optarg; break;
	case 's': l->call.shell = optarg; break;
	case OPT_STDIN:
		l->from_stdin = true;
		return TOOL_OK;
	default:
		return tool_misuse("unknown or incomplete option '%s'", text);
	}
	if (!strchr(l->given, opt) && n + 1 < sizeof(l->given))
		l->given[n] = (char)opt;
	return TOOL_OK;
}

/* Options may stand anywhere before "--".  TOOL_OK, or an exit status + 1 when
 * main is to end. */
static int parse(int argc, char **argv, struct line *l)
{
	bool all_words = false;
	int opt;

	optind = 0; /* glibc: start anew, for the arguments of --stdin */
	opterr = 0;
	while (true) {
		int at = optind ? optind : 1;

		while (!all_words && (opt = getopt_long(argc, argv, "+c:hjl:nRr:s:", longs, NULL)) != -1) {
			if (opt == 'h') {
				usage();
				return TOOL_OK + 1;
			}
			if (take_option(l, opt, argv[at]) != TOOL_OK)
				return TOOL_MISUSE + 1;
			at = optind;
		}
		all_words = all_words || optind > at; /* it has passed the "--" */
		if (optind >= argc)
			return TOOL_OK;
		if (l->n == ARGS_MAX)
			return tool_misuse("more than %d arguments", ARGS_MAX) + 1;
		l->word[l->n++] = argv[optind++];
	}
}

/* VERB HOST ARGS */
static int run(int argc, char **argv, struct line *l)
{
	const struct verb *v;
	struct adm_call *c = &l->call;
	const char *host;

	if (l->n < 1)
		return tool_misuse("no verb");
	v = find_verb(l->word[0]);
	if (!v)
		return tool_misuse("unknown verb '%s'", l->word[0]);
	if (l->n < 2 && v->max > 0)
		return tool_misuse("%s: no host", v->name);
	host = l->n < 2 ? "localhost" : l->word[1];
	for (const char *o = l->given; *o; o++)
		if (!strchr(v->options, *o))
			return tool_misuse("%s takes no option -%c", v->name, *o);
	c->verb = v->name;
	c->argc = l->n < 2 ? 0 : l->n - 2;
	c->argv = l->word + 2;
	if (c->argc < v->min || c->argc > v->max)
		return tool_misuse("%s HOST %s: %d arguments given", v->name, v->args, c->argc);
	if (strcmp(host, "localhost") != 0)
		return adm_remote(c, host, argc, argv);
	if (geteuid() != 0)
		return tool_error(v->name, "localhost", "not root");
	return v->run(c);
}

int main(int argc, char **argv)
{
	struct line l = { .n = 0 };
	int r;

	tool_init("vsdadm");
	if (tool_version("vsdadm", argc, argv))
		return TOOL_OK;
	r = parse(argc, argv, &l);
	if (r != TOOL_OK)
		return r - 1;
	if (l.from_stdin) {
		if (l.n != 0 || l.given[0])
			return tool_misuse("--stdin takes no other argument");
		if (adm_stdin_args(&argc, &argv) < 0)
			return TOOL_MISUSE;
		l = (struct line){ .n = 0 };
		r = parse(argc, argv, &l);
		if (r != TOOL_OK)
			return r - 1;
		if (l.from_stdin)
			return tool_misuse("--stdin within --stdin");
	}
	return run(argc, argv, &l);
}
