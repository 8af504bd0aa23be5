/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: the address fence, program by program, and each running server's place
 * in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "check.h"
#include "fence.h"
#include "running.h"
#include "tool.h"

static const char *state_name(enum fence_program_state s)
{
	switch (s) {
	case FENCE_IN_FORCE: return "in force";
	case FENCE_OTHER_BUILD: return "in force, of another build";
	case FENCE_NOT_IN_KERNEL: return "not in this kernel";
	default: return "missing";
	}
}

static void show(struct check *c, const struct fence_program *p)
{
	json_t *j;

	if (!c->json) {
		tool_say("fence %-14s %s: %s", p->name, state_name(p->state), p->what);
		return;
	}
	j = json_pack("{s:s, s:s, s:s}", "program", p->name, "state", state_name(p->state), "what",
		      p->what);
	if (!j || json_array_append_new(c->fence, j) < 0)
		check_wrong(c, "fence", "no memory for JSON");
}

/* 1: it runs, and *out_cg is its cgroup. */
static int find_cgroup(const struct vsd_server *s, int *out_cg)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int r = vsd_running_open(s->name, &run);

	vsd_running_close(&run);
	if (r == -ESRCH)
		return 0;
	if (r == 0)
		r = vsd_cgroup_open(s->name, false, out_cg);
	return r < 0 ? r : 1;
}

struct servers {
	struct check *c;
	unsigned n;
};

static int check_server(const struct vsd_server *s, void *arg)
{
	struct servers *all = arg;
	char why[VSD_WHY_MAX];
	VSD_CLOSE int cg = -1;
	int r = find_cgroup(s, &cg);

	if (r == 0)
		return 0;
	all->n++;
	if (r < 0)
		(void)snprintf(why, sizeof(why), "its cgroup cannot be opened: %s", strerror(-r));
	else
		r = fence_check(s, cg, why);
	if (r < 0)
		check_wrong(all->c, s->name, why);
	return 0;
}

void check_fence(struct check *c, const struct vsd_conf *conf)
{
	struct servers all = { .c = c };
	struct fence_status status = { .nserver = 0 };
	char why[VSD_WHY_MAX], text[VSD_WHY_MAX + 32];
	int r;

	if (!conf->fence) {
		check_note(c, "fence = no: servers share the host's loopback and addresses knowingly");
		return;
	}
	r = fence_supported(why);
	if (r == -EOPNOTSUPP) {
		(void)snprintf(text, sizeof(text), "no address fence: %s", why);
		check_note(c, text);
		return;
	}
	if (r == 0)
		r = fence_status(&status, why);
	if (r < 0) {
		check_wrong(c, "fence", why);
		return;
	}
	r = vsd_registry_each(check_server, NULL, &all);
	if (r < 0)
		check_wrong(c, "fence", strerror(-r));
	if (status.nserver == 0 && all.n == 0) {
		check_note(c, "the address fence is raised when the first server starts");
		return;
	}
	for (unsigned i = 0; i < status.nprogram; i++)
		show(c, &status.program[i]);
	if (!status.in_force)
		check_wrong(c, "fence", "a program is missing, and the fence is open there: run vsboot "
			    "--start");
}
