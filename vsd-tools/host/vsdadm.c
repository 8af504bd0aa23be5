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

struct verb {
	const char *name;
	int (*run)(const struct adm_call *c);
	int min, max; /* arguments after HOST */
	const char *args;
};

static const struct verb verbs[] = {
	{ "vs_create", adm_vs_create, 5, 5, "NAME ADDRESS FQDN QUOTA_MB MAX_USERS" },
	{ "vs_delete", adm_vs_delete, 1, 1, "NAME" },
	{ "vs_list", adm_vs_list, 0, 0, "" },
	{ "vs_info", adm_vs_info, 1, 1, "NAME" },
	{ "vs_enable", adm_vs_enable, 1, 1, "NAME" },
	{ "vs_disable", adm_vs_disable, 1, 1, "NAME" },
	{ "user_add", adm_user_add, 2, 3, "NAME USER [FULLNAME]" },
	{ "user_del", adm_user_del, 2, 2, "NAME USER" },
	{ "user_passwd", adm_user_passwd, 2, 2, "NAME USER" },
	{ "user_list", adm_user_list, 1, 1, "NAME" },
	{ "priv_list", adm_priv_list, 1, 2, "NAME [USER]" },
	{ "priv_set", adm_priv_set, 4, 4, "NAME USER RIGHT on|off" },
};

static void usage(void)
{
	tool_say("usage: vsdadm [OPTION]... VERB HOST [ARG]...\n"
		 "Administer the virtual servers of HOST: localhost, or one that ssh knows.\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		tool_say("  %-12s HOST %s", verbs[i].name, verbs[i].args);
	tool_say("\n"
		 "  -j, --json          vs_list, vs_info, user_list: print JSON\n"
		 "  -r, --rights LIST   user_add: give the rights, as login,ftp\n"
		 "  -s, --stdin         take the arguments from stdin, NUL-separated, up to an\n"
		 "                      empty one\n"
		 "  -h, --help          this text");
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* 0, or an exit status + 1 when main is to end. */
static int parse(int argc, char **argv, struct adm_call *c, bool *out_stdin)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "rights", required_argument, NULL, 'r' },
		{ "stdin", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	optind = 0; /* glibc: start anew, for the arguments of --stdin */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+jr:sh", longs, NULL)) != -1) {
		switch (opt) {
		case 'j':
			c->json = true;
			break;
		case 'r':
			c->rights = optarg;
			break;
		case 's':
			*out_stdin = true;
			break;
		case 'h':
			usage();
			return TOOL_OK + 1;
		default:
			return tool_misuse("unknown or incomplete option '%s'", argv[optind - 1]) + 1;
		}
	}
	return 0;
}

/* Arguments that are in argv from optind on: VERB HOST ARGS. */
static int run(int argc, char **argv, struct adm_call *c)
{
	const struct verb *v;
	int first = optind;

	if (argc - first < 1)
		return tool_misuse("no verb");
	v = find_verb(argv[first]);
	if (!v)
		return tool_misuse("unknown verb '%s'", argv[first]);
	if (argc - first < 2)
		return tool_misuse("%s: no host", v->name);
	c->verb = v->name;
	c->argc = argc - first - 2;
	c->argv = argv + first + 2;
	if (c->argc < v->min || c->argc > v->max)
		return tool_misuse("%s HOST %s: %d arguments given", v->name, v->args, c->argc);
	if (c->rights && v->run != adm_user_add)
		return tool_misuse("--rights goes with user_add");
	if (strcmp(argv[first + 1], "localhost") != 0)
		return adm_remote(argv[first + 1], argc, argv);
	if (geteuid() != 0)
		return tool_error(v->name, "localhost", "not root");
	return v->run(c);
}

int main(int argc, char **argv)
{
	struct adm_call c = { .argc = 0 };
	bool from_stdin = false, again = false;
	int r;

	tool_init("vsdadm");
	r = parse(argc, argv, &c, &from_stdin);
	if (r > 0)
		return r - 1;
	if (from_stdin) {
		if (optind != argc)
			return tool_misuse("--stdin takes no other argument");
		if (adm_stdin_args(&argc, &argv) < 0)
			return TOOL_MISUSE;
		c = (struct adm_call){ .argc = 0 };
		r = parse(argc, argv, &c, &again);
		if (r > 0)
			return r - 1;
		if (again)
			return tool_misuse("--stdin within --stdin");
	}
	return run(argc, argv, &c);
}
