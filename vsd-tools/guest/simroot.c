/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands with power over the files of the server's users (libvsd/enter_simroot.c),
 * and the mail store.  What they run is the stock one, and admin's own choice. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest.h"
#include "paths.h"
#include "scope.h"
#include "tool.h"

#define RUN "/run/vsd"
#define WRAPPED "/usr/lib/vsd/admin"

bool simroot_is_now(void)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_DAC_OVERRIDE, 0, 0) == 1 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static int become(const struct vsd_enter_who *who,
		  int (*enter)(int usernsfd, const struct vsd_enter_who *who))
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int userns = -1;
	int r;

	/* Root's own in a sticky folder, as the inside test has found. */
	dir = open(RUN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = dir < 0 ? -errno : vsd_enter_userns_open(dir, &userns);
	if (r < 0)
		return tool_errno("open the user namespace in", RUN, r);
	r = enter(userns, who);
	return r < 0 ? tool_errno("enter the user namespace in", RUN, r) : TOOL_OK;
}

int simroot_become(const struct guest *g)
{
	struct vsd_enter_who who = g->caller.who;

	/* `sg` may have given the caller another group, of the range. */
	if (who.gid < g->in.range.first || who.gid - g->in.range.first >= g->in.range.count)
		return tool_error("become", "simulated root", "the caller's group is not the server's");
	who.uid = g->in.range.first;
	return become(&who, vsd_enter_simroot);
}

/* From here on this is admin's process, with power that admin has anyway: PATH and
 * all of the environment are admin's to choose. */
int simroot_exec_along(const char *path, char **argv)
{
	char file[VSD_PATH_MAX * 4];
	int error = ENOENT;

	while (*path) {
		size_t len = strcspn(path, ":");
		int n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, len ? path : ".", argv[0]);

		if (n > 0 && (size_t)n < sizeof(file) &&
		    !(len == strlen(WRAPPED) && memcmp(path, WRAPPED, len) == 0)) {
			(void)execve(file, argv, environ);
			if (errno != ENOENT && errno != ENOTDIR && error == ENOENT)
				error = errno;
		}
		path += len + (path[len] == ':');
	}
	return error;
}

/* tar keeps owners and modes for uid 0 alone, unless it is told to. */
int simroot_prepare(const struct caller *c)
{
	char options[VSD_PATH_MAX];
	const char *own = getenv("TAR_OPTIONS");
	int n = snprintf(options, sizeof(options), "--same-owner --same-permissions %s",
			 own ? own : "");

	if (n > 0 && (size_t)n < sizeof(options) && setenv("TAR_OPTIONS", options, 1) < 0)
		return -errno;
	return caller_give_back(c);
}

int simroot_exec(const struct caller *c, char **argv)
{
	const char *path = getenv("PATH");
	int error, r = simroot_prepare(c);

	if (r < 0)
		return tool_errno("give the caller's limits to", argv[0], r);
	if (strchr(argv[0], '/')) {
		(void)execve(argv[0], argv, environ);
		error = errno;
	} else {
		error = argv[0][0] ? simroot_exec_along(path ? path : STOCK_PATH, argv) : ENOENT;
	}
	(void)tool_errno("run", argv[0], error);
	return error == ENOENT ? NOT_FOUND : NOT_RUN;
}

/* A command of ours needs its setuid bit, which has no effect in there: `sudo
 * useradd` is useradd. */
int simroot_run(const struct guest *g, int argc, char **argv)
{
	const struct verb *v = verb_find(argv[0]);
	int r;

	if (v && v->run != verb_wrapped && !simroot_is_now()) {
		tool_rename(v->name);
		return v->run(g, argc, argv);
	}
	r = simroot_is_now() ? TOOL_OK : simroot_become(g);
	return r == TOOL_OK ? simroot_exec(&g->caller, argv) : r;
}

int simroot_usage(void)
{
	tool_say("Usage: simroot COMMAND [ARG]...\n"
		 "Run a command with power over the files of all users of this server.");
	return TOOL_OK;
}

int verb_simroot(const struct guest *g, int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return simroot_usage();
	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argc--;
		argv++;
	}
	if (argc < 2 || argv[1][0] == '-')
		return tool_misuse("which command?");
	return simroot_run(g, argc - 1, argv + 1);
}

/* Not a place of its own in PATH: the stock command of the same name is meant. */
int verb_wrapped(const struct guest *g, int argc, char **argv)
{
	char *base = strrchr(argv[0], '/');

	(void)argc;
	if (base) /* called by its place: PATH is searched for the name */
		argv[0] = base + 1;
	if (!simroot_is_now()) {
		int r = simroot_become(g);

		if (r != TOOL_OK)
			return r;
	}
	if (simroot_prepare(&g->caller) < 0)
		return tool_errno("give the caller's limits to", argv[0], errno);
	(void)tool_errno("run", argv[0], simroot_exec_along(STOCK_PATH, argv));
	return NOT_FOUND;
}

/* ---- the mail store ---- */

/* The program is the shared one, which nobody in the server can write; its settings
 * are admin's, who has power over every user of the server anyway. */
static int become_dovecot(void)
{
	static char name[] = "dovecot", front[] = "-F", path[] = "PATH=" STOCK_PATH,
		    home[] = "HOME=/root", user[] = "USER=admin", logname[] = "LOGNAME=admin";
	char *const argv[] = { name, front, NULL };
	char *const envp[] = { path, home, user, logname, NULL };

	(void)execve("/usr/sbin/dovecot", argv, envp);
	return tool_errno("run", "/usr/sbin/dovecot", errno);
}

int verb_mailstore(const struct guest *g, int argc, char **argv)
{
	const struct vsd_enter_who who = { .uid = g->in.range.first, .gid = g->in.range.first };
	int r;

	(void)argv;
	if (argc != 1)
		return tool_misuse("mailstore takes no arguments");
	r = become(&who, vsd_enter_mailstore);
	if (r != TOOL_OK)
		return r;
	if (close_range(3, ~0u, 0) < 0)
		return tool_errno("close", "descriptors", errno);
	return become_dovecot();
}
