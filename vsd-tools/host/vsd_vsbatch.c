/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-vsbatch: do what vsdadm has queued, in order.  Each job is done or undone
 * on its own; one that fails is put aside, told of, and does not stop the rest. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "job.h"
#include "paths.h"
#include "safe.h"
#include "tool.h"
#include "tree.h"

static void usage(void)
{
	tool_say("usage: vsd-vsbatch [--list]\n"
		 "Make the virtual servers that `vsdadm vs_create` has queued.\n\n"
		 "  -l, --list   show the queue, do nothing\n"
		 "  -h, --help   this text");
}

static int list(void)
{
	char why[VSD_WHY_MAX];
	unsigned n = 0;
	struct job j;

	while (job_next(n, &n) == 0) {
		if (job_read(n, &j, why) < 0)
			tool_say("%08u  damaged: %s", n, why);
		else
			tool_say("%08u  vs_create %s %s %s", n, j.name, j.address, j.fqdn);
	}
	return TOOL_OK;
}

/* One vsd-vsbatch at a time; the kernel releases it whatever ends us. */
static int hold(int *out_fd)
{
	VSD_CLOSE int dir = -1, fd = -1;
	int r = vsd_safe_open_root(vsd_path_lock, &dir);

	if (r == 0)
		r = vsd_safe_open_beneath(dir, "vsbatch", O_RDWR | O_CREAT, 0600, &fd);
	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

static int do_one(unsigned number, const struct vsd_conf *c)
{
	char why[VSD_WHY_MAX], object[64];
	struct job j;
	int r = job_read(number, &j, why), done;

	(void)snprintf(object, sizeof(object), "job %08u", number);
	if (r == 0) {
		(void)snprintf(object, sizeof(object), "%s", j.name);
		r = job_run(&j, c, why);
	}
	done = job_done(number, r < 0);
	if (r < 0)
		(void)tool_error("make", object, why);
	else
		tool_say("made %s: %s %s, ids from %lu", j.name, j.address, j.fqdn,
			 (unsigned long)j.uid_first);
	if (done < 0)
		return tool_errno("take from the queue", object, done);
	return r < 0 ? TOOL_FAILED : TOOL_OK;
}

static int do_all(void)
{
	struct vsd_conf *c = NULL;
	VSD_CLOSE int held = -1;
	char why[VSD_WHY_MAX];
	int r, status = TOOL_OK;
	unsigned n = 0;

	if (geteuid() != 0)
		return tool_error("work off", vsd_path_spool, "not root");
	r = hold(&held);
	if (r == -EWOULDBLOCK)
		return tool_error("work off", vsd_path_spool, "another vsd-vsbatch is at it");
	if (r < 0)
		return tool_errno("lock", vsd_path_lock, r);
	if (vsd_conf_load(&c, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	if (tree_recover(c->vs_root, NULL, why) < 0)
		status = tool_error("clear up", c->vs_root, why);
	while (job_next(n, &n) == 0)
		if (do_one(n, c) != TOOL_OK)
			status = TOOL_FAILED;
	vsd_conf_free(c);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool only_list = false;
	int opt;

	tool_init("vsd-vsbatch");
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+lh", longs, NULL)) != -1) {
		switch (opt) {
		case 'l':
			only_list = true;
			break;
		case 'h':
			usage();
			return TOOL_OK;
		default:
			return tool_misuse("unknown option '%s'", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return tool_misuse("unexpected argument '%s'", argv[optind]);
	return only_list ? list() : do_all();
}
