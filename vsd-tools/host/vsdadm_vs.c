/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs that change servers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alias.h"
#include "delete.h"
#include "job.h"
#include "paths.h"
#include "quota.h"
#include "rename.h"
#include "safe.h"
#include "skel_server.h"
#include "tool.h"
#include "unfinished.h"
#include "vsdadm.h"

#define VSBOOT "/usr/sbin/vsboot"

/* At once, not when it is made: who asks for it is still here. */
static void say_quota(uint64_t mb, const struct vsd_conf *c)
{
	VSD_CLOSE int fd = -1;
	char why[VSD_WHY_MAX];

	if (mb == 0 || vsd_safe_open_root(c->vs_root, &fd) < 0)
		return; /* making it will tell of the folder */
	if (quota_is_possible(fd, why) < 0)
		adm_say_no_quota(mb, why);
}

void adm_say_no_quota(uint64_t mb, const char *why)
{
	tool_say("its quota of %llu MB is written down, and nothing enforces it: %s",
		 (unsigned long long)mb, why);
}

int adm_queue(struct job *j, const char *file)
{
	struct vsd_conf *conf = NULL;
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX];
	int r;

	if (vsd_conf_load(&conf, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	r = vsd_registry_lock(&lock);
	if (r < 0)
		(void)snprintf(why, sizeof(why), "the registry's lock: %s", vsd_error_text(r));
	else
		r = job_check(j, conf, why);
	if (r < 0) {
		vsd_conf_free(conf);
		return tool_error("create server", j->name, why);
	}
	r = file ? job_write_with(j, file) : job_write(j);
	if (r == 0) {
		tool_say("queued %s: vsd-vsbatch makes it", j->name);
		say_quota(j->quota_mb, conf);
	}
	vsd_conf_free(conf);
	return r < 0 ? tool_errno("queue server", j->name, r) : TOOL_OK;
}

int adm_vs_create(const struct adm_call *c)
{
	char why[VSD_WHY_MAX];
	struct job j;

	if (job_parse(c->argv, &j, why) < 0)
		return tool_error("create server", c->argv[0], why);
	return adm_queue(&j, NULL);
}

int adm_vs_rename(const struct adm_call *c)
{
	struct vsd_conf *conf = NULL;
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX] = "";
	struct unfinished u = { 0 };
	int r;

	if (vsd_conf_load(&conf, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	r = vsd_registry_lock(&lock);
	if (r == 0)
		r = unfinished_names(lock, conf->vs_root, &u, why);
	else
		(void)snprintf(why, sizeof(why), "the registry's lock: %s", vsd_error_text(r));
	vsd_conf_free(conf);
	if (r < 0)
		return tool_error("finish what was interrupted before the rename of", c->argv[0], why);
	if (u.renamed > 0)
		tool_say("finished an interrupted rename");
	if (u.forgotten > 0)
		tool_say("finished an interrupted deletion");
	r = rename_server(lock, c->argv[0], c->argv[1], why);
	return r < 0 ? tool_error("rename", c->argv[0], why) : TOOL_OK;
}

static int set_state(struct vsd_server *s, void *arg, char why[VSD_WHY_MAX])
{
	(void)why; /* nothing can fail */
	s->state = *(const enum vsd_server_state *)arg;
	return 0;
}

/* Start or stop it: vsboot's work, with nothing of our caller's environment. */
static int boot(const char *what, const char *name)
{
	char vsboot[] = "vsboot", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = { path, NULL };
	int status = 0;
	pid_t pid;

	(void)fflush(NULL); /* the child must not print it again */
	pid = fork();
	if (pid < 0)
		return tool_errno("run", VSBOOT, errno);
	if (pid == 0) {
		(void)execle(VSBOOT, vsboot, what, name, (char *)NULL, env);
		_exit(tool_errno("run", VSBOOT, errno));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TOOL_OK;
	return tool_error(what + 2, name, "vsboot failed");
}

int adm_vs_enable(const struct adm_call *c)
{
	enum vsd_server_state state = VSD_SERVER_ENABLED;
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r = adm_open(c->argv[0], &s, &root); /* one without a tree is half deleted */

	if (r == TOOL_OK)
		r = adm_change(c->argv[0], set_state, &state);
	return r == TOOL_OK ? adm_update_redirects(c->argv[0]) : r;
}

/* No login from now on, and nothing of it runs any more. */
int adm_vs_disable(const struct adm_call *c)
{
	enum vsd_server_state state = VSD_SERVER_DISABLED;
	int r = adm_change(c->argv[0], set_state, &state);

	if (r == TOOL_OK)
		r = boot("--stop", c->argv[0]);
	return r == TOOL_OK ? adm_update_redirects(c->argv[0]) : r;
}

/* Its addresses leave the host, those that we have put there. */
static int take_addresses(const struct vsd_server *s)
{
	struct alias_result result[VSD_SERVER_ADDR_MAX];
	int r = alias_down(s->addr, s->naddr, result);

	if (r < 0)
		return tool_errno("take the addresses of", s->name, r);
	return r > 0 ? tool_error("take the addresses of", s->name, "some are left: see vsalias")
		     : TOOL_OK;
}

/* A rename that was interrupted would look for the server in vain. */
static int finish_rename(void)
{
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX] = "";
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return tool_errno("lock", "registry", r);
	r = rename_finish(lock, why);
	if (r < 0)
		return tool_error("finish", "an interrupted rename", why);
	if (r > 0)
		tool_say("finished an interrupted rename");
	return TOOL_OK;
}

static int forget_quota(const struct vsd_server *s)
{
	char folder[VSD_PATH_MAX];
	VSD_CLOSE int fd = -1;
	int r;

	(void)snprintf(folder, sizeof(folder), "%s", s->root);
	*strrchr(folder, '/') = '\0'; /* there is one: the path is absolute */
	r = vsd_safe_open_root(folder, &fd);
	if (r == 0)
		r = quota_forget(s, fd);
	return r < 0 ? tool_errno("forget the quota of", s->name, r) : TOOL_OK;
}

/* A skeleton of its own goes with it. */
static void tell_nobody(const char *path, void *arg)
{
	(void)path;
	(void)arg;
}

/* Disable, stop, delete.  Run again after a crash it goes on where it stopped; so
 * do vsd-vsbatch and check --repair with what was retired. */
int adm_vs_delete(const struct adm_call *c)
{
	enum vsd_server_state state = VSD_SERVER_DISABLED;
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	int r = finish_rename();

	if (r == TOOL_OK)
		r = adm_change(c->argv[0], set_state, &state);
	if (r == TOOL_OK)
		r = adm_find(c->argv[0], &s);
	if (r == TOOL_OK)
		r = boot("--stop", s.name);
	if (r == TOOL_OK)
		r = take_addresses(&s);
	if (r == TOOL_OK)
		r = adm_update_redirects(s.name);
	if (r != TOOL_OK)
		return r;
	if (delete_server(&s, why) < 0)
		return tool_error("delete", s.name, why);
	if (skel_server_left(s.skel, true, tell_nobody, NULL, why) < 0)
		return tool_error("remove", s.skel, why);
	return forget_quota(&s);
}
