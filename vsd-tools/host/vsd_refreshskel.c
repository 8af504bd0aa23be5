/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-refreshskel: a new skeleton for servers that are there, and that run. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keyval.h"
#include "paths.h"
#include "refresh.h"
#include "refresh_journal.h"
#include "refresh_tell.h"
#include "refresh_wish.h"
#include "safe.h"
#include "skel_boot.h"
#include "skel_check.h"
#include "skel_install.h"
#include "skel_server.h"
#include "skel_write.h"
#include "tool.h"
#include "tree_impl.h"

static const char usage[] =
	"Usage: vsd-refreshskel [--source DIR] [--skel DIR] [--profile NAME] [--conf FILE]\n"
	"                       [--install PACKAGE...] [--dry-run] [--force] [--verbose]\n"
	"                       [--json]\n"
	"       vsd-refreshskel --rollback [--skel DIR] [--force] [--verbose] [--json]\n"
	"       vsd-refreshskel --server NAME [--install PACKAGE...] [OPTION]...\n"
	"Make the skeleton anew and bring every server that shares it over.\n"
	"\n"
	"      --source DIR    copy from this tree (default: as the skeleton was made)\n"
	"      --skel DIR      this skeleton (default: skel in /etc/vsd.conf)\n"
	"      --server NAME   the skeleton of that server alone, which --install makes\n"
	"      --profile NAME  of freevsd.conf (default: as the skeleton was made)\n"
	"      --conf FILE     read this (default: as the skeleton was made)\n"
	"      --install PACKAGE[,PACKAGE...]\n"
	"                      with these packages too, from now on; '' forgets them all\n"
	"      --dry-run       show what would change, change nothing\n"
	"      --rollback      return to the skeleton before the last refresh\n"
	"      --force         go on although the new one fails its check, or a server\n"
	"                      cannot be brought over\n"
	"      --json          print what was done as JSON\n"
	"      --verbose       list what changes, and what is passed over\n"
	"  -h, --help          show this text\n"
	"      --version       show the version\n";

struct options {
	struct skel_wish w;
	const char *server;      /* whose skeleton, or NULL */
	char own[VSD_PATH_MAX];  /* and its path */
	const char *install;     /* to add, as it was said */
	char *packages, *noted;  /* all of them; a server's own ones alone */
	bool dry, rollback, force, json;
};

/* ---- the work ---- */

static int finish(const char *skel, bool force)
{
	struct refresh_opts o = tell_opts(false);
	struct refresh_result result;
	char why[VSD_WHY_MAX] = "";

	if (refresh_finish(&o, force, &result, why) < 0)
		return tool_error("refresh", skel, why);
	tell_result(&result);
	tool_say("%s: %u server%s brought over, %u of their own files kept", skel, result.servers,
		 TOOL_S(result.servers), tell_kept());
	if (result.failed == 0)
		return TOOL_OK;
	tool_say(force ? "%u server%s left behind" : "%u server%s still to do: run this again",
		 result.failed, TOOL_S(result.failed));
	return TOOL_FAILED;
}

/* Every file may get as many links as there are servers. */
static int check_links(const struct refresh_diff *d, char why[VSD_WHY_MAX])
{
	uint64_t limit = tree_link_limit(d->new.fd), servers = 0;
	int r = refresh_count(&servers);

	if (r < 0) {
		vsd_registry_why(NULL, r, why);
		return r;
	}
	if (limit == 0 || 1 + (servers + 1) * d->new.m.links_each <= limit)
		return 0;
	(void)snprintf(why, VSD_WHY_MAX, "%llu servers are more than a file's links allow",
		       (unsigned long long)servers);
	return -EMLINK;
}

static int show(const struct skel_wish *w, const struct refresh_diff *d)
{
	struct refresh_opts o = tell_opts(true);
	struct refresh_result result = { .servers = 0 };
	char why[VSD_WHY_MAX] = "";

	tell_diff(d, true);
	if (refresh_servers(w->skel, d, &o, &result, why) < 0)
		return tool_error("compare servers of", w->skel, why);
	tell_result(&result);
	tool_say("%u server%s would be brought over, %u of their own files kept", result.servers,
		 TOOL_S(result.servers), tell_kept());
	return result.failed > 0 ? TOOL_FAILED : TOOL_OK;
}

