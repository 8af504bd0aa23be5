/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "safe.h"
#include "skel_cache.h"
#include "skel_inside.h"
#include "skel_install.h"
#include "tool.h"

#define PREFIX "debootstrap:"
#define FOLDER "bootstrap"
#define SUITE_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* Arguments: FOLDER SUITE MIRROR PACKAGES OPTIONAL.  debootstrap makes device nodes and mounts
 * beside what maintainers' scripts take, and they run with that; what comes after it is
 * as contained as --install.  The namespaces take mounts and daemons away again. */
static const char script[] =
	"set -e\n"
	SKEL_INSIDE
	"setpriv " SKEL_POWER ",+sys_admin,+sys_chroot,+mknod \\\n"
	"  debootstrap --variant=minbase ${4:+\"--include=$4\"} \"$2\" \"$1\" ${3:+\"$3\"}\n"
	"inside_begin \"$1\"\n"
	"for p in $5; do\n"
	"  ! inside apt-cache show \"$p\" >/dev/null 2>&1 || wanted=\"$wanted $p\"\n"
	"done\n"
	"[ -z \"$wanted\" ] || inside apt-get -y --no-install-recommends install $wanted\n"
	"inside_end\n";

static bool is_boot(const char *source)
{
	return strncmp(source, PREFIX, strlen(PREFIX)) == 0;
}

bool skel_source_is_good(const char *source)
{
	const char *suite = source + strlen(PREFIX), *mirror;
	size_t n;

	if (source[0] == '/')
		return true;
	if (!is_boot(source) || strlen(source) >= VSD_PATH_MAX)
		return false;
	n = strspn(suite, SUITE_CHARS);
	if (n == 0 || suite[0] == '-' || (suite[n] != '\0' && suite[n] != ':'))
		return false;
	if (suite[n] == '\0')
		return true;
	mirror = suite + n + 1;
	if (strncmp(mirror, "http://", 7) != 0 && strncmp(mirror, "https://", 8) != 0 &&
	    strncmp(mirror, "file:///", 8) != 0)
		return false;
	for (; *mirror; mirror++)
		if (*mirror <= ' ' || *mirror == 0x7f)
			return false;
	return true;
}

/* The names that a kind of rule has, with `between` between them: malloc'ed. */
static char *names(const struct skel_conf *c, enum skel_rule_kind kind, char between)
{
	char *all = plan_text("");

	for (size_t i = 0; i < c->nrule; i++) {
		char *more;

		if (c->rule[i].kind != kind)
			continue;
		more = all[0] ? plan_format("%s%c%s", all, between, c->rule[i].text)
			      : plan_text(c->rule[i].text);
		free(all);
		all = more;
	}
	return all;
}

/* What it says goes to stderr: it is long, and no result. */
static int run(char *const argv[])
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LC_ALL=C.UTF-8";
	char *const env[] = { path, lang, NULL };
	int status = 0;
	pid_t pid;

	(void)fflush(NULL); /* the child must not print it again */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
			(void)execve("/usr/bin/unshare", argv, env);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static int bootstrap(const struct skel_wish *w, const struct skel_conf *conf)
{
	VSD_FREE char *suite = plan_text(w->origin + strlen(PREFIX));
	VSD_FREE char *packages = names(conf, SKEL_PACKAGE, ',');
	VSD_FREE char *optional = names(conf, SKEL_PACKAGE_OPTIONAL, ' ');
	VSD_FREE char *text = plan_text(script);
	VSD_FREE char *more = plan_format("%s%s%s", packages, w->install && w->install[0] ? "," : "",
					  w->install ? w->install : "");
	char *colon = strchr(suite, ':'), none[] = "", name[] = "unshare", mount[] = "--mount",
	     pid[] = "--pid", ipc[] = "--ipc", uts[] = "--uts", forked[] = "--fork",
	     end[] = "--kill-child", shell[] = "/bin/sh", command[] = "-c", self[] = "bootstrap",
	     folder[] = SKEL_CACHE "/" FOLDER;
	char *const argv[] = { name, mount, pid, ipc, uts, forked, end, shell, command, text, self,
			       folder, suite, colon ? colon + 1 : none, more, optional, NULL };
	int r;

	for (char *p = more; *p; p++)
		if (*p == ' ')
			*p = ',';

	if (colon)
		*colon = '\0';
	if (access("/usr/sbin/debootstrap", X_OK) < 0)
		return tool_errno("find", "/usr/sbin/debootstrap", errno);
	r = run(argv);
	return r < 0 ? tool_error("bootstrap", suite, "debootstrap failed: see above") : TOOL_OK;
}

int skel_source_open(struct skel_wish *w)
{
	struct skel_conf conf = { .nrule = 0 };
	char why[VSD_WHY_MAX] = "";
	int status;

	w->origin = w->source;
	if (!is_boot(w->source))
		return w->install && w->install[0] ? skel_install_open(w) : TOOL_OK;
	if (skelconf_load(w->conf, w->profile, &conf, why) < 0)
		return tool_error("read", w->conf, why);
	skelconf_keep_db(&conf, SKEL_DB_DPKG); /* what it makes is Debian's */
	status = skel_cache_clear(FOLDER);
	if (status == TOOL_OK)
		status = bootstrap(w, &conf);
	if (status == TOOL_OK)
		w->source = SKEL_CACHE "/" FOLDER;
	else
		(void)skel_cache_clear(FOLDER); /* it has said what is left */
	skelconf_free(&conf);
	return status;
}

void skel_source_close(struct skel_wish *w)
{
	if (w->origin && is_boot(w->origin))
		(void)skel_cache_clear(FOLDER); /* likewise; the skeleton is there */
	else if (w->origin && w->origin != w->source)
		skel_install_close();
}
