/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsredirect: low ports of the servers' addresses go to high ones that an
 * unprivileged program can bind, where there is no address fence. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "fence.h"
#include "redirect.h"
#include "registry.h"
#include "tool.h"

enum action { NONE, APPLY, FLUSH, LIST, UPDATE, CHECK, HELP };

struct options {
	enum action action;
	bool json;
};

static const char usage[] =
	"usage: vsredirect --apply | --update | --flush | --check | --list [--json]\n"
	"Send ports of the virtual servers' addresses on to others, by nftables: the pairs\n"
	"that a server has of its own (vsdadm vs_set), or else vsd.conf's `redirect`.\n"
	"\n"
	"  -a, --apply    put them in force for all enabled servers\n"
	"  -u, --update   the same, if the table is there\n"
	"  -f, --flush    take them back\n"
	"  -c, --check    say where what is in force is not what should be\n"
	"  -l, --list     show what is in force\n"
	"  -j, --json     the same as JSON\n"
	"  -h, --help     this text\n"
	"      --version  the version\n";

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "apply", no_argument, NULL, 'a' }, { "flush", no_argument, NULL, 'f' },
		{ "list", no_argument, NULL, 'l' },  { "json", no_argument, NULL, 'j' },
		{ "update", no_argument, NULL, 'u' }, { "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },  { NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+afljuch", longs, NULL)) != -1) {
		enum action a = c == 'a' ? APPLY : c == 'f' ? FLUSH : c == 'l' ? LIST :
				c == 'u' ? UPDATE : c == 'c' ? CHECK : c == 'h' ? HELP : NONE;

		if (c == '?')
			return tool_misuse("unknown option '%s'", argv[optind - 1]);
		if (c == 'j')
			o->json = true;
		else if (o->action != NONE && o->action != a && a != HELP)
			return tool_misuse("one of --apply, --update, --flush, --check and --list");
		else
			o->action = a;
		if (a == HELP)
			return TOOL_OK;
	}
	if (optind < argc)
		return tool_misuse("unknown argument '%s'", argv[optind]);
	if (o->action == NONE && o->json)
		o->action = LIST;
	if (o->action == NONE)
		return tool_misuse("nothing to do: --apply, --update, --flush, --check or --list");
	if (o->json && o->action != LIST)
		return tool_misuse("--json goes with --list");
	return TOOL_OK;
}

/* ---- what should be ---- */

static void damaged(const char *name, int error, void *arg)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	*(int *)arg = tool_error("read server", name, why);
}

static int apply(void)
{
	VSD_FREE struct redirect *want = NULL;
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int failed = TOOL_OK, r = vsd_conf_load(&c, why);
	size_t n = 0;

	if (r < 0)
		return tool_error("read", "/etc/vsd.conf", why);
	r = redirect_wanted(c, damaged, &failed, &want, &n);
	if (r < 0)
		vsd_registry_why(NULL, r, why);
	/* First nobody but admin can be where connections are going to arrive. */
	if (r == 0)
		r = fence_put_conf(c, why);
	vsd_conf_free(c);
	if (r == 0)
		r = redirect_apply(want, n, why);
	if (r < 0)
		return tool_error("apply", "redirects", why);
	tool_say("%zu redirect%s in force", n, TOOL_S(n));
	return failed;
}

static int update(void)
{
	VSD_FREE struct redirect *is = NULL;
	char why[VSD_WHY_MAX];
	size_t n = 0;
	int r = redirect_list(&is, &n, NULL, why);

	if (r == -ENOENT)
		return TOOL_OK;
	return r < 0 ? tool_error("list", "redirects", why) : apply();
}

static void tell(const char *what)
{
	tool_say("%s", what);
}

static int check(void)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int r = vsd_conf_load(&c, why);

	if (r < 0)
		return tool_error("read", "/etc/vsd.conf", why);
	r = redirect_check(c, tell, why);
	vsd_conf_free(c);
	return r < 0 ? tool_error("check", "redirects", why) : r > 0 ? TOOL_FAILED : TOOL_OK;
}

/* ---- what is ---- */

static const char *owner(const struct vsd_addr *a, struct vsd_server *s)
{
	return vsd_registry_find_addr(a, s) == 0 ? s->name : "-";
}

static int print_json(const struct redirect *r, size_t n)
{
	char text[VSD_ADDR_TEXT_MAX];
	json_t *all = json_array();
	struct vsd_server s;
	int bad = !all;

	for (size_t i = 0; i < n && !bad; i++) {
		vsd_addr_format(&r[i].addr, text);
		bad = json_array_append_new(all, json_pack("{s:s, s:s, s:i, s:i}", "server",
					    owner(&r[i].addr, &s), "address", text,
					    "from", (int)r[i].from, "to", (int)r[i].to));
	}
	if (!bad)
		bad = json_dumpf(all, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
	json_decref(all);
	return bad ? tool_error("print", "redirects", "no memory, or nobody reads") : TOOL_OK;
}

static int list(bool json)
{
	char why[VSD_WHY_MAX], text[VSD_ADDR_TEXT_MAX];
	struct redirect *r = NULL;
	struct vsd_server s;
	size_t n = 0;
	int status = TOOL_OK, error = redirect_list(&r, &n, NULL, why);

	if (error < 0 && error != -ENOENT)
		return tool_error("list", "redirects", why);
	if (json)
		status = print_json(r, n);
	for (size_t i = 0; i < n && !json; i++) {
		vsd_addr_format(&r[i].addr, text);
		tool_say("%-16s %-24s %5u -> %u", owner(&r[i].addr, &s), text, (unsigned)r[i].from,
			 (unsigned)r[i].to);
	}
	free(r);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { .action = NONE };
	char why[VSD_WHY_MAX];
	int status;

	tool_init("vsredirect");
	if (tool_version("vsredirect", argc, argv))
		return TOOL_OK;
	status = parse(argc, argv, &o);
	if (status != TOOL_OK)
		return status;
	switch (o.action) {
	case APPLY:
		return apply();
	case UPDATE:
		return update();
	case CHECK:
		return check();
	case LIST:
		return list(o.json);
	case FLUSH:
		return redirect_flush(why) < 0 ? tool_error("flush", "redirects", why) : TOOL_OK;
	default:
		return fputs(usage, stdout) < 0 || fflush(stdout) ? TOOL_FAILED : TOOL_OK;
	}
}
