/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vs_set: change what the registry says of a server. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "job.h"
#include "keyval.h"
#include "limit.h"
#include "number.h"
#include "quota.h"
#include "running.h"
#include "safe.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"
#include "why.h"

static int set_count(void *to, const struct adm_key *key, const char *value)
{
	uint64_t n;
	uint32_t narrow;

	if (vsd_number_parse(value, strlen(value), UINT32_MAX - 1, &n) < 0 || n == 0)
		return -EINVAL;
	narrow = (uint32_t)n;
	memcpy((char *)to + key->offset, &narrow, sizeof(narrow));
	return 0;
}

static int set_limit(void *to, const struct adm_key *key, const char *value)
{
	uint64_t n;

	if (vsd_number_parse(value, strlen(value), INT64_MAX >> 20, &n) < 0)
		return -EINVAL;
	memcpy((char *)to + key->offset, &n, sizeof(n));
	return 0;
}

static int set_bytes(void *to, const struct adm_key *key, const char *value)
{
	static const char units[] = "KMG";
	size_t len = strlen(value);
	const char *unit = len > 0 ? strchr(units, value[len - 1]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t n;

	if (vsd_number_parse(value, len - (unit ? 1 : 0), (INT64_MAX >> 20) >> shift, &n) < 0)
		return -EINVAL;
	n <<= shift;
	memcpy((char *)to + key->offset, &n, sizeof(n));
	return 0;
}

/* ADDRESS[,ADDRESS...], the first being the server's own face. */
static int set_addresses(void *to, const struct adm_key *key, const char *value)
{
	struct vsd_server *s = to;
	struct vsd_server t = { .naddr = 0 };

	(void)key;
	for (const char *p = value; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		struct vsd_addr a;

		if (t.naddr == VSD_SERVER_ADDR_MAX ||
		    vsd_addr_parse(p, strcspn(p, ","), &a) < 0 || !vsd_addr_is_usable(&a) ||
		    vsd_server_has_addr(&t, &a))
			return -EINVAL;
		t.addr[t.naddr++] = a;
	}
	memcpy(s->addr, t.addr, sizeof(t.addr));
	s->naddr = t.naddr;
	return 0;
}

/* FROM:TO[,FROM:TO...], none, or default: vsd.conf's. */
static int set_redirects(void *to, const struct adm_key *key, const char *value)
{
	struct vsd_server *s = to;
	struct vsd_server t = { .own_redirects = true };
	char words[VSD_SERVER_REDIRECT_MAX * sizeof("65535:65535")];
	size_t n = strlen(value);

	(void)key;
	if (strcmp(value, "default") == 0) {
		t.own_redirects = false;
	} else {
		if (n == 0 || n >= sizeof(words) || strpbrk(value, " \t"))
			return -EINVAL;
		for (size_t i = 0; i <= n; i++)
			words[i] = (char)(value[i] == ',' ? ' ' : value[i]);
		if (vsd_redirects_parse((struct vsd_span){ words, n }, t.redirect,
					VSD_SERVER_REDIRECT_MAX, &t.nredirect) < 0)
			return -EINVAL;
	}
	s->own_redirects = t.own_redirects;
	s->nredirect = t.nredirect;
	memcpy(s->redirect, t.redirect, sizeof(t.redirect));
	return 0;
}

static int set_fqdn(void *to, const struct adm_key *key, const char *value)
{
	struct vsd_server *s = to;
	size_t n = strlen(value);

	(void)key;
	if (!vsd_name_is_fqdn(value, n))
		return -EINVAL;
	memcpy(s->fqdn, value, n + 1);
	return 0;
}

#define BYTES "bytes, or a number with K, M or G; 0: no limit"
#define AT(member) offsetof(struct vsd_server, member)
static const struct adm_key keys[] = {
	{ "address", set_addresses, "addresses that hosts have, with commas between, none twice", 0 },
	{ "cpu", set_limit, "percent of one processor; 0: no limit", AT(cpu_percent) },
	{ "fqdn", set_fqdn, "a host's name with its domain", 0 },
	{ "io_read", set_bytes, BYTES, AT(io_read) },
	{ "io_write", set_bytes, BYTES, AT(io_write) },
	{ "max_sessions", set_count, "a number above 0", AT(max_sessions) },
	{ "max_users", set_count, "a number above 0", AT(max_users) },
	{ "memory", set_bytes, BYTES, AT(memory_bytes) },
	{ "pids", set_limit, "a number; 0: no limit", AT(pids) },
	{ "quota", set_limit, "a number of MB; 0: no limit", AT(quota_mb) },
	{ "quota_mb", set_limit, "a number of MB; 0: no limit", AT(quota_mb) },
	{ "redirect", set_redirects, "FROM:TO with commas between, none, or default", 0 },
};
#undef AT
#undef BYTES

struct same {
	const struct vsd_server *s;
	char *why;
};

static int refuse_same_fqdn(const struct vsd_server *other, void *arg)
{
	const struct same *same = arg;

	if (strcmp(other->name, same->s->name) == 0 || strcasecmp(other->fqdn, same->s->fqdn) != 0)
		return 0;
	why_say(same->why, "fqdn %s is %s's", other->fqdn, other->name);
	return -EEXIST;
}

/* What another job or server has, and what the host has itself. */
static int check_new(const struct vsd_server *old, const struct vsd_server *s,
		     char why[VSD_WHY_MAX])
{
	struct same same = { s, why };
	int r = vsd_registry_each(refuse_same_fqdn, NULL, &same);

	for (unsigned i = 0; r == 0 && i < s->naddr; i++)
		if (!vsd_server_has_addr(old, &s->addr[i]))
			r = job_check_host_address(&s->addr[i], why);
	return r;
}

struct setting {
	char **pair;
	int n;
	struct vsd_server old, now;
	bool running, readdress; /* addresses, name or redirects were given, the same perhaps */
	bool requota;               /* so was the quota: what lies outside of it is put in */
};

/* A limit that nothing would enforce is refused. */
static int check_limits(const struct vsd_server *old, const struct vsd_server *s,
			char why[VSD_WHY_MAX])
{
	for (int l = 0; l < VSD_LIMITS; l++) {
		uint64_t wanted = vsd_limit_of(s, (enum vsd_limit)l);
		int r;

		if (wanted == 0 || wanted == vsd_limit_of(old, (enum vsd_limit)l))
			continue;
		r = vsd_limit_is_possible((enum vsd_limit)l, s);
		if (r == 0)
			why_say(why, "%s: %s, and nothing would enforce the limit",
				vsd_limit_name((enum vsd_limit)l), vsd_limit_lack((enum vsd_limit)l));
		else if (r < 0)
			why_say(why, "%s: look for the controller: %s",
				vsd_limit_name((enum vsd_limit)l), strerror(-r));
		if (r <= 0)
			return r < 0 ? r : -EOPNOTSUPP;
	}
	return 0;
}

/* Where useradd in the server reads it. */
static int write_max_users(const struct vsd_server *s)
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r == 0)
		r = vsd_users_write_max(root, s->max_users);
	return r < 0 ? tool_errno("write etc/vsd/max_users of", s->name, r) : TOOL_OK;
}

