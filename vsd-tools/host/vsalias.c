/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vsalias.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "tool.h"

enum action { NONE, UP, DOWN, LIST, HELP };

struct options {
	enum action action;
	bool json;
	const char *anyip;
};

static const char usage[] =
	"usage: vsalias --up | --down | --list [--json] [NAME ...]\n"
	"       vsalias --up | --down --anyip ADDRESS/BITS\n"
	"Put the addresses of virtual servers on the host's interface.\n"
	"\n"
	"  -u, --up       add the addresses of the servers named; without a name, of\n"
	"                 all that are enabled\n"
	"  -d, --down     remove them; only what vsalias added\n"
	"  -l, --list     show each server's addresses as the host has them\n"
	"  -j, --json     the same as JSON\n"
	"      --anyip ADDRESS/BITS\n"
	"                 with --up or --down: one local route for a whole prefix\n"
	"  -h, --help     this text\n"
	"      --version  the version\n";

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "up", no_argument, NULL, 'u' },     { "down", no_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },   { "json", no_argument, NULL, 'j' },
		{ "anyip", required_argument, NULL, 'a' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+udljh", longs, NULL)) != -1) {
		enum action a = c == 'u' ? UP : c == 'd' ? DOWN : c == 'l' ? LIST : NONE;

		if (o->action == HELP)
			return TOOL_OK;
		if (a != NONE && o->action != NONE && o->action != a)
			return tool_misuse("one of --up, --down and --list");
		if (a != NONE)
			o->action = a;
		else if (c == 'j')
			o->json = true;
		else if (c == 'a')
			o->anyip = optarg;
		else if (c == 'h')
			o->action = HELP;
		else
			return tool_misuse("an option that is not known or lacks its value");
	}
	if (o->action == HELP)
		return TOOL_OK;
	if (o->action == NONE && o->json)
		o->action = LIST;
	if (o->action == NONE)
		return tool_misuse("nothing to do: --up, --down or --list");
	if (o->json && o->action != LIST)
		return tool_misuse("--json goes with --list");
	if (o->anyip && (o->action == LIST || optind < argc))
		return tool_misuse("--anyip goes with --up or --down and without names");
	return 0;
}

static int add_server(const struct vsd_server *s, void *arg)
{
	struct chosen *c = arg;

	if (c->n == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct vsd_server *p = reallocarray(c->server, room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		c->server = p;
		c->room = room;
	}
	c->server[c->n++] = *s;
	return 0;
}

struct walk {
	struct chosen *chosen;
	int failed;
};

static int walk_server(const struct vsd_server *s, void *arg)
{
	return add_server(s, ((struct walk *)arg)->chosen);
}

static void walk_damaged(const char *name, int error, void *arg)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	((struct walk *)arg)->failed = tool_error("read server", name, why);
}

static int choose(char **names, int n, struct chosen *c)
{
	struct walk w = { .chosen = c };
	int r;

	if (n == 0) {
		r = vsd_registry_each(walk_server, walk_damaged, &w);
		return r < 0 ? tool_errno("read", "registry", r) : w.failed;
	}
	for (int i = 0; i < n; i++) {
		struct vsd_server s;

		r = vsd_registry_find_name(names[i], &s);
		if (r == -ENOENT)
			w.failed = tool_error("find server", names[i], "there is none of that name");
		else if (r < 0)
			walk_damaged(names[i], r, &w);
		else if (add_server(&s, c) < 0)
			return tool_errno("read server", names[i], ENOMEM);
	}
	return w.failed;
}

static int report(const struct alias_result *r, size_t n, bool up)
{
	char text[VSD_ADDR_TEXT_MAX], reason[VSD_WHY_MAX];
	int status = TOOL_OK;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		vsd_addr_format(&r[i].addr, text);
		done += r[i].state == (up ? ALIAS_ADDED : ALIAS_REMOVED);
		if (r[i].state == ALIAS_FAILED) {
			status = tool_errno(up ? "add" : "remove", text, r[i].error);
		} else if (r[i].state == ALIAS_FOREIGN) {
			(void)snprintf(reason, sizeof(reason),
				 "left alone: put on %s as /%u, not by vsalias", r[i].interface,
				 r[i].prefix);
			(void)tool_error(up ? "add" : "remove", text, reason);
			/* There all the same, so a server can use it. */
		}
	}
	tool_say("%zu of %zu address%s %s", done, n, n == 1 ? "" : "es", up ? "added" : "removed");
	return status;
}

