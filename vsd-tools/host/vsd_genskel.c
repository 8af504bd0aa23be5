/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "safe.h"
#include "skel_closure.h"
#include "skel_dpkg.h"
#include "skel_own.h"
#include "skel_plan.h"
#include "skel_write.h"
#include "skelconf.h"
#include "tool.h"

static const char usage[] =
	"Usage: vsd-genskel [--source DIR] [--skel DIR] [--profile NAME] [--conf FILE]\n"
	"                   [--force] [--dry-run] [--verbose]\n"
	"Make the skeleton that virtual servers are linked from, by /etc/freevsd.conf.\n"
	"\n"
	"      --source DIR    copy from this tree (default: the host, /)\n"
	"      --skel DIR      make it here (default: skel in /etc/vsd.conf)\n"
	"      --profile NAME  minimal, standard or full (default: minimal)\n"
	"      --conf FILE     read this instead of /etc/freevsd.conf\n"
	"      --force         replace a skeleton that is there\n"
	"      --dry-run       list what it would hold, write nothing\n"
	"      --verbose       say what is passed over\n"
	"  -h, --help          show this text\n";

struct wish {
	const char *source, *skel, *profile, *conf;
	bool force, dry, verbose;
};

/* Packages by name: those that must be there are all told before giving up. */
static int put_packages(struct plan *p, struct dpkg *d)
{
	int status = TOOL_OK;

	for (size_t n = 0; n < p->conf->nrule; n++) {
		const struct skel_rule *rule = &p->conf->rule[n];
		int r;

		if (rule->kind != SKEL_PACKAGE && rule->kind != SKEL_PACKAGE_OPTIONAL)
			continue;
		r = d ? dpkg_choose(d, p, rule->text) : -ENOENT;
		if (r == -ENOENT && rule->kind == SKEL_PACKAGE_OPTIONAL) {
			if (p->verbose)
				tool_say("not installed, passed over: %s", rule->text);
		} else if (r < 0) {
			status = tool_error("take package", rule->text,
					    r == -ENOENT ? "not installed" : strerror(-r));
		}
	}
	if (status == TOOL_OK && d && dpkg_put_files(d, p) < 0)
		status = tool_error("read", "the packages' file lists", strerror(errno));
	return status;
}

static int put_includes(struct plan *p)
{
	int status = TOOL_OK;

	for (size_t n = 0; n < p->conf->nrule; n++) {
		const struct skel_rule *rule = &p->conf->rule[n];
		int r;

		if (rule->kind != SKEL_INCLUDE)
			continue;
		r = plan_add_pattern(p, rule->text);
		if (r == -ENOENT && p->verbose)
			tool_say("nothing there, passed over: %s", rule->text);
		else if (r < 0 && r != -ENOENT)
			status = tool_errno("include", rule->text, r);
	}
	return status;
}

static int fill(struct plan *p, struct dpkg *d)
{
	unsigned missing = 0;
	int r, status = put_packages(p, d);

	if (status == TOOL_OK)
		status = put_includes(p);
	if (status != TOOL_OK)
		return status;
	if (own_put(p) < 0)
		return TOOL_FAILED;
	r = closure_put(p, d, &missing);
	if (r == 0 && d)
		r = dpkg_put_alternatives(d, p);
	if (r == 0 && d)
		r = dpkg_put_database(d, p);
	if (r < 0)
		return tool_errno("plan", "the skeleton", r);
	return TOOL_OK;
}

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

static int report(const struct plan *p, const char *skel)
{
	uint32_t count[3] = { 0 }, private = 0;
	uint64_t bytes = 0;

	for (uint32_t n = 1; n < p->nitem; n++) {
		count[p->item[n].type]++;
		private += p->item[n].type == PLAN_FILE && p->item[n].is_private;
		bytes += p->item[n].size;
	}
	tool_say("%s: %u folders, %u files (%u private), %u links, %llu MiB", skel,
		 count[PLAN_FOLDER], count[PLAN_FILE], private, count[PLAN_LINK],
		 (unsigned long long)(bytes >> 20));
	if (p->skipped_secret)
		tool_say("%u files that the host's users cannot read were not copied",
			 p->skipped_secret);
	return TOOL_OK;
}

static int make(const struct wish *w, struct plan *p, struct dpkg *d)
{
	char why[VSD_WHY_MAX] = "";
	int status = fill(p, d);

	if (status != TOOL_OK)
		return status;
	plan_sort(p);
	if (w->dry) {
		list(p);
		return TOOL_OK;
	}
	if (skel_write(p, w->skel, w->profile, w->force, why) < 0)
		return tool_error("make skeleton", w->skel, why);
	return report(p, w->skel);
}

static int run(const struct wish *w)
{
	struct skel_conf conf = { .nrule = 0 };
	char why[VSD_WHY_MAX] = "";
	struct dpkg *d = NULL;
	VSD_CLOSE int fd = -1;
	struct plan p;
	int status, r = skelconf_load(w->conf, w->profile, &conf, why);

	if (r < 0)
		return tool_error("read", w->conf, *why ? why : strerror(-r));
	fd = open(w->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		status = tool_errno("open source", w->source, errno);
		skelconf_free(&conf);
		return status;
	}
	plan_init(&p, &conf, w->source, fd);
	p.verbose = w->verbose;
	r = dpkg_load(&p, &d);
	if (r < 0 && r != -ENOENT)
		status = tool_errno("read package database of", w->source, r);
	else
		status = make(w, &p, d);
	plan_free(&p);
	dpkg_free(d);
	skelconf_free(&conf);
	return status;
}

static int parse(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{ "source", required_argument, NULL, 's' }, { "skel", required_argument, NULL, 'k' },
		{ "profile", required_argument, NULL, 'p' }, { "conf", required_argument, NULL, 'c' },
		{ "force", no_argument, NULL, 'f' },     { "dry-run", no_argument, NULL, 'n' },
		{ "verbose", no_argument, NULL, 'v' },   { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (o) {
		case 's': w->source = strcmp(optarg, "host") ? optarg : "/"; break;
		case 'k': w->skel = optarg; break;
		case 'p': w->profile = optarg; break;
		case 'c': w->conf = optarg; break;
		case 'f': w->force = true; break;
		case 'n': w->dry = true; break;
		case 'v': w->verbose = true; break;
		case 'h': (void)fputs(usage, stdout); exit(TOOL_OK);
		default: return tool_misuse("unknown option");
		}
	}
	if (optind != argc)
		return tool_misuse("no argument is expected, but '%s' is there", argv[optind]);
	if (w->source[0] != '/' || (w->skel && w->skel[0] != '/'))
		return tool_misuse("--source and --skel want absolute paths");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	struct wish w = { .source = "/", .profile = "minimal", .conf = SKELCONF_PATH };
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int status;

	tool_init("vsd-genskel");
	status = parse(argc, argv, &w);
	if (status != TOOL_OK)
		return status;
	if (geteuid() != 0)
		return tool_error("run as", "this user", "root is needed");
	if (vsd_conf_load(&c, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	if (!w.skel)
		w.skel = c->skel;
	status = run(&w);
	vsd_conf_free(c);
	return status;
}
