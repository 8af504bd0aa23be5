/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runs in the forked child.  Two steps: the child enters and becomes the user,
 * and clones, as its own sibling, the process that runs the command.  Only a child
 * made after setns(2) is in the server's pid namespace; and nothing of the user is
 * left on the host's side. */
#include "bevs.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_USER "/usr/local/bin:/usr/bin:/bin"
#define PATH_ROOT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_ADMIN "/usr/lib/vsd/admin:" PATH_ROOT
#define ADMIN "admin"

static _Noreturn void fail(const struct bevs_job *j, int step, int error)
{
	struct bevs_report r = { .error = error < 0 ? -error : error };
	ssize_t n;

	r.step = step;
	n = write(j->report, &r, sizeof(r));
	(void)n; /* nobody left to tell */
	_exit(step == BEVS_RUN && error == ENOENT ? 127 : 126);
}

/* The terminal, or the pipe that stands for what is none; the user may open either
 * again by /dev/stdin and its like. */
static int take_wires(struct bevs_wires *w, uint32_t uid, int *out_tty)
{
	int tty = ioctl(w->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty < 0 || fchown(tty, uid, (gid_t)-1) < 0)
		return -errno;
	for (int i = 0; i < 3; i++) {
		if (w->far[i] >= 0 && fchown(w->far[i], uid, (gid_t)-1) < 0)
			return -errno;
		if (dup2(w->far[i] >= 0 ? w->far[i] : tty, i) < 0)
			return -errno;
	}
	*out_tty = tty; /* 0 to 2 may all be pipes */
	return 0;
}

/* What root's session has and the user's must not: a protected place among the
 * oom killer's victims, and root's keys, which a session keyring hands on. */
static int drop_privileges_of_session(void)
{
	VSD_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		return -errno;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return -errno;
	return 0;
}

/* ---- the command ---- */

static void make_environment(const struct bevs_job *j, char *env[8], char buf[7][VSD_PATH_MAX + 16])
{
	const char *path = j->userns >= 0 ? PATH_ROOT :
			   strcmp(j->user.name, ADMIN) == 0 ? PATH_ADMIN : PATH_USER;
	const char *name = j->userns >= 0 ? "root" : j->user.name;
	int n = 0;

	(void)snprintf(buf[n++], sizeof(buf[0]), "PATH=%s", path); /* all fit */
	(void)snprintf(buf[n++], sizeof(buf[0]), "HOME=%s", j->user.home);
	(void)snprintf(buf[n++], sizeof(buf[0]), "SHELL=%s", j->user.shell);
	(void)snprintf(buf[n++], sizeof(buf[0]), "USER=%s", name);
	(void)snprintf(buf[n++], sizeof(buf[0]), "LOGNAME=%s", name);
	if (j->term)
		(void)snprintf(buf[n++], sizeof(buf[0]), "TERM=%.64s", j->term);
	for (int i = 0; i < n; i++)
		env[i] = buf[i];
	env[n] = NULL;
}

/* A login shell has a dash before its name.  Root's has none: the profile
 * would put commands first that need the helper's setuid bit, inert there. */
static int run_shell(const struct bevs_job *j, char *const env[])
{
	const char *base = strrchr(j->user.shell, '/') + 1; /* absolute: there is one */
	char name[VSD_PATH_MAX + 1];
	char *argv[] = { name, NULL };

	(void)snprintf(name, sizeof(name), "%s%s", j->userns >= 0 ? "" : "-", base);
	return execve(j->user.shell, argv, env);
}

static _Noreturn void run(const struct bevs_job *j, int tty)
{
	char buf[7][VSD_PATH_MAX + 16], *env[8];
	sigset_t none;

	(void)sigemptyset(&none);
	if (setsid() < 0 || ioctl(tty, TIOCSCTTY, 0) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		fail(j, BEVS_BECOME, errno);
	if (chdir(j->user.home) < 0 && chdir("/") < 0)
		fail(j, BEVS_RUN, errno);
	make_environment(j, env, buf);
	if (j->command) {
		/* The search is along PATH of the new environment. */
		(void)setenv("PATH", env[0] + strlen("PATH="), 1);
		(void)execvpe(j->command[0], j->command, env);
	} else {
		(void)run_shell(j, env);
	}
	fail(j, BEVS_RUN, errno);
}

/* fork(2) with the parent's parent for a parent. */
static long clone_sibling(void)
{
	const unsigned long flags = CLONE_PARENT | SIGCHLD;

#ifdef __s390x__
	return syscall(SYS_clone, NULL, flags, NULL, NULL, 0UL);
#else
	return syscall(SYS_clone, flags, NULL, NULL, NULL, 0UL);
#endif
}

_Noreturn void bevs_child(struct bevs_job *j)
{
	int r = drop_privileges_of_session(), tty = -1;
	long pid;

	vsd_scope_close(&j->single.dir);
	vsd_scope_close(&j->single.lock);
	if (r == 0)
		r = take_wires(&j->wires, j->user.who.uid, &tty);
	bevs_close_near(&j->wires);
	bevs_close_far(&j->wires);
	if (r == 0)
		r = vsd_enter_go(j->enter);
	if (r < 0)
		fail(j, BEVS_ENTER, r);
	r = j->userns >= 0 ? vsd_enter_range_root(j->userns, &j->user.who) :
			     vsd_enter_become(&j->user.who);
	if (r < 0)
		fail(j, BEVS_BECOME, r);
	pid = clone_sibling();
	if (pid == 0)
		run(j, tty);
	if (pid < 0)
		fail(j, BEVS_BECOME, errno);
	_exit(0);
}
