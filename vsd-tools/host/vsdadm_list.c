/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding servers, and verbs that show them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "quota.h"
#include "running.h"
#include "safe.h"
#include "limit.h"
#include "skel_server.h"
#include "tool.h"
#include "vs_disk.h"
#include "vsdadm.h"

static int unreadable(const char *name, int error)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	return tool_error("read registry of", name, why);
}

int adm_find(const char *name, struct vsd_server *out)
{
	int r = vsd_registry_find_name(name, out);

	if (r == -ENOENT)
		return tool_error("find server", name, "there is none of that name");
	return r < 0 ? unreadable(name, r) : TOOL_OK;
}

int adm_open(const char *name, struct vsd_server *out, int *out_root)
{
	int r = adm_find(name, out);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_open_root(out->root, out_root);
	if (r == -EPERM)
		return tool_error("open root of", name,
				  "it or a folder above it is not root's, or others may write there");
	return r < 0 ? tool_errno("open root of", name, r) : TOOL_OK;
}

int adm_change(const char *name, int (*change)(struct vsd_server *s, void *arg,
	       char why[VSD_WHY_MAX]), void *arg)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int lock = -1;
	struct vsd_server s;
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return tool_errno("lock", "registry", r);
	r = adm_find(name, &s);
	if (r != TOOL_OK)
		return r;
	r = change(&s, arg, why);
	if (r == 0)
		r = vsd_registry_update(lock, &s, why);
	if (r < 0 && why[0] == '\0')
		return tool_errno("change", name, r);
	return r < 0 ? tool_error("change", name, why) : TOOL_OK;
}

int adm_is_running(const char *name)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int r = vsd_running_open(name, &run);

	vsd_running_close(&run);
	return r == 0 ? 1 : r == -ESRCH ? 0 : r;
}

const char *adm_state(const struct vsd_server *s)
{
	int running = adm_is_running(s->name);

	if (s->state == VSD_SERVER_DISABLED)
		return "disabled";
	return running < 0 ? "unknown" : running ? "running" : "stopped";
}

int adm_print_json(json_t *j)
{
	int r = j ? json_dumpf(j, stdout, JSON_INDENT(2)) : -1;

	json_decref(j);
	if (r < 0 || putchar('\n') == EOF || fflush(stdout) == EOF)
		return tool_error("print", "JSON", "no memory, or nobody reads");
	return TOOL_OK;
}

/* null: vsd.conf's */
static json_t *redirects_json(const struct vsd_server *s)
{
	json_t *list;

	if (!s->own_redirects)
		return json_null();
	list = json_array();
	for (unsigned i = 0; i < s->nredirect; i++)
		(void)json_array_append_new(list, json_pack("{s:i, s:i}", "from",
					    (int)s->redirect[i].from, "to", (int)s->redirect[i].to));
	return list;
}

static json_t *server_json(const struct vsd_server *s)
{
	json_t *o = json_object(), *list = json_array();
	char text[VSD_ADDR_TEXT_MAX];

	for (unsigned i = 0; i < s->naddr; i++) {
		vsd_addr_format(&s->addr[i], text);
		(void)json_array_append_new(list, json_string(text));
	}
	(void)json_object_set_new(o, "name", json_string(s->name));
	(void)json_object_set_new(o, "state", json_string(adm_state(s)));
	(void)json_object_set_new(o, "id", json_integer(s->id));
	(void)json_object_set_new(o, "uid", json_integer(s->uid_first));
	(void)json_object_set_new(o, "count", json_integer(s->uid_count));
	(void)json_object_set_new(o, "fqdn", json_string(s->fqdn));
	(void)json_object_set_new(o, "addresses", list);
	(void)json_object_set_new(o, "root", json_string(s->root));
	(void)json_object_set_new(o, "skel", json_string(s->skel));
	(void)json_object_set_new(o, "quota_mb", json_integer((json_int_t)s->quota_mb));
	(void)json_object_set_new(o, "max_users", json_integer(s->max_users));
	(void)json_object_set_new(o, "max_sessions", json_integer(s->max_sessions));
	(void)json_object_set_new(o, "memory", json_integer((json_int_t)s->memory_bytes));
	(void)json_object_set_new(o, "pids", json_integer((json_int_t)s->pids));
	(void)json_object_set_new(o, "cpu", json_integer((json_int_t)s->cpu_percent));
	(void)json_object_set_new(o, "io_read", json_integer((json_int_t)s->io_read));
	(void)json_object_set_new(o, "io_write", json_integer((json_int_t)s->io_write));
	(void)json_object_set_new(o, "redirects", redirects_json(s));
	return o; /* no memory: NULL, or a member short, which adm_print_json's caller lives with */
}

struct listing {
	json_t *array;
	int status;
};

static int list_one(const struct vsd_server *s, void *arg)
{
	struct listing *l = arg;
	char text[VSD_ADDR_TEXT_MAX] = "-";

	if (l->array)
		return json_array_append_new(l->array, server_json(s)) < 0 ? -ENOMEM : 0;
	if (s->naddr > 0)
		vsd_addr_format(&s->addr[0], text);
	tool_say("%-16s %-9s %-15s %-10lu %s", s->name, adm_state(s), text,
		 (unsigned long)s->uid_first, s->fqdn);
	return 0;
}

static void list_bad(const char *name, int error, void *arg)
{
	((struct listing *)arg)->status = unreadable(name, error);
}

