/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* su, as admin's fingers know it: sudo's shells by another name.  The stock one asks
 * PAM, which a server has none of. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "tool.h"

static int usage(void)
{
	tool_say("Usage: su [-l] [-s SHELL] [-c COMMAND] [USER [ARG]...]\n"
		 "A shell with power over the files of all users of this server, or as the user.");
	return TOOL_OK;
}

/* Shape:  args has room for argc + 3 words; its [0] stays free
 * Returns: 0; 1 help; -1 misuse, said */
static int parse(int argc, char **argv, struct guest_wish *w, char **args)
{
	static const struct option options[] = {
		{ "command", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
		{ "login", no_argument, NULL, 'l' }, { "shell", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	static char dash_c[] = "-c";
	int o, n = 1;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "c:hls:mpP", options, NULL)) >= 0) {
		if (o == 'h')
			return 1;
		if (o == 'l')
			w->login = true;
		else if (o == 's' && optarg[0] == '/')
			w->shell = optarg;
		else if (o == 'c')
			args[2] = optarg;
		else if (!strchr("mpP", o)) {
			(void)tool_misuse("it knows -l, -s SHELL (its path), -c COMMAND");
			return -1;
		}
	}
	if (args[2]) {
		args[1] = dash_c;
		n = 3;
	}
	if (optind < argc && strcmp(argv[optind], "-") == 0) {
		w->login = true;
		optind++;
	}
	if (optind < argc)
		w->user = argv[optind++];
	while (optind < argc)
		args[n++] = argv[optind++];
	return 0;
}

int verb_su(const struct guest *g, int argc, char **argv)
{
	char **args = calloc((size_t)argc + 3, sizeof(*args));
	struct guest_wish w = { .shell_argv = args };
	int r;

	if (!args)
		return tool_error("run", "su", "out of memory");
	r = parse(argc, argv, &w, args);
	if (r == 0)
		r = guest_grant(g, &w, 0, NULL);
	else
		r = r > 0 ? usage() : TOOL_MISUSE;
	free(args);
	return r;
}
