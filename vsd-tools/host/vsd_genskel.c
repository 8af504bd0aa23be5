/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "skel_boot.h"
#include "skel_check.h"
#include "skel_install.h"
#include "skel_make.h"
#include "skel_server.h"
#include "skel_write.h"
#include "skelconf.h"
#include "tool.h"

static const char usage[] =
	"Usage: vsd-genskel [--source DIR] [--skel DIR] [--profile NAME] [--conf FILE]\n"
	"                   [--install PACKAGE...] [--force] [--dry-run]\n"
	"                   [--verbose]\n"
	"       vsd-genskel --check [--skel DIR]\n"
	"Make the skeleton that virtual servers are linked from, by /etc/freevsd.conf.\n"
	"\n"
	"      --source DIR    copy from this tree (default: the host, /); or from a\n"
	"                      debootstrap:SUITE[:MIRROR], made first\n"
	"      --skel DIR      make it here (default: skel in /etc/vsd.conf)\n"
	"      --profile NAME  of freevsd.conf: minimal (default), standard, services, full\n"
	"      --conf FILE     read this instead of /etc/freevsd.conf\n"
	"      --install PACKAGE[,PACKAGE...]\n"
	"                      with these packages too, installed over the source if need be\n"
	"      --check         look over the one that is there, change nothing\n"
	"      --force         replace a skeleton that is there\n"
	"      --dry-run       list what it would hold, write nothing\n"
	"      --verbose       say what is passed over\n"
	"  -h, --help          show this text\n"
	"      --version       show the version\n";

struct options {
	struct skel_wish w;
	char *install;
	bool force, dry, check;
};

static void list(const struct plan *p)
{
	for (uint32_t n = 1; n < p->nitem; n++) {
		const struct plan_item *i = &p->item[n];

		tool_say("%s %04o %s%s%s", i->type == PLAN_FOLDER ? "folder " :
			 i->type == PLAN_LINK ? "link   " : i->is_private ? "private" : "shared ",
			 i->mode & 07777, i->path, i->target ? " -> " : "",
			 i->target ? i->target : "");
	}
}

static int make(struct plan *p, const struct skel_wish *w, void *arg)
{
	const struct options *o = arg;
	char why[VSD_WHY_MAX] = "";

	if (o->dry) {
		list(p);
		return TOOL_OK;
	}
	if (skel_write(p, w, o->force, why) < 0)
		return tool_error("make skeleton", w->skel, why);
	skel_make_report(p, w->skel);
	return TOOL_OK;
}

/* Is what is in it complete, and is it safe? */
static int check(const char *skel)
{
	char why[VSD_WHY_MAX] = "";
	int r = skel_check(skel, NULL, why);

	if (r < 0)
		return tool_error("check", skel, why);
	if (r == 0)
		tool_say("%s: all that its programs need is in it, and nothing that must not be", skel);
	return r == 0 ? TOOL_OK : TOOL_FAILED;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		SKEL_WISH_OPTIONS,
		{ "install", required_argument, NULL, 'i' },
		{ "check", no_argument, NULL, 'C' },
		{ "force", no_argument, NULL, 'f' },     { "dry-run", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct skel_wish *w = &o->w;
	char base[VSD_PATH_MAX];
	uint32_t id;
	int opt;

	while ((opt = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (opt) {
		SKEL_WISH_CASES skel_wish_take(w, opt, optarg); break;
		case 'i':
			if (skel_install_add(&o->install, optarg) < 0)
				return tool_misuse("--install wants names of packages, not '%s'", optarg);
			break;
		case 'C': o->check = true; break;
		case 'f': o->force = true; break;
		case 'n': o->dry = true; break;
		case 'h': (void)fputs(usage, stdout); exit(TOOL_OK);
		default: return tool_misuse("unknown option");
		}
	}
	w->install = o->install;
	if (optind != argc)
		return tool_misuse("no argument is expected, but '%s' is there", argv[optind]);
	if (!skel_source_is_good(w->source))
		return tool_misuse("--source wants host, an absolute path or debootstrap:SUITE, not '%s'",
				   w->source);
	if (w->skel && w->skel[0] != '/')
		return tool_misuse("--skel wants an absolute path");
	if (w->skel && skel_server_split(w->skel, base, &id) && !o->check)
		return tool_misuse("'%s' would be a server's own skeleton: vsdadm vs_install", w->skel);
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	struct options o = { .w = { .source = "/", .profile = SKEL_PROFILE, .conf = SKELCONF_PATH } };
	struct vsd_conf *c = NULL;
	int status;

	tool_init("vsd-genskel");
	if (tool_version("vsd-genskel", argc, argv))
		return TOOL_OK;
	status = parse(argc, argv, &o);
	if (status == TOOL_OK)
		status = skel_wish_settle(&o.w, &c);
	if (status != TOOL_OK)
		return status;
	if (o.check) {
		status = check(o.w.skel);
	} else {
		status = skel_source_open(&o.w);
		if (status == TOOL_OK)
			status = skel_make_plan(&o.w, make, &o);
		skel_source_close(&o.w);
	}
	free(o.install);
	vsd_conf_free(c);
	return status;
}