static int gather(const struct chosen *c, bool enabled_only, struct vsd_addr **out, size_t *out_n)
{
	struct vsd_addr *p = reallocarray(NULL, c->n * VSD_SERVER_ADDR_MAX + 1, sizeof(*p));
	size_t n = 0;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		for (unsigned k = 0; k < c->server[i].naddr; k++)
			if (!enabled_only || c->server[i].state == VSD_SERVER_ENABLED)
				p[n++] = c->server[i].addr[k];
	*out = p;
	*out_n = n;
	return 0;
}

/* Before the addresses, which need not be added then; after the last of them. */
static int networks(const struct vsd_conf *conf, bool up)
{
	char why[VSD_WHY_MAX] = "";
	int r = up ? alias_up_networks(conf, why) : alias_down_networks(conf, why);

	return r < 0 ? tool_error(up ? "add" : "remove", "vsd.conf's anyip", why) : TOOL_OK;
}

static int bring_up(const struct vsd_conf *conf, const struct vsd_addr *addr, size_t n,
		    struct alias_result *result)
{
	char interface[IF_NAMESIZE], why[VSD_WHY_MAX] = "";
	int r;

	if (networks(conf, true) != TOOL_OK)
		return TOOL_FAILED;
	if (alias_interface(conf, interface, why) < 0)
		return tool_error("find", "interface", why);
	r = alias_up(interface, addr, n, result);
	return r < 0 ? tool_errno("add", "addresses", r) : report(result, n, true);
}

static int take_down(const struct vsd_conf *conf, const struct vsd_addr *addr, size_t n,
		     struct alias_result *result, bool all)
{
	int r = alias_down(addr, n, result), status;

	if (r < 0)
		return tool_errno("remove", "addresses", r);
	status = report(result, n, false);
	return all && networks(conf, false) != TOOL_OK ? TOOL_FAILED : status;
}

static int up_or_down(const struct chosen *c, bool up, bool all)
{
	VSD_FREE struct vsd_addr *addr = NULL;
	VSD_FREE struct alias_result *result = NULL;
	struct vsd_conf *conf = NULL;
	char why[VSD_WHY_MAX] = "";
	size_t n = 0;
	int r = gather(c, up && all, &addr, &n);

	result = reallocarray(NULL, n + 1, sizeof(*result));
	if (r < 0 || !result)
		return tool_errno("read", "registry", ENOMEM);
	if (vsd_conf_load(&conf, why) < 0)
		return tool_error("read", "/etc/vsd.conf", why);
	r = up ? bring_up(conf, addr, n, result) : take_down(conf, addr, n, result, all);
	vsd_conf_free(conf);
	return r;
}

static int anyip(const char *text, bool up)
{
	const char *slash = strchr(text, '/');
	struct vsd_addr net;
	uint64_t bits;
	int r;

	if (!slash || vsd_addr_parse(text, (size_t)(slash - text), &net) < 0 ||
	    vsd_number_parse(slash + 1, strlen(slash + 1), 128, &bits) < 0)
		return tool_misuse("'%s' is no ADDRESS/BITS", text);
	r = alias_anyip(up, &net, (unsigned)bits);
	if (r == -EINVAL)
		return tool_error(up ? "add" : "remove", text,
				  "bits beyond the prefix are set, or it is shorter than 8 bits");
	if (r == -ENOENT)
		return tool_error("remove", text, "vsalias put no such route there");
	return r < 0 ? tool_errno(up ? "add" : "remove", text, r) : TOOL_OK;
}

int main(int argc, char **argv)
{
	struct options o = { .action = NONE };
	struct chosen c = { .n = 0 };
	int bad, status;

	tool_init("vsalias");
	if (tool_version("vsalias", argc, argv))
		return TOOL_OK;
	bad = parse(argc, argv, &o);
	if (bad)
		return bad;
	if (o.action == HELP)
		return fputs(usage, stdout) < 0 || fflush(stdout) ? TOOL_FAILED : TOOL_OK;
	if (o.anyip)
		return anyip(o.anyip, o.action == UP);
	bad = choose(argv + optind, argc - optind, &c);
	status = o.action == LIST ? vsalias_list(&c, optind == argc, o.json) :
				    up_or_down(&c, o.action == UP, optind == argc);
	free(c.server);
	return status ? status : bad;
}