/* The new skeleton is there, beside the old. */
static int weigh(const struct options *o, int parent, const char *name, const char *fresh)
{
	char path[VSD_PATH_MAX * 2], why[VSD_WHY_MAX] = "";
	struct refresh_diff d;
	int r, status = TOOL_OK;

	(void)snprintf(path, sizeof(path), "%.*s%s", (int)(strlen(o->w.skel) - strlen(name)),
		       o->w.skel, fresh);
	r = skel_check(path, o->w.skel, why);
	if (r < 0 || (r > 0 && !o->force))
		return tool_error("check", "the new skeleton", r < 0 ? why : "it lacks what it needs; "
				  "--force takes it all the same");
	if (refresh_diff_make(parent, name, fresh, &d, why) < 0)
		return tool_error("refresh", o->w.skel, why);
	r = check_links(&d, why);
	if (r < 0) {
		/* told below */
	} else if (o->dry) {
		status = show(&o->w, &d);
	} else if (d.n > 0) {
		tell_diff(&d, o->w.verbose);
		r = refresh_decide(o->w.skel, false, why);
	}
	if (r < 0)
		status = tool_error("refresh", o->w.skel, why);
	else if (d.n == 0 && !o->dry)
		tool_say("%s: nothing has changed", o->w.skel);
	else if (!o->dry)
		status = finish(o->w.skel, o->force);
	refresh_diff_free(&d);
	return status;
}

static int make(struct plan *p, const struct skel_wish *w, void *arg)
{
	char fresh[VSD_PATH_MAX], path[VSD_PATH_MAX], why[VSD_WHY_MAX] = "", later[VSD_WHY_MAX];
	struct refresh_journal j;
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int base = -1;
	VSD_CLOSE int old = -1;
	const char *name;
	uint32_t id;
	int r = tree_open_parent(w->skel, &parent, &name, why), status;

	if (r < 0)
		return tool_error("refresh", w->skel, why);
	if ((size_t)snprintf(fresh, sizeof(fresh), REFRESH_NEW, name) >= sizeof(fresh))
		return tool_errno("refresh", w->skel, ENAMETOOLONG);
	old = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0)
		return tool_errno("open", w->skel, errno);
	/* What a server's own skeleton has as its base has it is one inode. */
	if (skel_server_split(w->skel, path, &id) && (r = vsd_safe_open_root(path, &base)) < 0)
		return tool_errno("open", path, r);
	r = skel_write_beside(p, w, parent, fresh, (const int[]){ old, base }, why);
	status = r < 0 ? tool_error("make skeleton", w->skel, why)
		       : weigh(arg, parent, name, fresh);
	/* What was not decided on goes again. */
	if (refresh_journal_read(&j, later) == -ENOENT && tree_remove(parent, fresh, NULL, later) < 0)
		return tool_error("remove", fresh, later);
	return status;
}

static int roll_back(const struct options *o)
{
	char why[VSD_WHY_MAX] = "";

	if (refresh_decide(o->w.skel, true, why) < 0)
		return tool_error("roll back", o->w.skel, why);
	return finish(o->w.skel, o->force);
}

/* Of the server that was named; made when something is to be installed. */
static int take_own(struct options *o, bool *out_made)
{
	char base[VSD_PATH_MAX], why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	uint32_t id;
	int r;

	if (o->install && o->install[0] && !o->dry) {
		if (skel_server_make(o->server, o->own, out_made, why) < 0)
			return tool_error("make a skeleton for", o->server, why);
	} else {
		r = vsd_registry_find_name(o->server, &s);
		if (r < 0)
			return tool_error("find server", o->server, vsd_error_text(r));
		if (!skel_server_split(s.skel, base, &id) || id != s.id)
			return tool_error("refresh", o->server, "no package was installed into it alone");
		(void)snprintf(o->own, sizeof(o->own), "%s", s.skel);
	}
	o->w.skel = o->own;
	return TOOL_OK;
}

/* Where nothing was decided, the server has the skeleton of before. */
static void give_back(const char *server)
{
	char why[VSD_WHY_MAX] = "";
	struct refresh_journal j;

	if (refresh_journal_read(&j, why) == -ENOENT && skel_server_undo(server, why) < 0)
		(void)tool_error("undo the skeleton of", server, why);
}

static int renew(struct options *o)
{
	struct manifest m = { .text = NULL };
	int status = refresh_wish(&o->w, o->install, &o->packages, &o->noted, &m);

	if (status == TOOL_OK)
		status = skel_source_open(&o->w);
	if (status == TOOL_OK)
		status = skel_make_plan(&o->w, make, o);
	skel_source_close(&o->w);
	manifest_free(&m);
	return status;
}

