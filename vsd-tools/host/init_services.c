/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "init_services.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "safe.h"

#define FOLDER "etc/service" /* beneath the server's root, which is its "/" */
#define RUNSVDIR "/usr/bin/runsvdir"
#define STEP_MS 10
#define KILL_MS 2000
#define EXIT_NONE 100 /* the child's: this server has no runsvdir */

/* ---- the folder ---- */

static bool has_one(int fd)
{
	/* Opened anew: closing a duplicate would end the watch. */
	struct dirent *d = NULL;
	DIR *dir;

	if (vsd_safe_opendir(fd, &dir) < 0)
		return true; /* unknown: runsvdir will see */
	while ((d = readdir(dir)) && d->d_name[0] == '.')
		; /* runsvdir passes over them too */
	(void)closedir(dir); /* read only */
	return d != NULL;
}

/* dnotify, not inotify: of inotify a user has 128, and root watches for every
 * server.  The watch comes before the look, or a service made between the two
 * would be missed. */
static bool nothing_to_run(struct services *s)
{
	if (s->watchfd < 0 &&
	    vsd_safe_open_beneath(s->rootfd, FOLDER, O_RDONLY | O_DIRECTORY, 0,
				  &s->watchfd) < 0)
		return true; /* no folder: asked again by SIGHUP */
	if (fcntl(s->watchfd, F_NOTIFY, DN_CREATE | DN_MULTISHOT) < 0 || has_one(s->watchfd)) {
		vsd_scope_close(&s->watchfd); /* ends the watch */
		s->watchfd = -1;
		return false;
	}
	return true;
}

/* ---- runsvdir ---- */

/* It is the server's own copy: all of it runs with the rights that admin has
 * anyway.  System calls only: made by clone3, the child has libc's state halfway. */
static _Noreturn void become_runsvdir(const struct services *s)
{
	static char name[] = "runsvdir", own_group[] = "-P", folder[] = "/" FOLDER,
		    path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    home[] = "HOME=/root", user[] = "USER=admin", logname[] = "LOGNAME=admin",
		    shell[] = "SHELL=/bin/sh";
	char *const argv[] = { name, own_group, folder, NULL };
	char *const envp[] = { path, home, user, logname, shell, NULL };
	sigset_t none;

	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || setsid() < 0 ||
	    vsd_enter_chroot(s->rootfd) < 0 || vsd_enter_filter_load(s->filter) < 0 ||
	    vsd_enter_become(&s->admin) < 0)
		_exit(1);
	if (access(RUNSVDIR, X_OK) < 0)
		_exit(EXIT_NONE);
	(void)execve(RUNSVDIR, argv, envp);
	_exit(1);
}

void services_start(struct services *s)
{
	struct clone_args a = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	VSD_CLOSE int cg = -1;
	long pid;

	if (s->runsvdir > 0 || nothing_to_run(s) || vsd_cgroup_open_services(s->cgfd, &cg) < 0)
		return;
	a.cgroup = (uint64_t)cg;
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (pid == 0)
		become_runsvdir(s);
	if (pid > 0) {
		s->runsvdir = (pid_t)pid;
		s->started = true;
	}
}

bool services_reap(struct services *s)
{
	bool again = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == s->runsvdir) {
			s->runsvdir = 0;
			again = !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_NONE;
		}
	return again;
}

/* runsvdir ends before its runsv, whose locks a new one would find taken: wait
 * for their cgroup, not for the child. */
void services_stop(struct services *s, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	VSD_CLOSE int cg = -1;

	if (!s->started || vsd_cgroup_open_services(s->cgfd, &cg) < 0)
		return;
	if (s->runsvdir > 0)
		(void)kill(s->runsvdir, SIGHUP); /* TERM to each runsv, then it leaves */
	for (int left = timeout_ms; left > 0 && vsd_cgroup_is_populated(cg) == 1; left -= STEP_MS) {
		(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
		(void)services_reap(s);
	}
	if (vsd_cgroup_is_populated(cg) != 0 && vsd_cgroup_kill(cg, KILL_MS) < 0)
		return; /* what outlives that, vsboot ends */
	(void)services_reap(s);
}
