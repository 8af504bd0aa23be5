/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sudo, as admin's fingers know it: simulated root, or another user of the server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "paths.h"
#include "safe.h"
#include "tool.h"

/* Whom it becomes, and what they find. */
struct target {
	struct vsd_enter_who who;
	char home[VSD_PATH_MAX], shell[VSD_PATH_MAX];
};

static void copy_path(struct vsd_span from, const char *otherwise, char out[VSD_PATH_MAX])
{
	if (from.len > 0 && from.p[0] == '/' && from.len < VSD_PATH_MAX)
		(void)snprintf(out, VSD_PATH_MAX, "%.*s", (int)from.len, from.p); /* fits */
	else
		(void)snprintf(out, VSD_PATH_MAX, "%s", otherwise);
}

/* The groups of the range; an exec right comes with a login alone. */
static int find_groups(int root, struct vsd_range range, const char *user, struct vsd_enter_who *w)
{
	VSD_FREE char *text = NULL;
	struct vsd_group_line g;
	size_t len, cursor = 0;
	int r = vsd_safe_read_file(root, "etc/group", VSD_ACCOUNT_FILE_MAX, &text, &len);

	while (r == 0 && w->ngroup < VSD_ENTER_GROUPS_MAX &&
	       vsd_group_next((struct vsd_span){ text, len }, &cursor, &g))
		if (g.gid >= range.first && g.gid - range.first < range.count && g.gid != w->gid &&
		    vsd_members_has(g.members, user))
			w->group[w->ngroup++] = g.gid;
	return r;
}

static int find_target(const struct guest *g, const char *user, struct target *out)
{
	VSD_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line p;
	size_t len = 0;
	int r = root < 0 ? -errno :
			   vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len);

	if (r == 0)
		r = vsd_passwd_find_name((struct vsd_span){ text, len }, g->in.range,
					 (struct vsd_span){ user, strlen(user) }, &p);
	if (r < 0)
		return r;
	*out = (struct target){ .who = { .uid = p.uid, .gid = p.gid, .ngroup = 1, .group = { p.gid } } };
	copy_path(p.dir, "/", out->home);
	copy_path(p.shell, "/bin/sh", out->shell);
	if (strcmp(out->shell, VSD_GUARD_SHELL) == 0)
		copy_path((struct vsd_span){ "", 0 }, "/bin/sh", out->shell);
	return find_groups(root, g->in.range, user, &out->who);
}

/* admin may give any user a password and log in: this is no power more. */
static int become_user(const struct guest *g, const char *user, struct target *t)
{
	int r = simroot_is_now() ? -EPERM : find_target(g, user, t);

	if (r == 0)
		r = vsd_enter_become(&t->who);
	if (r == 0)
		r = caller_give_back(&g->caller);
	if (r < 0)
		return tool_error("run as", user, r == -ENOENT ? "no such user" :
				  simroot_is_now() ? "leave simulated root first" : strerror(-r));
	if (setenv("HOME", t->home, 1) < 0 || setenv("USER", user, 1) < 0 ||
	    setenv("LOGNAME", user, 1) < 0 || setenv("SHELL", t->shell, 1) < 0)
		return tool_errno("set the environment of", user, errno);
	return TOOL_OK;
}

static int run_shell(const struct guest_wish *w, const char *shell, const char *home)
{
	char *none[] = { NULL, NULL };
	char **argv = w->shell_argv ? w->shell_argv : none;
	char name[VSD_PATH_MAX + 1];

	if (w->shell)
		shell = w->shell;
	(void)snprintf(name, sizeof(name), "%s%s", w->login ? "-" : "", strrchr(shell, '/') + 1);
	argv[0] = name;
	if (w->login && chdir(home) < 0)
		return tool_errno("go to", home, errno);
	(void)execve(shell, argv, environ);
	(void)tool_errno("run", shell, errno);
	return NOT_RUN;
}

static int run_as_user(const struct guest *g, const struct guest_wish *w, int argc, char **argv)
{
	struct target t;
	int error, r = become_user(g, w->user, &t);

	if (r != TOOL_OK)
		return r;
	if (argc == 0)
		return run_shell(w, t.shell, t.home);
	if (w->login && chdir(t.home) < 0)
		return tool_errno("go to", t.home, errno);
	if (strchr(argv[0], '/')) {
		(void)execve(argv[0], argv, environ);
		error = errno;
	} else {
		error = argv[0][0] ? simroot_exec_along(STOCK_PATH, argv) : ENOENT;
	}
	(void)tool_errno("run", argv[0], error);
	return error == ENOENT ? NOT_FOUND : NOT_RUN;
}

static int run_simroot(const struct guest *g, const struct guest_wish *w, int argc, char **argv)
{
	int r;

	if (argc > 0)
		return simroot_run(g, argc, argv);
	r = simroot_is_now() ? TOOL_OK : simroot_become(g);
	if (r == TOOL_OK && simroot_prepare(&g->caller) < 0)
		r = TOOL_FAILED;
	return r == TOOL_OK ? run_shell(w, "/bin/bash", "/root") : r;
}

int guest_grant(const struct guest *g, const struct guest_wish *w, int argc, char **argv)
{
	if (w->user && strcmp(w->user, "root") != 0 && strcmp(w->user, "admin") != 0)
		return run_as_user(g, w, argc, argv);
	return run_simroot(g, w, argc, argv);
}

/* The options of sudo that people have in their fingers.
 * Returns: how many words they are; -1 misuse, said */
static int parse(int argc, char **argv, struct guest_wish *w, bool *out_shell)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "-u") == 0 && i + 1 < argc) {
			w->user = argv[++i];
		} else if (strcmp(argv[i], "-i") == 0) {
			w->login = true;
		} else if (strcmp(argv[i], "-s") == 0) {
			*out_shell = true;
		} else if (strlen(argv[i]) != 2 || !strchr("EHknSv", argv[i][1])) {
			(void)tool_misuse("it is simroot here; it knows -i -s -u USER, and "
					  "takes -E -H -k -n -S -v without effect");
			return -1;
		}
	}
	return i;
}

int verb_sudo(const struct guest *g, int argc, char **argv)
{
	struct guest_wish w = { .user = NULL };
	bool shell = false;
	int i;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return simroot_usage();
	i = parse(argc, argv, &w, &shell);
	if (i < 0)
		return TOOL_MISUSE;
	if (i == argc && !w.login && !shell)
		return argc > 1 && strcmp(argv[argc - 1], "-v") == 0 ?
			       TOOL_OK : tool_misuse("which command?");
	return guest_grant(g, &w, argc - i, argv + i);
}
