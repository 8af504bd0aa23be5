/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: disk quotas. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "quota.h"
#include "safe.h"
#include "tool.h"

struct quotas {
	struct check *c;
	unsigned idle;           /* servers with a quota that nothing can enforce */
	char reason[VSD_WHY_MAX];
};

/* 1: something is wrong, and `what` says what. */
static int find_fault(const struct vsd_server *s, int root, char what[VSD_WHY_MAX])
{
	struct quota_use u = { .limit_bytes = 0 };
	uint64_t stray = 0;
	int r = quota_read(s, root, &u);

	if (r == 0 && s->quota_mb)
		r = quota_count_stray(s, root, &stray);
	if (r < 0)
		(void)snprintf(what, VSD_WHY_MAX, "look at its disk quota: %s", strerror(-r));
	else if (!quota_is_set(s, &u))
		(void)snprintf(what, VSD_WHY_MAX, "its disk quota in the kernel is not the registry's");
	else if (stray > 0)
		(void)snprintf(what, VSD_WHY_MAX,
			       "files and folders that lie outside of its disk quota: %llu",
			       (unsigned long long)stray);
	else
		return 0;
	return r < 0 ? r : 1;
}

static int check_one(const struct vsd_server *s, void *arg)
{
	struct quotas *q = arg;
	char what[VSD_WHY_MAX], why[VSD_WHY_MAX];
	VSD_CLOSE int root = -1;
	int r;

	if (vsd_safe_open_root(s->root, &root) < 0)
		return 0; /* check_tree has told of it */
	r = quota_is_possible(root, why);
	if (r == -EOPNOTSUPP) {
		if (s->quota_mb && q->idle++ == 0)
			memcpy(q->reason, why, sizeof(why));
		return 0;
	}
	if (r < 0) {
		check_wrong(q->c, s->name, why);
		return 0;
	}
	r = find_fault(s, root, what);
	if (r == 1 && q->c->repair) {
		r = quota_apply(s, root, why);
		if (r == 0)
			check_repaired(q->c, s->name, what);
		else
			check_wrong(q->c, s->name, why);
	} else if (r != 0) {
		check_wrong(q->c, s->name, what);
	}
	return 0;
}

void check_quota(struct check *c)
{
	struct quotas q = { .c = c };
	char note[VSD_WHY_MAX * 2];
	int r = vsd_registry_each(check_one, NULL, &q);

	if (r < 0)
		return; /* check_all has told of the registry */
	if (q.idle == 0)
		return;
	(void)snprintf(note, sizeof(note), "%u server%s with a disk quota that nothing enforces: %s",
		       q.idle, TOOL_S(q.idle), q.reason);
	check_note(c, note);
}
