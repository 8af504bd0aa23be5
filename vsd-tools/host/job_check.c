/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in a job's way, asked when it is queued and again when it is done. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alias.h"
#include "job.h"
#include "manifest.h"
#include "safe.h"
#include "why.h"

struct clash {
	const struct job *job;
	struct vsd_addr addr;
	char *why;
};

/* -EEXIST ends the walk. */
static int compare(const struct vsd_server *s, void *arg)
{
	const struct clash *k = arg;

	if (strcmp(s->name, k->job->name) == 0) {
		why_say(k->why, "the name is taken");
		return -EEXIST;
	}
	if (strcasecmp(s->fqdn, k->job->fqdn) == 0) {
		why_say(k->why, "fqdn %s is %s's", k->job->fqdn, s->name);
		return -EEXIST;
	}
	if (vsd_server_has_addr(s, &k->addr)) {
		why_say(k->why, "address %s is %s's", k->job->address, s->name);
		return -EEXIST;
	}
	return 0;
}

/* A file that cannot be read may hold the very name or address. */
static void damaged(const char *name, int error, void *arg)
{
	const struct clash *k = arg;

	vsd_registry_why(name, error, k->why);
}

static int compare_queued(const struct job *j, uint32_t *out_waiting, char why[VSD_WHY_MAX])
{
	VSD_FREE unsigned *number = NULL;
	char unused[VSD_WHY_MAX];
	size_t n = 0;
	int r = job_numbers(JOB_QUEUED, &number, &n);

	for (size_t i = 0; i < n; i++) {
		struct job other;

		if (j->number != 0 && number[i] >= j->number)
			break; /* the earlier one wins */
		if (job_read(JOB_QUEUED, number[i], &other, unused) < 0)
			continue; /* vsd-vsbatch will tell of a damaged one */
		*out_waiting += other.id == 0;
		if (strcmp(other.name, j->name) == 0) {
			why_say(why, "the name is taken by a queued job");
			return -EEXIST;
		}
		if (strcasecmp(other.fqdn, j->fqdn) == 0) {
			why_say(why, "fqdn %s is queued %s's", j->fqdn, other.name);
			return -EEXIST;
		}
		if (strcmp(other.address, j->address) == 0) {
			why_say(why, "address %s is queued %s's", j->address, other.name);
			return -EEXIST;
		}
	}
	return r;
}

int job_check_host_address(const struct vsd_addr *a, char why[VSD_WHY_MAX])
{
	struct alias_entry *list = NULL;
	char name[IF_NAMESIZE] = "?", text[VSD_ADDR_TEXT_MAX];
	unsigned whole = vsd_addr_is_v4(a) ? 32 : 128;
	const struct alias_entry *e;
	size_t n = 0;
	int r = alias_list(&list, &n);

	if (r < 0) {
		why_say(why, "cannot list the host's addresses: %s", strerror(-r));
		return r;
	}
	for (e = alias_find(list, n, a); e && r == 0 && vsd_addr_equal(&e->addr, a);
	     e = e + 1 < list + n ? e + 1 : NULL)
		if (!e->ours && !e->route && e->prefix != whole) {
			(void)if_indextoname(e->ifindex, name); /* "?" tells as much */
			vsd_addr_format(a, text);
			why_say(why, "address %s is the host's own (%s, /%u)", text, name,
				e->prefix);
			r = -EEXIST;
		}
	free(list);
	return r;
}

static int check_skeleton(const char *skel, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_root(skel, &fd);

	if (r == 0 && faccessat(fd, MANIFEST_NAME, F_OK, 0) < 0)
		r = -errno;
	if (r == -ENOENT)
		why_say(why, "no skeleton at %s: run vsd-genskel", skel);
	else if (r < 0)
		why_say(why, "skeleton %s: %s", skel, strerror(-r));
	return r;
}

int job_root(const struct job *j, const struct vsd_conf *c, char out[VSD_PATH_MAX])
{
	int n = snprintf(out, VSD_PATH_MAX, "%s/%s", c->vs_root, j->name);

	return n > 0 && n < VSD_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* A tree is admin's where its home folder is; root's own folders say nothing. */
int job_tree(const struct job *j, const char *root)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r;

	if (lstat(root, &st) < 0)
		return -errno;
	r = vsd_safe_open_root(root, &fd);
	if (r < 0)
		return -EEXIST;
	if (j->id == 0 || fstatat(fd, "home", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode) || st.st_uid != j->uid_first)
		return -EEXIST;
	return 0;
}

static int check_tree(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	char root[VSD_PATH_MAX];
	int r = job_root(j, c, root);

	if (r < 0) {
		why_say(why, "%s is too long a path for servers", c->vs_root);
		return r;
	}
	r = job_tree(j, root);
	if (r == 0 || r == -ENOENT)
		return 0;
	if (r == -EEXIST)
		why_say(why, "there is a folder %s already", root);
	else
		why_say(why, "%s: %s", root, strerror(-r));
	return r;
}

/* Room for this one and for those queued before it, in ids and in users. */
static int check_room(const struct job *j, const struct vsd_conf *c, uint32_t waiting,
		      char why[VSD_WHY_MAX])
{
	uint32_t count = j->id ? j->uid_count : c->uid_step;

	if (j->max_users >= count) {
		why_say(why, "max_users %u does not fit into a range of %u ids, of which one is "
			"admin's", j->max_users, count);
		return -EINVAL;
	}
	if (j->id)
		return vsd_range_check_host((struct vsd_range){ j->uid_first, count }, why);
	return vsd_registry_room(c, waiting, why);
}

int job_check(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	struct clash k = { .job = j, .why = why };
	uint32_t waiting = 0;
	int r = vsd_addr_parse(j->address, strlen(j->address), &k.addr);

	why[0] = '\0';
	if (r == 0)
		r = vsd_registry_each_again(compare, damaged, &k);
	if (r == 0 && why[0])
		r = -EBADMSG;
	if (r == 0)
		r = compare_queued(j, &waiting, why);
	if (r == 0)
		r = job_check_host_address(&k.addr, why);
	if (r == 0)
		r = check_skeleton(c->skel, why);
	if (r == 0)
		r = check_tree(j, c, why);
	if (r == 0)
		r = check_room(j, c, waiting, why);
	if (r < 0 && why[0] == '\0')
		why_say(why, "%s", strerror(-r));
	return r;
}
