/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs about servers. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "paths.h"
#include "running.h"
#include "safe.h"
#include "tool.h"
#include "tree.h"
#include "vsdadm.h"

#define VSBOOT "/usr/sbin/vsboot"

int adm_find(const char *name, struct vsd_server *out)
{
	int r = vsd_registry_find_name(name, out);

	if (r == -ENOENT)
		return tool_error("find server", name, "there is none of that name");
	if (r == -EBADMSG)
		return tool_error("read registry of", name, "damaged: vsdadm check says where");
	return r < 0 ? tool_errno("read registry of", name, r) : TOOL_OK;
}

int adm_open(const char *name, struct vsd_server *out, int *out_root)
{
	int r = adm_find(name, out);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_open_root(out->root, out_root);
	return r < 0 ? tool_errno("open root of", name, r) : TOOL_OK;
}

/* Everything that can be told now is told now, not when the batch runs. */
int adm_vs_create(const struct adm_call *c)
{
	struct vsd_conf *conf = NULL;
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX];
	struct job j;
	int r;

	if (job_parse(c->argv, &j, why) < 0)
		return tool_error("create server", c->argv[0], why);
	if (vsd_conf_load(&conf, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	r = vsd_registry_lock(&lock);
	if (r < 0)
		(void)snprintf(why, sizeof(why), "the registry's lock: %s", strerror(-r));
	else
		r = job_check(&j, conf, why);
	vsd_conf_free(conf);
	if (r < 0)
		return tool_error("create server", c->argv[0], why);
	r = job_write(&j);
	if (r < 0)
		return tool_errno("queue server", j.name, r);
	tool_say("queued %s: vsd-vsbatch makes it", j.name);
	return TOOL_OK;
}

static int set_state(struct vsd_server *s, enum vsd_server_state state)
{
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX];
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return tool_errno("lock", "registry", r);
	r = vsd_registry_find_name(s->name, s); /* as it is now that none can change it */
	if (r < 0)
		return tool_errno("read registry of", s->name, r);
	if (s->state == state)
		return TOOL_OK;
	s->state = state;
	r = vsd_registry_update(lock, s, why);
	return r < 0 ? tool_error("change", s->name, why) : TOOL_OK;
}

/* Start or stop it: vsboot's work. */
static int boot(const char *what, const char *name)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return tool_errno("run", VSBOOT, errno);
	if (pid == 0) {
		(void)execl(VSBOOT, "vsboot", what, name, (char *)NULL);
		_exit(tool_errno("run", VSBOOT, errno));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? TOOL_OK : TOOL_FAILED;
}

int adm_vs_enable(const struct adm_call *c)
{
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s);

	return r == TOOL_OK ? set_state(&s, VSD_SERVER_ENABLED) : r;
}

/* No login from now on, and nothing of it runs any more. */
int adm_vs_disable(const struct adm_call *c)
{
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s);

	if (r == TOOL_OK)
		r = set_state(&s, VSD_SERVER_DISABLED);
	return r == TOOL_OK ? boot("--stop", s.name) : r;
}

static int forget(const struct vsd_server *s)
{
	VSD_CLOSE int lock = -1;
	int r = vsd_registry_lock(&lock);

	if (r == 0)
		r = vsd_registry_remove(lock, s->name);
	return r < 0 ? tool_errno("remove from the registry", s->name, r) : TOOL_OK;
}

/* Disable, stop, rename the tree away, forget, unlink.  Run again after a crash
 * it goes on where it stopped; vsd-vsbatch clears a tree that was renamed away. */