int adm_vs_list(const struct adm_call *c)
{
	struct listing l = { c->json ? json_array() : NULL, TOOL_OK };
	int r = vsd_registry_each(list_one, list_bad, &l), printed = TOOL_OK;

	if (r < 0) {
		json_decref(l.array);
		return tool_errno("list", vsd_path_servers, r);
	}
	if (c->json)
		printed = adm_print_json(l.array);
	return l.status != TOOL_OK ? l.status : printed;
}

static void say_redirects(const struct vsd_server *s)
{
	if (!s->own_redirects)
		tool_say("redirects     as vsd.conf has them");
	else if (s->nredirect == 0)
		tool_say("redirects     none");
	for (unsigned i = 0; i < s->nredirect; i++)
		tool_say("redirect      %u:%u", (unsigned)s->redirect[i].from,
			 (unsigned)s->redirect[i].to);
}

static void say_limit(const struct vsd_server *s, enum vsd_limit l)
{
	unsigned long long n = vsd_limit_of(s, l);

	if (n && vsd_limit_is_possible(l, s) != 1)
		tool_say("%-13s %llu (not enforced: %s)", vsd_limit_name(l), n, vsd_limit_lack(l));
	else
		tool_say("%-13s %llu", vsd_limit_name(l), n);
}

static void say_quota(const struct vsd_server *s)
{
	unsigned long long mb = s->quota_mb;
	char why[VSD_WHY_MAX];
	struct quota_use u;

	if (mb == 0)
		tool_say("quota_mb      0");
	else if (quota_look(s, &u, why) < 0)
		tool_say("quota_mb      %llu (not enforced: %s)", mb, why);
	else
		tool_say("quota_mb      %llu (%llu KiB used, %llu of %llu files)", mb,
			 (unsigned long long)u.used_bytes >> 10, (unsigned long long)u.used_files,
			 (unsigned long long)u.limit_files);
}

static json_t *quota_json(const struct vsd_server *s)
{
	char why[VSD_WHY_MAX];
	struct quota_use u;

	if (quota_look(s, &u, why) < 0)
		return json_pack("{s:b, s:s}", "enforced", 0, "reason", why);
	return json_pack("{s:b, s:I, s:I, s:I, s:I}", "enforced", s->quota_mb != 0, "limit_bytes",
			 (json_int_t)u.limit_bytes, "limit_files", (json_int_t)u.limit_files,
			 "used_bytes", (json_int_t)u.used_bytes, "used_files",
			 (json_int_t)u.used_files);
}

/* A tree that cannot be opened has no figures; vsdadm check says why. */
static bool measure(const struct vsd_server *s, struct vs_disk *out)
{
	VSD_CLOSE int root = -1;

	if (vsd_safe_open_root(s->root, &root) < 0)
		return false;
	vs_disk_measure(root, out);
	return true;
}

static void say_disk(const struct vsd_server *s)
{
	struct vs_disk d;

	if (!measure(s, &d)) {
		tool_say("disk          unknown: its tree cannot be opened");
		return;
	}
	tool_say("disk own      %llu KiB, %llu files and folders%s",
		 (unsigned long long)d.own_bytes >> 10, (unsigned long long)d.own_inodes,
		 d.is_partial ? " (and some that could not be looked into)" : "");
	tool_say("disk shared   %llu KiB, %llu files, which links save",
		 (unsigned long long)d.shared_bytes >> 10, (unsigned long long)d.shared_files);
}

static json_t *disk_json(const struct vsd_server *s)
{
	struct vs_disk d;

	if (!measure(s, &d))
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:b}", "own_bytes", (json_int_t)d.own_bytes,
			 "own_inodes", (json_int_t)d.own_inodes, "shared_bytes",
			 (json_int_t)d.shared_bytes, "shared_files", (json_int_t)d.shared_files,
			 "partial", d.is_partial);
}

/* Those of its own; what its skeleton has is no news. */
static void say_packages(const struct vsd_server *s)
{
	VSD_FREE char *packages = skel_server_packages(s);

	if (packages)
		tool_say("packages      %s", packages);
}

int adm_vs_info(const struct adm_call *c)
{
	char text[VSD_ADDR_TEXT_MAX];
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s);

	if (r != TOOL_OK)
		return r;
	if (c->json) {
		json_t *o = server_json(&s);
		VSD_FREE char *packages = skel_server_packages(&s);

		(void)json_object_set_new(o, "disk", disk_json(&s)); /* as in server_json */
		(void)json_object_set_new(o, "quota", quota_json(&s));
		(void)json_object_set_new(o, "packages", json_string(packages ? packages : ""));
		return adm_print_json(o);
	}
	tool_say("name          %s\nstate         %s\nfqdn          %s", s.name, adm_state(&s),
		 s.fqdn);
	for (unsigned i = 0; i < s.naddr; i++) {
		vsd_addr_format(&s.addr[i], text);
		tool_say("address       %s", text);
	}
	say_redirects(&s);
	tool_say("ids           %lu-%lu\nroot          %s\nskel          %s", (unsigned long)s.uid_first,
		 (unsigned long)s.uid_first + s.uid_count - 1, s.root, s.skel);
	say_packages(&s);
	say_quota(&s);
	tool_say("max_users     %lu\nmax_sessions  %lu", (unsigned long)s.max_users,
		 (unsigned long)s.max_sessions);
	for (int l = 0; l < VSD_LIMITS; l++)
		say_limit(&s, (enum vsd_limit)l);
	say_disk(&s);
	return TOOL_OK;
}