/* On a server that runs, at once.  What the kernel cannot enforce was refused, or
 * is older than this change. */
static int apply_limits(const struct vsd_server *s)
{
	char why[VSD_WHY_MAX];
	VSD_CLOSE int cg = -1;
	int r = vsd_cgroup_open(s->name, false, &cg);

	if (r < 0)
		return tool_errno("open the cgroup of", s->name, r);
	r = vsd_limits_apply(cg, s, why);
	if (r == -EOPNOTSUPP) {
		tool_say("%s: %s", s->name, why);
		return TOOL_OK;
	}
	return r < 0 ? tool_error("limit", s->name, why) : TOOL_OK;
}

/* The tree's lock is not needed: a refresh at the same time tags it in the end. */
static int apply_quota(const struct vsd_server *s)
{
	char why[VSD_WHY_MAX];
	int r = quota_apply_server(s, why);

	if (r == -EOPNOTSUPP) {
		if (s->quota_mb)
			adm_say_no_quota(s->quota_mb, why);
		return TOOL_OK;
	}
	return r < 0 ? tool_error("limit", s->name, why) : TOOL_OK;
}

static int apply(struct vsd_server *s, void *arg, char why[VSD_WHY_MAX])
{
	struct setting *set = arg;
	int r;

	set->old = *s;
	for (int i = 0; i < set->n; i++) {
		r = adm_set_key(keys, sizeof(keys) / sizeof(*keys), s, set->pair[i], why);
		set->readdress |= strncmp(set->pair[i], "address=", 8) == 0 ||
				  strncmp(set->pair[i], "fqdn=", 5) == 0 ||
				  strncmp(set->pair[i], "redirect=", 9) == 0;
		set->requota |= strncmp(set->pair[i], "quota", 5) == 0;
		if (r < 0)
			return r;
	}
	if (s->max_users >= s->uid_count) {
		why_say(why, "max_users %u does not fit into its range of %u ids, of which one is "
			"admin's", s->max_users, s->uid_count);
		return -EINVAL;
	}
	r = adm_is_running(s->name);
	if (r < 0)
		return r;
	set->running = r == 1;
	set->now = *s;
	r = check_limits(&set->old, s, why);
	return r < 0 ? r : check_new(&set->old, s, why);
}

int adm_vs_set(const struct adm_call *c)
{
	struct setting set = { .pair = c->argv + 1, .n = c->argc - 1 };
	int r = adm_change(c->argv[0], apply, &set);

	if (r != TOOL_OK)
		return r;
	if (set.readdress && adm_change_address(&set.old, set.now.name, set.running) != TOOL_OK)
		return TOOL_FAILED;
	if (set.now.max_users != set.old.max_users && write_max_users(&set.now) != TOOL_OK)
		return TOOL_FAILED;
	if (set.requota && apply_quota(&set.now) != TOOL_OK)
		return TOOL_FAILED;
	if (!set.running)
		return TOOL_OK;
	if (strcmp(set.old.fqdn, set.now.fqdn) != 0)
		tool_say("%s is running: its host name changes when vsboot --restart %s has run",
			 c->argv[0], c->argv[0]);
	return apply_limits(&set.now);
}