int adm_vs_delete(const struct adm_call *c)
{
	char retired[VSD_PATH_MAX], why[VSD_WHY_MAX], folder[VSD_PATH_MAX], *slash;
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s), gone;

	if (r == TOOL_OK)
		r = set_state(&s, VSD_SERVER_DISABLED);
	if (r == TOOL_OK)
		r = boot("--stop", s.name);
	if (r != TOOL_OK)
		return r;
	gone = tree_retire(s.root, retired, why);
	if (gone < 0 && gone != -ENOENT)
		return tool_error("delete", s.name, why);
	r = forget(&s);
	if (r != TOOL_OK || gone < 0)
		return r;
	(void)snprintf(folder, sizeof(folder), "%s", s.root);
	slash = strrchr(folder, '/');
	*slash = '\0';
	if (tree_purge(folder, retired, NULL, why) < 0)
		return tool_error("delete", s.name, why);
	return TOOL_OK;
}

static bool is_running(const char *name)
{
	struct vsd_running run = VSD_RUNNING_NONE;

	if (vsd_running_open(name, &run) < 0)
		return false;
	vsd_running_close(&run);
	return true;
}

static const char *state_of(const struct vsd_server *s)
{
	if (s->state == VSD_SERVER_DISABLED)
		return "disabled";
	return is_running(s->name) ? "running" : "stopped";
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
	(void)json_object_set_new(o, "state", json_string(state_of(s)));
	(void)json_object_set_new(o, "id", json_integer(s->id));
	(void)json_object_set_new(o, "uid", json_integer(s->uid_first));
	(void)json_object_set_new(o, "count", json_integer(s->uid_count));
	(void)json_object_set_new(o, "fqdn", json_string(s->fqdn));
	(void)json_object_set_new(o, "addresses", list);
	(void)json_object_set_new(o, "root", json_string(s->root));
	(void)json_object_set_new(o, "quota_mb", json_integer((json_int_t)s->quota_mb));
	(void)json_object_set_new(o, "max_users", json_integer(s->max_users));
	return o;
}

static int print_json(json_t *j)
{
	int r = j ? json_dumpf(j, stdout, JSON_INDENT(2)) : -1;

	json_decref(j);
	if (r < 0 || putchar('\n') == EOF)
		return tool_error("print", "JSON", "no memory, or nobody reads");
	return TOOL_OK;
}

static int list_one(const struct vsd_server *s, void *arg)
{
	json_t *array = arg;
	char text[VSD_ADDR_TEXT_MAX] = "-";

	if (array)
		return json_array_append_new(array, server_json(s)) < 0 ? -ENOMEM : 0;
	if (s->naddr > 0)
		vsd_addr_format(&s->addr[0], text);
	tool_say("%-16s %-9s %-15s %-10lu %s", s->name, state_of(s), text,
		 (unsigned long)s->uid_first, s->fqdn);
	return 0;
}

static void list_bad(const char *name, int error, void *arg)
{
	(void)arg;
	(void)tool_errno("read registry of", name, error);
}

int adm_vs_list(const struct adm_call *c)
{
	json_t *array = c->json ? json_array() : NULL;
	int r = vsd_registry_each(list_one, list_bad, array);

	if (r < 0) {
		json_decref(array);
		return tool_errno("list", vsd_path_servers, r);
	}
	return array ? print_json(array) : TOOL_OK;
}

int adm_vs_info(const struct adm_call *c)
{
	char text[VSD_ADDR_TEXT_MAX];
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s);

	if (r != TOOL_OK)
		return r;
	if (c->json)
		return print_json(server_json(&s));
	tool_say("name       %s\nstate      %s\nfqdn       %s", s.name, state_of(&s), s.fqdn);
	for (unsigned i = 0; i < s.naddr; i++) {
		vsd_addr_format(&s.addr[i], text);
		tool_say("address    %s", text);
	}
	tool_say("ids        %lu-%lu\nroot       %s\nquota_mb   %llu\nmax_users  %lu",
		 (unsigned long)s.uid_first, (unsigned long)s.uid_first + s.uid_count - 1, s.root,
		 (unsigned long long)s.quota_mb, (unsigned long)s.max_users);
	return TOOL_OK;
}
