/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a queued server.  Steps, and what a crash after each leaves:
 *   1 the range is given, and written into the job: the rerun keeps it
 *   2 the tree is renamed into place: the rerun, whose range it has, makes it anew,
 *     as the skeleton may be another by then
 *   3 the registry has the server: the rerun finds it and is done
 * The range is never given twice, so that a crash between giving and writing
 * costs one slot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "job.h"
#include "quota.h"
#include "tree.h"
#include "vs_export.h"
#include "why.h"

static int fill(const struct job *j, const struct vsd_conf *c, struct vsd_server *s)
{
	*s = (struct vsd_server){
		.id = j->id, .uid_first = j->uid_first, .uid_count = j->uid_count,
		.state = VSD_SERVER_ENABLED, .naddr = 1,
		.quota_mb = j->quota_mb, .max_users = j->max_users,
		.max_sessions = c->max_sessions, .memory_bytes = c->memory_bytes,
		.pids = c->pids, .cpu_percent = c->cpu_percent,
		.io_read = c->io_read, .io_write = c->io_write,
	};
	(void)snprintf(s->name, sizeof(s->name), "%s", j->name);
	(void)snprintf(s->fqdn, sizeof(s->fqdn), "%s", j->fqdn);
	(void)snprintf(s->skel, sizeof(s->skel), "%s", c->skel);
	if (vsd_addr_parse(j->address, strlen(j->address), &s->addr[0]) < 0)
		return -EINVAL;
	return job_root(j, c, s->root);
}

static int lock_registry(int *out_fd, char why[VSD_WHY_MAX])
{
	int r = vsd_registry_lock(out_fd);

	if (r < 0)
		why_say(why, "the registry's lock: %s", vsd_error_text(r));
	return r;
}

/* Errors: its file cannot be read, so that it may be the job's or not */
static int is_registered(const struct job *j)
{
	struct vsd_server s;
	int r = j->id == 0 ? -ENOENT : vsd_registry_find_name(j->name, &s);

	return r == -ENOENT ? 0 : r < 0 ? r : s.id == j->id;
}

/* 1: the server is there already, by this very job. */
int job_reserve(struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	int r = lock_registry(&lock, why);

	if (r < 0)
		return r;
	if (is_registered(j) == 1)
		return 1;
	r = job_check(j, c, why);
	if (r < 0 || j->id != 0)
		return r;
	r = vsd_registry_allocate(lock, c, &j->id, &j->uid_first, why);
	if (r < 0)
		return r;
	j->uid_count = c->uid_step;
	r = job_write(j);
	if (r < 0)
		why_say(why, "writing the job: %s", strerror(-r));
	return r;
}

/* Step 3. */
static int enrol(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	int r = lock_registry(&lock, why);

	return r < 0 ? r : vsd_registry_add(lock, s, why);
}

/* No lock of the registry's is taken, as taking it may write, and the disk may be
 * full: the job's id is in no other hands than those that hold the queue. */
int job_undo(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	char root[VSD_PATH_MAX];
	int r = is_registered(j);

	why[0] = '\0';
	if (r < 0)
		vsd_registry_why(j->name, r, why);
	if (r != 0)
		return r < 0 ? r : 0;
	r = job_root(j, c, root);
	if (r == 0)
		r = job_tree(j, root);
	if (r == -ENOENT || r == -EEXIST)
		return 0; /* nothing, or another's */
	return r < 0 ? r : tree_delete(root, NULL, why);
}

struct import {
	FILE *f;
	struct vs_export e;
};

static int fill_tree(const struct vsd_server *s, int root, void *arg, char why[VSD_WHY_MAX])
{
	const struct import *i = arg;

	return vs_import_tree(i->f, &i->e, s, root, why);
}

static int create(const struct job *j, const struct vsd_server *s, const struct tree_opts *given,
		  char why[VSD_WHY_MAX])
{
	struct import i = { .f = NULL };
	struct tree_opts o = given ? *given : (struct tree_opts){ .threads = 0 };
	int r;

	if (!j->import[0])
		return tree_create(s, given, why);
	o.fill = fill_tree;
	o.arg = &i;
	r = vs_import_open(j->import, &i.f, why);
	if (r < 0)
		return r;
	r = vs_import_head(i.f, &i.e, why);
	if (r == 0)
		r = tree_create(s, &o, why);
	(void)fclose(i.f); /* it was only read */
	return r;
}

/* Where the filesystem has no quotas the tree is none the worse: vs_create said so. */
static int apply_quota(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	int r = s->quota_mb ? quota_apply_server(s, why) : 0;

	return r == -EOPNOTSUPP ? 0 : r;
}

static int make(const struct job *j, const struct vsd_conf *c, const struct tree_opts *o,
		char why[VSD_WHY_MAX])
{
	struct vsd_server s;
	int r = fill(j, c, &s);

	if (r < 0) {
		why_say(why, "%s", strerror(-r));
		return r;
	}
	r = job_tree(j, s.root);
	if (r == 0) { /* an earlier run got that far; nobody has been in it */
		r = tree_delete(s.root, NULL, why);
		if (r < 0)
			return r;
	} else if (r != -ENOENT) {
		why_say(why, "there is a folder %s already", s.root);
		return r;
	}
	r = create(j, &s, o, why);
	if (r == 0)
		r = apply_quota(&s, why);
	return r < 0 ? r : enrol(&s, why);
}

int job_run(struct job *j, const struct vsd_conf *c, const struct tree_opts *o,
	    char why[VSD_WHY_MAX])
{
	char second[VSD_WHY_MAX] = "";
	int r;

	why[0] = '\0';
	r = job_reserve(j, c, why);
	if (r == 0)
		r = make(j, c, o, why);
	if (r >= 0)
		return 0;
	if (job_undo(j, c, second) < 0) {
		size_t n = strlen(why);

		(void)snprintf(why + n, VSD_WHY_MAX - n, "; and its tree is left: %s", second);
	}
	return r;
}
