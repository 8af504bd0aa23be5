/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a queued server.  Steps, and what a crash after each leaves:
 *   1 the range is given, and written into the job: the rerun keeps it
 *   2 the tree is renamed into place: the rerun, whose range it has, keeps it
 *   3 the registry has the server: the rerun finds it and is done
 * The range is never given twice, so that a job which failed costs one slot. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "job.h"
#include "safe.h"
#include "tree.h"

__attribute__((format(printf, 3, 4)))
static int because(char why[VSD_WHY_MAX], int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, VSD_WHY_MAX, fmt, ap);
	va_end(ap);
	return r;
}

struct clash {
	const struct job *job;
	struct vsd_addr addr;
	char *why;
};

/* -EEXIST ends the walk. */
static int compare(const struct vsd_server *s, void *arg)
{
	const struct clash *k = arg;

	if (strcmp(s->name, k->job->name) == 0)
		return because(k->why, -EEXIST, "the name is taken");
	if (strcasecmp(s->fqdn, k->job->fqdn) == 0)
		return because(k->why, -EEXIST, "fqdn %s is %s's", k->job->fqdn, s->name);
	for (unsigned i = 0; i < s->naddr; i++)
		if (vsd_addr_equal(&s->addr[i], &k->addr))
			return because(k->why, -EEXIST, "address %s is %s's", k->job->address,
				       s->name);
	return 0;
}

static int compare_queued(const struct job *j, char why[VSD_WHY_MAX])
{
	char unused[VSD_WHY_MAX];
	unsigned n = 0;

	while (job_next(n, &n) == 0) {
		struct job other;

		if (n == j->number || job_read(n, &other, unused) < 0)
			continue; /* vsd-vsbatch will tell of a damaged one */
		if (j->number != 0 && n > j->number)
			continue; /* the earlier one wins */
		if (strcmp(other.name, j->name) == 0)
			return because(why, -EEXIST, "the name is taken by a queued job");
		if (strcasecmp(other.fqdn, j->fqdn) == 0)
			return because(why, -EEXIST, "fqdn %s is queued %s's", j->fqdn, other.name);
		if (strcmp(other.address, j->address) == 0)
			return because(why, -EEXIST, "address %s is queued %s's", j->address,
				       other.name);
	}
	return 0;
}

/* The path of the server's tree. */
static int root_path(const struct job *j, const struct vsd_conf *c, char out[VSD_PATH_MAX])
{
	int n = snprintf(out, VSD_PATH_MAX, "%s/%s", c->vs_root, j->name);

	return n > 0 && n < VSD_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int count_one(const struct vsd_server *s, void *arg)
{
	(void)s;
	++*(uint32_t *)arg;
	return 0;
}

int job_check(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	struct clash k = { .job = j, .why = why };
	VSD_CLOSE int skel = -1;
	char root[VSD_PATH_MAX];
	uint32_t servers = 0;
	int r;

	why[0] = '\0';
	r = vsd_addr_parse(j->address, strlen(j->address), &k.addr);
	if (r == 0)
		r = vsd_registry_each(compare, NULL, &k);
	if (r == 0)
		r = compare_queued(j, why);
	if (r == 0)
		r = root_path(j, c, root);
	if (r == 0 && j->id == 0 && is_there(root))
		return because(why, -EEXIST, "there is a folder %s already", root);
	if (r == 0)
		r = vsd_registry_each(count_one, NULL, &servers);
	if (r == 0 && servers >= c->slots)
		return because(why, -ENOSPC, "all %u slots of vsd.conf are used", c->slots);
	if (r == 0 && j->max_users >= c->uid_step)
		return because(why, -EINVAL, "max_users %u does not fit into a range of %u ids",
			       j->max_users, c->uid_step);
	if (r == 0 && vsd_safe_open_root(c->skel, &skel) < 0)
		return because(why, -ENOENT, "no skeleton at %s: run vsd-genskel", c->skel);
	if (r < 0 && why[0] == '\0')
		return because(why, r, "%s", strerror(-r));
	return r;
}

static int fill(const struct job *j, const struct vsd_conf *c, struct vsd_server *s)
{
	*s = (struct vsd_server){
		.id = j->id, .uid_first = j->uid_first, .uid_count = c->uid_step,
		.state = VSD_SERVER_ENABLED, .naddr = 1,
		.quota_mb = j->quota_mb, .max_users = j->max_users,
		.max_sessions = c->max_sessions, .memory_bytes = c->memory_bytes,
		.pids = c->pids, .cpu_percent = c->cpu_percent,
	};
	(void)snprintf(s->name, sizeof(s->name), "%s", j->name);
	(void)snprintf(s->fqdn, sizeof(s->fqdn), "%s", j->fqdn);
	(void)snprintf(s->skel, sizeof(s->skel), "%s", c->skel);
	if (vsd_addr_parse(j->address, strlen(j->address), &s->addr[0]) < 0)
		return -EINVAL;
	return root_path(j, c, s->root);
}

/* Step 1, under the lock.  1: the server is there already, by this very job. */
static int reserve(struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	struct vsd_server have;
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return because(why, r, "the registry's lock: %s", strerror(-r));
	if (j->id != 0 && vsd_registry_find_name(j->name, &have) == 0 && have.id == j->id)
		return 1;
	r = job_check(j, c, why);
	if (r < 0 || j->id != 0)
		return r;
	r = vsd_registry_allocate(lock, c, &j->id, &j->uid_first, why);
	if (r < 0)
		return r;
	r = job_write(j);
	return r < 0 ? because(why, r, "writing the job: %s", strerror(-r)) : 0;
}

/* Step 3. */
static int enrol(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return because(why, r, "the registry's lock: %s", strerror(-r));
	return vsd_registry_add(lock, s, why);
}

int job_run(struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	struct vsd_server s;
	int r;

	why[0] = '\0';
	r = reserve(j, c, why);
	if (r != 0)
		return r < 0 ? r : 0;
	r = fill(j, c, &s);
	if (r < 0)
		return because(why, r, "%s", strerror(-r));
	if (!is_there(s.root))
		r = tree_create(&s, NULL, why);
	if (r < 0)
		return r;
	r = enrol(&s, why);
	if (r < 0) {
		char unused[VSD_WHY_MAX];

		/* The first error is the one to tell; tree_recover clears the rest. */
		if (tree_delete(s.root, NULL, unused) < 0)
			return r;
	}
	return r;
}
