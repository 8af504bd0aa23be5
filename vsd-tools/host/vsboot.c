/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "paths.h"
#include "running.h"
#include "spawn_tool.h"
#include "tool.h"
#include "vsboot.h"

#define WORKERS_MAX 8

#define SYSTEMD "/run/systemd/system"
#define UNIT_WORDS 3

#define ONE_OF "one of --start, --stop, --restart, --status, --foreground"

enum action { NOTHING, START, STOP, RESTART, STATUS, FOREGROUND };

static const char usage[] =
	"Usage: vsboot --start | --stop | --restart [NAME...]\n"
	"       vsboot --status [--json] [NAME...]\n"
	"       vsboot --foreground NAME\n"
	"Start, stop or show virtual servers; all enabled ones where none is named.\n"
	"\n"
	"      --start       start those that do not run\n"
	"      --stop        stop them with every process of theirs\n"
	"      --restart     stop, then start\n"
	"      --status      say which run\n"
	"      --json        with --status: as JSON\n"
	"      --foreground  start one and stay until it ends, for a supervisor\n"
	"  -h, --help        show this text\n"
	"      --version     show the version\n";

struct job {
	enum action action;
	struct boot boot; /* of conf alone for STOP: it needs nothing made */
};

static int take(const struct vsd_server *s, void *arg)
{
	struct server_list *l = arg;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		void *more = realloc(l->s, cap * sizeof(*l->s));

		if (!more)
			return -ENOMEM;
		l->s = more;
		l->cap = cap;
	}
	l->s[l->n++] = *s;
	return 0;
}

static void report_damaged(const char *name, int error, void *arg)
{
	struct server_list *l = arg;
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	l->status = tool_error("read the registry's file of", name, why);
}

/* The named servers, or all. */
static int gather(char **name, int n, struct server_list *l)
{
	struct vsd_server s;
	int r;

	if (n == 0) {
		r = vsd_registry_each(take, report_damaged, l);
		return r < 0 ? tool_errno("read", vsd_path_servers, r) : l->status;
	}
	for (int i = 0; i < n; i++) {
		r = vsd_registry_find_name(name[i], &s);
		l->unknown = l->unknown || r == -ENOENT;
		if (r == -ENOENT)
			l->status = tool_error("find server", name[i], "no such server");
		else if (r < 0)
			report_damaged(name[i], r, l);
		else if (take(&s, l) < 0)
			return tool_errno("list", name[i], ENOMEM);
	}
	return l->status;
}

/* ---- start and stop ---- */

static int say(const char *action, const char *done, const char *already,
	       const struct vsd_server *s, enum boot_result r, const char *why)
{
	if (r == BOOT_FAILED)
		return tool_error(action, s->name, why);
	tool_say("%s: %s%s%s", s->name, r == BOOT_DONE ? done : already, *why ? ", " : "", why);
	return TOOL_OK;
}

static int act(const struct job *j, const struct vsd_server *s)
{
	char why[VSD_WHY_MAX];

	if (j->action == STOP)
		return say("stop", "stopped", "not running", s, boot_stop(j->boot.conf, s, why), why);
	if (j->action == RESTART)
		return say("restart", "restarted", "", s, boot_restart(&j->boot, s, why), why);
	return say("start", "started", "already running", s, boot_start(&j->boot, s, why), why);
}

/* A host may have thousands, of which few run: those that stand still need no process of
 * ours, each with a look at every process of the host.  NULL: look at each. */
static bool *find_alive(const struct job *j, const struct server_list *l, bool named)
{
	bool *alive = named || j->action != STOP ? NULL : calloc(l->n + 1, sizeof(*alive));

	if (alive && boot_find_alive(l->s, l->n, alive) < 0) {
		free(alive);
		return NULL;
	}
	return alive;
}

/* A disabled server is started only to be refused, when it is named. */
static bool is_passed_over(const struct job *j, const struct vsd_server *s, const bool *alive,
			   bool named)
{
	if (j->action != STOP)
		return !named && s->state != VSD_SERVER_ENABLED;
	if (!alive || *alive || !boot_is_clear(s->name))
		return false;
	(void)say("stop", "", "not running", s, BOOT_ALREADY, "");
	return true;
}

static int act_on_all(const struct job *j, const struct server_list *l, bool named)
{
	VSD_FREE bool *alive = find_alive(j, l, named);
	int status = TOOL_OK, running = 0, got;

	for (size_t i = 0; i < l->n || running; ) {
		bool may = i < l->n && running < WORKERS_MAX;
		bool skip = may && is_passed_over(j, &l->s[i], alive ? &alive[i] : NULL, named);
		pid_t pid = 0;

		if (may) {
			if (!skip)
				pid = fork();
			if (!skip && pid == 0)
				_exit(act(j, &l->s[i]));
			if (pid < 0)
				status = tool_errno("fork for", l->s[i].name, errno);
			running += pid > 0;
			i++;
		} else if (wait(&got) > 0) {
			running--;
			if (!WIFEXITED(got) || WEXITSTATUS(got) != TOOL_OK)
				status = TOOL_FAILED;
		}
	}
	return status;
}

