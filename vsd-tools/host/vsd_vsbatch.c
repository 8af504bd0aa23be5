/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-vsbatch: do what vsdadm has queued, in order.  Each job is done or undone
 * on its own; one that fails is put aside with its reason, told of, and does not
 * stop the rest.  Starting state: root on the host. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "job.h"
#include "number.h"
#include "paths.h"
#include "spawn_tool.h"
#include "tool.h"
#include "unfinished.h"

enum action { WORK, LIST, RETRY, DROP };

static void usage(void)
{
	tool_say("usage: vsd-vsbatch [--list [--json] | --retry NUMBER | --drop NUMBER]\n"
		 "Make the virtual servers that `vsdadm vs_create` has queued.\n\n"
		 "  -l, --list          show the queue and the failed jobs, do nothing\n"
		 "  -j, --json          with --list: as JSON\n"
		 "  -r, --retry NUMBER  queue a failed job again, do nothing else\n"
		 "  -d, --drop NUMBER   take a job away, and what it has left\n"
		 "  -h, --help          this text\n"
		 "      --version       the version");
}

/* ---- the list ---- */

static int show_json(const struct job *j, bool failed, const char *why, json_t *array)
{
	json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:s}", "job", (int)j->number, "state",
			      failed ? "failed" : "queued", "name", j->name, "address",
			      j->address, "fqdn", j->fqdn);

	if (o && why[0] && json_object_set_new(o, "why", json_string(why)) < 0)
		(void)json_object_set_new(o, "why", json_string("?")); /* not UTF-8 */
	return json_array_append_new(array, o) < 0 ? -ENOMEM : 0;
}

static int show(enum job_kind kind, json_t *array)
{
	bool failed = kind == JOB_FAILED;
	int r = 0;

	for (unsigned n = 0; r == 0 && job_next(kind, n, &n) == 0;) {
		char damage[VSD_WHY_MAX] = "";
		struct job j = { .number = n };
		bool good = job_read(kind, n, &j, damage) == 0;

		if (array)
			r = show_json(&j, failed, good ? j.why : damage, array);
		else if (!good)
			tool_say("%08u  damaged  %s", n, damage);
		else
			tool_say("%08u  %s  vs_create %s %s %s%s%s", n,
				 failed ? "failed" : "queued", j.name, j.address, j.fqdn,
				 failed ? ": " : "", !failed ? "" : j.why[0] ? j.why
					: "its reason found no room on the disk");
	}
	return r;
}

static int list(bool json)
{
	json_t *array = json ? json_array() : NULL;
	int r = json && !array ? -ENOMEM : show(JOB_QUEUED, array);

	if (r == 0)
		r = show(JOB_FAILED, array);
	if (r == 0 && array && (json_dumpf(array, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF))
		r = -EIO;
	json_decref(array);
	return r < 0 ? tool_errno("list", vsd_path_spool, r) : TOOL_OK;
}

/* ---- the work ---- */

static int do_all(const struct vsd_conf *c)
{
	static const char *const update[] = { "vsredirect", "--update", NULL };
	char why[VSD_WHY_MAX];
	int status = TOOL_OK;
	unsigned made = 0;

	if (unfinished_finish(c->vs_root, NULL, why) < 0)
		status = tool_error("finish what was interrupted in", c->vs_root, why);
	if (batch_run(c, &made) != TOOL_OK)
		status = TOOL_FAILED;
	if (made > 0 && run_tool(update) < 0)
		status = tool_error("change", "redirects", "see vsredirect --apply");
	return status;
}

/* ---- failed jobs ---- */

static int retry(unsigned number, const char *object)
{
	int r = job_retry(number);

	return r < 0 ? tool_error("retry job", object, r == -ENOENT ? "no failed job has that number"
								    : strerror(-r)) : TOOL_OK;
}

static int drop(unsigned number, const char *object, const struct vsd_conf *c)
{
	char why[VSD_WHY_MAX];
	enum job_kind kind = JOB_QUEUED;
	struct job j;
	int r = job_read(kind, number, &j, why);

	if (r == -ENOENT) {
		kind = JOB_FAILED;
		r = job_read(kind, number, &j, why);
	}
	if (r == -ENOENT)
		return tool_error("drop job", object, "no job has that number");
	if (r == 0 && job_undo(&j, c, why) < 0)
		return tool_error("drop job", object, why);
	r = job_remove(kind, number);
	return r < 0 ? tool_errno("drop job", object, r) : TOOL_OK;
}

static int work(enum action action, unsigned number, const char *object)
{
	struct vsd_conf *c = NULL;
	VSD_CLOSE int held = -1;
	char why[VSD_WHY_MAX];
	int r;

	r = job_hold(false, &held);
	if (r == -EWOULDBLOCK)
		return tool_error("work off", vsd_path_spool, "another vsd-vsbatch is at it");
	if (r < 0)
		return tool_errno("lock", vsd_path_lock, r);
	if (vsd_conf_load(&c, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	if (action == RETRY)
		r = retry(number, object);
	else if (action == DROP)
		r = drop(number, object, c);
	else
		r = do_all(c);
	vsd_conf_free(c);
	return r;
}

/* ---- options ---- */

struct call {
	enum action action;
	bool json;
	const char *number;
};

static int parse(int argc, char **argv, struct call *c)
{
	static const struct option longs[] = {
		{ "drop", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },       { "list", no_argument, NULL, 'l' },
		{ "retry", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 },
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+d:hjlr:", longs, NULL)) != -1) {
		if (opt == 'h') {
			usage();
			return TOOL_OK;
		}
		if (opt == '?')
			return tool_misuse("unknown or incomplete option '%s'", argv[optind - 1]);
		if (opt == 'j') {
			c->json = true;
			continue;
		}
		if (c->action != WORK)
			return tool_misuse("one of --list, --retry and --drop");
		c->action = opt == 'l' ? LIST : opt == 'r' ? RETRY : DROP;
		c->number = optarg;
	}
	if (optind < argc)
		return tool_misuse("unexpected argument '%s'", argv[optind]);
	if (c->json && c->action != LIST)
		return tool_misuse("--json goes with --list");
	return -1;
}

int main(int argc, char **argv)
{
	struct call c = { WORK, false, NULL };
	const char *digits;
	uint64_t n = 0;
	int r;

	tool_init("vsd-vsbatch");
	if (tool_version("vsd-vsbatch", argc, argv))
		return TOOL_OK;
	r = parse(argc, argv, &c);
	if (r >= 0)
		return r;
	if (c.number) { /* with or without the zeros that --list shows */
		digits = c.number + strspn(c.number, "0");
		if (vsd_number_parse(digits, strlen(digits), UINT32_MAX, &n) < 0)
			return tool_misuse("'%s' is no job's number", c.number);
	}
	if (geteuid() != 0)
		return tool_error("work off", vsd_path_spool, "not root");
	return c.action == LIST ? list(c.json) : work(c.action, (unsigned)n, c.number);
}
