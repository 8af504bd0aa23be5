/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "skel_closure.h"
#include "skel_exec.h"
#include "skel_own.h"
#include "skel_packages.h"
#include "skelconf.h"
#include "tool.h"

/* What was asked for by name, beside the profile. */
static int put_installed(struct plan *p, struct packages *k)
{
	VSD_FREE char *words = plan_text(p->install ? p->install : "");
	int status = TOOL_OK;
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		int r = k ? packages_choose(k, p, w) : -ENOENT;

		if (r < 0)
			status = tool_error("take package", w, r == -ENOENT ? "not installed"
									    : strerror(-r));
	}
	return status;
}

/* Packages by name: those that must be there are all told before giving up. */
static int put_packages(struct plan *p, struct packages *k)
{
	int status = TOOL_OK;

	for (size_t n = 0; n < p->conf->nrule; n++) {
		const struct skel_rule *rule = &p->conf->rule[n];
		int r;

		if (rule->kind != SKEL_PACKAGE && rule->kind != SKEL_PACKAGE_OPTIONAL)
			continue;
		r = k ? packages_choose(k, p, rule->text) : -ENOENT;
		if (r == -ENOENT && rule->kind == SKEL_PACKAGE_OPTIONAL) {
			if (p->verbose)
				tool_say("not installed, passed over: %s", rule->text);
		} else if (r < 0) {
			status = tool_error("take package", rule->text,
					    r == -ENOENT ? "not installed" : strerror(-r));
		}
	}
	if (status == TOOL_OK)
		status = put_installed(p, k);
	if (status == TOOL_OK && k && packages_put_files(k, p) < 0)
		status = tool_error("read", "the packages' file lists", strerror(errno));
	return status;
}

/* Told once, and not of each package that would be "not installed". */
static int check_packages(const struct plan *p, const struct packages *k)
{
	bool wanted = p->install && p->install[0];

	for (size_t n = 0; n < p->conf->nrule; n++)
		wanted = wanted || p->conf->rule[n].kind == SKEL_PACKAGE;
	return k || !wanted ? TOOL_OK : tool_error("take packages of", p->source,
						   packages_why_none(p->sourcefd));
}

void skel_wish_take(struct skel_wish *w, int option, const char *arg)
{
	if (option == 's')
		w->source = strcmp(arg, "host") ? arg : "/";
	else if (option == 'k')
		w->skel = arg;
	else if (option == 'p')
		w->profile = arg;
	else if (option == 'c')
		w->conf = arg;
	else
		w->verbose = true;
}

int skel_wish_settle(struct skel_wish *w, struct vsd_conf **out)
{
	char why[VSD_WHY_MAX] = "";

	if (geteuid() != 0)
		return tool_error("run as", "this user", "root is needed");
	if (vsd_conf_load(out, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	if (!w->skel)
		w->skel = (*out)->skel;
	return TOOL_OK;
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

static int fill(struct plan *p, struct packages *k)
{
	unsigned missing = 0;
	int r, status = check_packages(p, k);

	if (status == TOOL_OK)
		status = put_packages(p, k);
	if (status == TOOL_OK)
		status = put_includes(p);
	if (status != TOOL_OK)
		return status;
	if (own_put(p) < 0)
		return TOOL_FAILED;
	r = closure_put(p, k, &missing);
	if (r == 0 && k)
		r = packages_put_database(k, p);
	if (r == -ECHILD)
		return TOOL_FAILED;
	if (r < 0)
		return tool_errno("plan", "the skeleton", r);
	return skel_exec_put(p);
}

void skel_make_report(const struct plan *p, const char *skel)
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
		tool_say("%u file%s not copied: the host's users cannot read them",
			 p->skipped_secret, TOOL_S(p->skipped_secret));
}

int skel_make_plan(const struct skel_wish *w,
		   int (*use)(struct plan *p, const struct skel_wish *w, void *arg), void *arg)
{
	struct skel_conf conf = { .nrule = 0 };
	char why[VSD_WHY_MAX] = "";
	struct packages *k = NULL;
	VSD_CLOSE int fd = -1;
	struct plan p;
	int status = TOOL_OK, r = skelconf_load(w->conf, w->profile, &conf, why);

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
	p.install = w->install;
	skelconf_keep_db(&conf, packages_kind(fd));
	r = packages_load(&p, &k);
	if (r < 0 && r != -ENOENT)
		status = r == -ECHILD ? TOOL_FAILED : tool_errno("read package database of", w->source, r);
	else
		status = fill(&p, k);
	if (status == TOOL_OK) {
		plan_sort(&p);
		status = use(&p, w, arg);
	}
	plan_free(&p);
	packages_free(k);
	skelconf_free(&conf);
	return status;
}
