/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-init: pid 1 of one running server.
 *
 * Started by vsboot as root in new pid, uts and ipc namespaces and in the
 * server's cgroup, with descriptor 3 a pipe on which "ready" or one line of
 * complaint is expected.  It makes the server's world, runs its services as
 * admin, reaps, and never again opens anything by a path that a tenant can
 * change.  SIGHUP restarts the services, SIGTERM ends the server: with pid 1 the
 * kernel ends every process of the namespace. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "enter.h"
#include "registry.h"
#include "safe.h"
#include "tool.h"
#include "world.h"

#define READY_FD 3
#define SERVICES "/etc/service"
#define RUNSVDIR "/usr/bin/runsvdir"
#define SERVICES_STOP_MS 5000
#define SERVICES_PAUSE_S 2

struct init {
	struct vsd_server s;
	enum vsd_isolation isolation;
	int rootfd;       /* the server's root */
	struct vsd_enter_filter *filter;
	pid_t services;   /* runsvdir, or 0 */
	bool restart;
};

/* One line to vsboot, which prints it; then the end. */
static void fail(const char *what, int error)
{
	(void)dprintf(READY_FD, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	_exit(TOOL_FAILED);
}

/* Run runsvdir in the server as admin.  It is the server's own copy: all of it
 * runs with the rights that admin has anyway. */
static void run_services(struct init *i)
{
	char *const argv[] = { (char[]){ "runsvdir" }, (char[]){ "-P" },
				      (char[]){ SERVICES }, NULL };
	char *const envp[] = { (char[]){ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
						"/usr/bin:/sbin:/bin" },
				      (char[]){ "HOME=/root" }, (char[]){ "USER=admin" },
				      (char[]){ "LOGNAME=admin" }, NULL };
	const struct vsd_enter_who admin = { .uid = i->s.uid_first, .gid = i->s.uid_first };
	sigset_t none;

	i->services = fork();
	if (i->services != 0)
		return; /* parent, or none: the next SIGHUP tries again */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (vsd_enter_chroot(i->rootfd) < 0 || vsd_enter_filter_load(i->filter) < 0 ||
	    vsd_enter_become(&admin) < 0)
		_exit(TOOL_FAILED);
	if (access(SERVICES, X_OK) < 0 || access(RUNSVDIR, X_OK) < 0)
		_exit(TOOL_OK); /* a server without services */
	(void)execve(RUNSVDIR, argv, envp);
	_exit(TOOL_FAILED);
}

static void reap(struct init *i)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		if (pid == i->services)
			i->services = 0;
}

/* Wait until no child is left, or the time is over: runsvdir goes before its
 * runsv, and a new one would find their locks taken. */
static void wait_for_none(int timeout_ms)
{
	const struct timespec step = { .tv_nsec = 20 * 1000000L };

	for (int left = timeout_ms; left > 0; left -= 20) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0)
			(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
	}
}

static void restart_services(struct init *i)
{
	if (i->services > 0)
		(void)kill(i->services, SIGHUP); /* runsvdir: TERM to each runsv, then leave */
	wait_for_none(SERVICES_STOP_MS);
	i->services = 0;
	run_services(i);
}

/* What it keeps: becoming admin, chroot, signalling admin's processes, loading
 * the filter of the services. */
static int drop_capabilities(void)
{
	static const cap_value_t keep[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_SYS_CHROOT,
					    CAP_SYS_ADMIN };
	cap_t caps = cap_init();
	int r = -1;

	if (caps && cap_set_flag(caps, CAP_PERMITTED, 5, keep, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_EFFECTIVE, 5, keep, CAP_SET) == 0 && cap_set_proc(caps) == 0)
		r = 0;
	(void)cap_free(caps);
	return r < 0 ? -errno : 0;
}

/* The first label of the fqdn. */
static int set_hostname(const struct vsd_server *s)
{
	return sethostname(s->fqdn, strcspn(s->fqdn, ".")) < 0 ? -errno : 0;
}

static void reset_oom_score(void)
{
	VSD_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* vsboot may have been protected; a tenant's process must not be. */
	if (fd < 0 || write(fd, "0", 1) != 1)
		fail("reset oom_score_adj", errno);
}

static void make_world(struct init *i)
{
	const char *what = "";
	int r;

	reset_oom_score();
	if (i->isolation == VSD_ISOLATION_FULL) {
		r = world_make_full(&i->s, &what);
		if (r < 0)
			fail(what, r);
		r = set_hostname(&i->s);
		if (r < 0)
			fail("set the hostname", r);
		i->rootfd = open("/vs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = i->rootfd < 0 ? -errno : 0;
	} else {
		r = vsd_safe_open_root(i->s.root, &i->rootfd);
	}
	if (r < 0)
		fail("open the server's root", r);
}

static _Noreturn void serve(struct init *i, const sigset_t *wanted)
{
	run_services(i);
	for (;;) {
		int sig = sigwaitinfo(wanted, NULL);

		if (sig == SIGTERM)
			_exit(TOOL_OK);
		if (sig == SIGHUP)
			restart_services(i);
		else if (sig == SIGCHLD)
			reap(i);
	}
}

static void prepare(struct init *i, const char *name)
{
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int r = vsd_conf_load(&c, why);

	if (r < 0)
		fail("read vsd.conf", r);
	i->isolation = c->isolation;
	vsd_conf_free(c);
	r = vsd_registry_find_name(name, &i->s);
	if (r < 0)
		fail("read the registry", r);
	if (i->s.state != VSD_SERVER_ENABLED)
		fail("start a disabled server", EACCES);
	r = vsd_enter_filter_open(name, &i->filter);
	if (r < 0)
		fail("read the seccomp filter", r);
}

int main(int argc, char **argv)
{
	struct init i = { .rootfd = -1 };
	sigset_t wanted;

	if (argc != 2 || getpid() != 1 || fcntl(READY_FD, F_GETFD) < 0) {
		tool_init("vsd-init");
		return tool_misuse("is started by vsboot alone");
	}
	if (close_range(READY_FD + 1, ~0u, 0) < 0)
		fail("close descriptors", errno);
	(void)umask(022);
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGCHLD);
	(void)sigaddset(&wanted, SIGHUP);
	(void)sigaddset(&wanted, SIGTERM);
	if (sigprocmask(SIG_SETMASK, &wanted, NULL) < 0)
		fail("block signals", errno);
	prepare(&i, argv[1]);
	make_world(&i);
	if (drop_capabilities() < 0)
		fail("drop capabilities", errno);
	if (prctl(PR_SET_NAME, "vsd-init") < 0 || write(READY_FD, "ready\n", 6) != 6)
		_exit(TOOL_FAILED);
	(void)close(READY_FD); /* the line is out */
	serve(&i, &wanted);
}