/* ---- */

/* Servers start without the fence that vsd.conf wants: what else gives them low ports. */
static void take_over(const char *why)
{
	static const char *const apply[] = { "vsredirect", "--apply", NULL };

	tool_say("no address fence: %s", why);
	if (run_tool(apply) < 0)
		(void)tool_error("redirect", "low ports", "see vsredirect --apply");
}

/* Where systemd runs, what was started by hand is its unit's like any other: that one finds
 * the server running, and stands for it.  Waited for, or a stop that follows would come
 * before it; whatever else is being started, or who starts this by a unit would wait for
 * himself.  Returns: 0, or an error */
static int give_to_systemd(const struct server_list *l)
{
	VSD_FREE const char **argv = calloc(l->n + UNIT_WORDS + 1, sizeof(*argv));
	VSD_FREE char (*unit)[VSD_NAME_MAX + 16] = calloc(l->n + 1, sizeof(*unit));
	size_t n = 0;

	if (!argv || !unit)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		struct vsd_running r = VSD_RUNNING_NONE;

		if (vsd_running_open(l->s[i].name, &r) == 0) {
			(void)snprintf(unit[i], sizeof(*unit), "vsd@%s.service", l->s[i].name); /* fits */
			argv[UNIT_WORDS + n++] = unit[i];
		}
		vsd_running_close(&r);
	}
	argv[0] = "systemctl";
	argv[1] = "--job-mode=ignore-dependencies";
	argv[2] = "start";
	return n > 0 ? run_tool(argv) : 0;
}

/* A supervisor need not try again where nothing but a person's hand can help: 2. */
static int stand_for(const struct boot *b, const struct server_list *l)
{
	if (l->n != 1)
		return l->unknown ? TOOL_MISUSE : TOOL_FAILED;
	if (l->s[0].state == VSD_SERVER_DISABLED) {
		(void)tool_error("start", l->s[0].name, "it is disabled");
		return TOOL_MISUSE;
	}
	return boot_foreground(b, &l->s[0]);
}

static int prepare_and_act(enum action action, const struct vsd_conf *c, const struct server_list *l,
			   bool named)
{
	struct job j = { .action = action, .boot = { .conf = c } };
	char why[VSD_WHY_MAX] = "";
	int status;

	if (action != STOP && boot_prepare(c, &j.boot, why) < 0)
		return tool_error("prepare", "this host", why);
	if (*why)
		take_over(why);
	if (action == FOREGROUND)
		status = stand_for(&j.boot, l);
	else
		status = act_on_all(&j, l, named);
	boot_free(&j.boot);
	if ((action == START || action == RESTART) && access(SYSTEMD, F_OK) == 0 && give_to_systemd(l) < 0)
		(void)tool_error("give servers to", "systemd",
				 "they run, but systemctl status vsd@NAME.service does not say so");
	return status;
}

static int run(enum action action, bool json, char **name, int n)
{
	struct vsd_conf *c = NULL;
	struct server_list l = { .status = TOOL_OK };
	char why[VSD_WHY_MAX] = "";
	int status, r = vsd_conf_load(&c, why);

	if (r < 0)
		return tool_error("read", vsd_path_conf, why);
	status = gather(name, n, &l);
	if (action == STATUS)
		r = boot_show_all(&l, json, n > 0);
	else
		r = prepare_and_act(action, c, &l, n > 0);
	free(l.s);
	vsd_conf_free(c);
	return status != TOOL_OK && r != TOOL_MISUSE ? status : r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "start", no_argument, NULL, START },   { "stop", no_argument, NULL, STOP },
		{ "restart", no_argument, NULL, RESTART }, { "status", no_argument, NULL, STATUS },
		{ "foreground", no_argument, NULL, FOREGROUND },
		{ "json", no_argument, NULL, 'j' },      { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	enum action action = NOTHING;
	bool json = false;
	int o;

	tool_init("vsboot");
	if (tool_version("vsboot", argc, argv))
		return TOOL_OK;
	while ((o = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (o == 'h') {
			(void)fputs(usage, stdout);
			return TOOL_OK;
		}
		if (o == '?')
			return tool_misuse("unknown option");
		if (o == 'j')
			json = true;
		else if (action != NOTHING)
			return tool_misuse(ONE_OF);
		else
			action = (enum action)o;
	}
	if (action == NOTHING || (json && action != STATUS))
		return tool_misuse(ONE_OF "; --json with --status");
	if (action == FOREGROUND && argc - optind != 1)
		return tool_misuse("--foreground wants one name");
	if (geteuid() != 0)
		return tool_error("run as", "this user", "root is needed");
	return run(action, json, argv + optind, argc - optind);
}