static int run(struct options *o)
{
	struct refresh_journal j;
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int lock = -1;
	bool made = false;
	int status, r;

	if (skel_lock(&lock, why) < 0)
		return tool_error("refresh", o->w.skel, why);
	r = refresh_journal_read(&j, why);
	if (r < 0 && r != -ENOENT)
		return tool_error("read", vsd_path_state, why);
	if (r == 0 && o->dry)
		return tool_error("compare", o->w.skel, "an interrupted refresh is to be finished first");
	if (r == 0) {
		tool_say("finishing the interrupted refresh of %s", j.skel);
		status = finish(j.skel, o->force);
		if (status != TOOL_OK && !o->force)
			return status;
	}
	status = o->server ? take_own(o, &made) : TOOL_OK;
	if (status == TOOL_OK)
		status = o->rollback ? roll_back(o) : renew(o);
	if (status != TOOL_OK && made)
		give_back(o->server);
	return status;
}

/* ---- the skeletons of servers that have packages of their own ---- */

struct owners {
	const char *base;
	char (*path)[VSD_PATH_MAX];
	size_t n;
};

static int collect(const struct vsd_server *s, void *arg)
{
	struct owners *l = arg;
	char base[VSD_PATH_MAX];
	uint32_t id;

	if (!skel_server_split(s->skel, base, &id) || id != s->id || strcmp(base, l->base) != 0)
		return 0;
	if ((l->n & (l->n - 1)) == 0)
		l->path = plan_memory(realloc(l->path, (l->n ? l->n * 2 : 1) * sizeof(*l->path)));
	memcpy(l->path[l->n++], s->skel, sizeof(s->skel));
	return 0;
}

/* Each is made anew as its base was. */
static int run_all(struct options *o)
{
	struct options said = *o;
	struct owners l = { .base = o->w.skel };
	int status = run(o), r = 0;

	said.install = NULL; /* it is the base's */
	if (status == TOOL_OK && !o->rollback && !o->server)
		r = vsd_registry_each(collect, NULL, &l);
	if (r < 0)
		status = tool_errno("read", vsd_path_servers, r);
	for (size_t i = 0; i < l.n; i++) {
		struct options own = said;

		own.w.skel = l.path[i];
		if (run(&own) != TOOL_OK)
			status = TOOL_FAILED;
		free(own.packages);
		free(own.noted);
	}
	free(l.path);
	return status;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		SKEL_WISH_OPTIONS,
		{ "server", required_argument, NULL, 'o' },
		{ "force", no_argument, NULL, 'f' },     { "dry-run", no_argument, NULL, 'n' },
		{ "install", required_argument, NULL, 'i' }, { "json", no_argument, NULL, 'j' },
		{ "rollback", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },      { NULL, 0, NULL, 0 },
	};
	struct skel_wish *w = &o->w;
	int opt;

	while ((opt = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (opt) {
		SKEL_WISH_CASES skel_wish_take(w, opt, optarg); break;
		case 'o': o->server = optarg; break;
		case 'i': o->install = optarg; break;
		case 'j': o->json = true; break;
		case 'f': o->force = true; break;
		case 'n': o->dry = true; break;
		case 'r': o->rollback = true; break;
		case 'h': (void)fputs(usage, stdout); exit(TOOL_OK);
		default: return tool_misuse("unknown option");
		}
	}
	if (optind != argc)
		return tool_misuse("no argument is expected, but '%s' is there", argv[optind]);
	if (o->rollback && (o->dry || w->source || w->profile || w->conf || o->install))
		return tool_misuse("--rollback goes with --skel, --server, --force, --verbose and "
				   "--json alone");
	if (o->server && w->skel)
		return tool_misuse("one of --server and --skel");
	if (o->install) {
		VSD_FREE char *good = NULL;

		if (skel_install_add(&good, o->install) < 0)
			return tool_misuse("--install wants names of packages, not '%s'", o->install);
	}
	if (w->source && !skel_source_is_good(w->source))
		return tool_misuse("--source wants host, an absolute path or debootstrap:SUITE, not '%s'",
				   w->source);
	if (w->skel && !vsd_path_is_plain((struct vsd_span){ w->skel, strlen(w->skel) }))
		return tool_misuse("--skel wants an absolute path");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	struct options o = { .dry = false };
	struct vsd_conf *c = NULL;
	int status;

	tool_init("vsd-refreshskel");
	if (tool_version("vsd-refreshskel", argc, argv))
		return TOOL_OK;
	status = parse(argc, argv, &o);
	if (status == TOOL_OK)
		status = skel_wish_settle(&o.w, &c);
	if (status != TOOL_OK)
		return status;
	status = tell_start(o.json);
	if (status == TOOL_OK)
		status = tell_end(o.w.skel, o.dry, run_all(&o));
	free(o.packages);
	free(o.noted);
	vsd_conf_free(c);
	return status;
}
