/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: what is wrong with the host, the registry, the index and the trees. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "job.h"
#include "paths.h"
#include "refresh_journal.h"
#include "rename.h"
#include "safe.h"
#include "skel_server.h"
#include "tool.h"
#include "unfinished.h"
#include "vsdadm.h"

void check_wrong(struct check *c, const char *object, const char *reason)
{
	json_t *j;

	c->wrong++;
	(void)tool_error("check", object, reason); /* the exit status comes at the end */
	if (!c->problems)
		return;
	j = json_pack("{s:s, s:s}", "object", object, "reason", reason);
	if (!j || json_array_append_new(c->problems, j) < 0)
		(void)tool_error("check", object, "no memory for JSON"); /* it is counted */
}

void check_note(struct check *c, const char *text)
{
	if (!c->json)
		tool_say("note: %s", text);
}

void check_repaired(struct check *c, const char *object, const char *reason)
{
	c->repaired++;
	if (!c->json)
		tool_say("repaired %s: %s", object, reason);
}

static void tell(const char *object, const char *reason, void *arg)
{
	check_wrong(arg, object, reason);
}

/* Taking the lock mends what a killed writer left; the rest is in the files. */
static void check_registry(struct check *c)
{
	struct check first = { .repair = c->repair };
	VSD_CLOSE int lock = -1;
	int r;

	r = vsd_registry_check(tell, c->repair ? &first : c);
	if (r > 0 && c->repair) {
		r = vsd_registry_lock(&lock);
		if (r == 0)
			r = vsd_registry_rebuild(lock);
		if (r == 0)
			r = vsd_registry_check(tell, c);
		if (r >= 0 && (unsigned)r < first.wrong) {
			c->repaired += first.wrong - (unsigned)r;
			tool_say("repaired %s: rebuilt", vsd_path_index);
		}
	}
	if (r < 0)
		check_wrong(c, vsd_path_servers, vsd_error_text(r));
}

/* ---- folders of nobody ---- */

static bool is_queued(const char *name)
{
	static const enum job_kind kinds[] = { JOB_QUEUED, JOB_FAILED };
	char unused[VSD_WHY_MAX];
	struct job j;

	for (int i = 0; i < 2; i++)
		for (unsigned n = 0; job_next(kinds[i], n, &n) == 0;)
			if (job_read(kinds[i], n, &j, unused) == 0 && strcmp(j.name, name) == 0)
				return true;
	return false;
}

/* A folder whose server's file is damaged is no stray: it has a file. */
static void check_name(struct check *c, const char *name)
{
	struct vsd_server s;

	if (name[0] == '.') {
		if (strstr(name, ".deleted-") || strstr(name, ".new"))
			check_wrong(c, name, "left by a tool that was killed, or one is at work");
		return;
	}
	if (vsd_registry_find_name(name, &s) == -ENOENT && !is_queued(name))
		check_wrong(c, name, "there is a folder of that name, and no such server");
}

void check_folder(struct check *c, const struct vsd_conf *conf)
{
	VSD_CLOSE int root = -1;
	struct dirent *e;
	DIR *d = NULL;
	int r = vsd_safe_open_root(conf->vs_root, &root);

	if (r == 0)
		r = vsd_safe_opendir(root, &d);
	if (!d) {
		check_wrong(c, conf->vs_root, strerror(-r));
		return;
	}
	while ((e = vsd_safe_readdir(d, &r)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			check_name(c, e->d_name);
	(void)closedir(d); /* only read */
	if (r < 0)
		check_wrong(c, conf->vs_root, strerror(-r));
}

/* ---- all of it ---- */

static int check_server(const struct vsd_server *s, void *arg)
{
	check_tree(arg, s);
	return 0;
}

static void tell_left(const char *path, void *arg)
{
	struct check *c = arg;

	if (c->repair)
		check_repaired(c, path, "removed what a killed tool had left");
	else
		check_wrong(c, path, "left by a tool that was killed");
}

/* What killed tools have decided and not done. */
static void check_unfinished(struct check *c, const struct vsd_conf *conf)
{
	char why[VSD_WHY_MAX];
	struct unfinished u = { 0 };
	struct refresh_journal j;

	if (refresh_journal_read(&j, why) != -ENOENT)
		check_wrong(c, vsd_path_state, "a refresh was interrupted, or is at work: vsd-refreshskel "
			    "finishes it");
	if (skel_server_left(conf->skel, c->repair, tell_left, c, why) < 0)
		check_wrong(c, conf->skel, why);
	if (!c->repair) {
		if (rename_is_pending())
			check_wrong(c, vsd_path_state, "a rename was interrupted, or is at work");
		return;
	}
	if (unfinished_finish(conf->vs_root, &u, why) < 0)
		check_wrong(c, conf->vs_root, why);
	if (u.renamed > 0)
		check_repaired(c, conf->vs_root, "finished an interrupted rename");
	if (u.forgotten > 0)
		check_repaired(c, conf->vs_root, "finished an interrupted deletion");
	if (u.cleared > 0)
		check_repaired(c, conf->vs_root, "removed what killed tools had left");
}

static void check_all(struct check *c, const struct vsd_conf *conf)
{
	int r;

	check_unfinished(c, conf);
	check_services(c, conf);
	check_exec(c, conf);
	check_host(c, conf);
	check_fence(c, conf);
	check_redirects(c);
	check_registry(c);
	check_folder(c, conf);
	r = vsd_registry_each(check_server, NULL, c); /* damaged files have been told */
	if (r < 0)
		check_wrong(c, vsd_path_servers, strerror(-r));
	check_quota(c);
}

static int print_json(struct check *c)
{
	json_t *j = json_pack("{s:b, s:o, s:o, s:o}", "safe", c->wrong == 0, "services",
			      c->services, "fence", c->fence, "problems", c->problems);

	if (!j)
		return tool_error("check", "this host", "no memory for JSON");
	return adm_print_json(j);
}

int adm_check(const struct adm_call *call)
{
	struct check c = { .repair = call->repair, .json = call->json };
	struct vsd_conf *conf = NULL;
	char why[VSD_WHY_MAX];
	int r;

	if (call->live && (call->repair || call->json))
		return tool_misuse("check: --live stands alone");
	if (vsd_conf_load(&conf, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	if (call->live) {
		r = adm_check_live(call->live, conf);
		vsd_conf_free(conf);
		return r;
	}
	if (c.json) {
		c.services = json_array();
		c.fence = json_array();
		c.problems = json_array();
	}
	check_all(&c, conf);
	vsd_conf_free(conf);
	if (c.json && print_json(&c) != TOOL_OK)
		return TOOL_FAILED;
	if (c.wrong > 0)
		return TOOL_FAILED;
	if (!c.json)
		tool_say("all is well");
	return TOOL_OK;
}
