/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-init: the first process of one running server.
 *
 * Started by vsboot as root in the server's cgroup and, with isolation=full, as
 * pid 1 of new pid, uts and ipc namespaces, with descriptor 3 a pipe on which
 * "ready" or one line of complaint is expected.  It makes the server's world,
 * runs its services as admin, reaps, and never again opens anything by a path
 * that a tenant can change.  SIGHUP restarts the services, SIGTERM ends them and
 * the server: with pid 1 the kernel ends every process of the namespace. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "conf.h"
#include "exec.h"
#include "init_logins.h"
#include "init_services.h"
#include "registry.h"
#include "safe.h"
#include "tool.h"
#include "users.h"
#include "world.h"

#define READY_FD 3
#define SERVICES_STOP_MS 10000
#define SERVICES_PAUSE_S 2

struct init {
	struct vsd_server s;
	enum vsd_isolation isolation;
	struct services services;
	struct vsd_enter_filter *filter;
	struct logins logins;
	bool single; /* for the host's root alone: no services, no logins */
};

/* One line to vsboot, which prints it; then the end. */
static void fail(const char *what, int error)
{
	(void)dprintf(READY_FD, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	_exit(TOOL_FAILED);
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
		i->services.rootfd = open("/vs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = i->services.rootfd < 0 ? -errno : 0;
	} else {
		r = vsd_safe_open_root(i->s.root, &i->services.rootfd);
	}
	if (r < 0)
		fail("open the server's root", r);
}

/* Whatever is sent to it, it goes on: a crash of pid 1 would end the server. */
static _Noreturn void serve(struct init *i, const sigset_t *wanted)
{
	const struct timespec pause = { .tv_sec = SERVICES_PAUSE_S };
	const struct timespec soon = { .tv_nsec = LOGINS_AGAIN_MS * 1000000L };
	struct services *s = &i->services;
	bool again = false;

	if (!i->single) {
		logins_start(&i->logins, s->rootfd);
		services_start(s);
	}
	/* What the start read is not needed in the server's whole life. */
	(void)malloc_trim(0);
	for (;;) {
		bool look = logins_again(&i->logins);
		int sig = sigtimedwait(wanted, NULL, look ? &soon : again ? &pause : NULL);

		if (sig == SIGTERM) {
			services_stop(s, SERVICES_STOP_MS);
			if (!i->single)
				logins_end(&i->logins);
			_exit(TOOL_OK);
		}
		if (sig == SIGCHLD) {
			again |= services_reap(s);
			continue;
		}
		if (sig == LOGINS_SIGNAL || (sig < 0 && look))
			logins_look(&i->logins);
		if (sig < 0 && look)
			continue; /* the services' pause is longer */
		if (sig == SIGHUP)
			services_stop(s, SERVICES_STOP_MS);
		else if (sig < 0 && errno != EAGAIN)
			continue;
		again = false;
		if (!i->single)
			services_start(s);
	}
}

/* A stray of the server is reaped here, not by the host's init. */
static int become_first(enum vsd_isolation isolation)
{
	if (isolation == VSD_ISOLATION_FULL)
		return getpid() == 1 ? 0 : -EINVAL;
	return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

/* The server's files learn of new exec rights, and its services, which are admin's,
 * have those that admin has.  Without them it starts all the same. */
static void prepare_rights(struct init *i)
{
	struct vsd_enter_who *admin = &i->services.admin;
	struct vsd_exec_groups exec;
	char why[VSD_WHY_MAX];
	VSD_CLOSE int root = -1;
	VSD_FREE char *priv = NULL;
	size_t len;

	/* What is not named, nobody has. */
	if (vsd_exec_read(&exec) < 0 || vsd_safe_open_root(i->s.root, &root) < 0 ||
	    vsd_users_settle_exec(root, &exec, why) < 0)
		return;
	if (vsd_safe_read_file(root, "etc/vsd/priv", VSD_ACCOUNT_FILE_MAX, &priv, &len) == 0)
		admin->ngroup = vsd_exec_of_user(&exec, (struct vsd_span){ priv, len }, "admin",
						 admin->group);
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
	r = become_first(i->isolation);
	if (r < 0)
		fail("be the first process", r);
	r = vsd_enter_filter_open(name, &i->filter);
	if (r < 0)
		fail("read the seccomp filter", r);
	r = vsd_cgroup_open(name, false, &i->services.cgfd);
	if (r < 0)
		fail("open the cgroup", r);
	r = logins_prepare(name, &i->logins);
	if (r < 0)
		fail("make the record of logins", r);
	i->services.filter = i->filter;
	i->services.admin = (struct vsd_enter_who){ .uid = i->s.uid_first, .gid = i->s.uid_first };
	prepare_rights(i);
}

static int help(void)
{
	tool_say("usage: vsd-init NAME [single]\n"
		 "Be the first process of a virtual server; vsboot and bevs start it, nobody else.\n"
		 "\n"
		 "  -h, --help     this text\n"
		 "      --version  the version");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	struct init i = { .services = { .rootfd = -1, .cgfd = -1, .watchfd = -1 },
			  .logins = LOGINS_NONE };
	sigset_t wanted;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help();
	if (tool_version("vsd-init", argc, argv))
		return TOOL_OK;
	i.single = argc == 3 && strcmp(argv[2], "single") == 0;
	if ((argc != 2 && !i.single) || geteuid() != 0 || fcntl(READY_FD, F_GETFD) < 0) {
		tool_init("vsd-init");
		return tool_misuse("is started by vsboot and bevs alone");
	}
	if (close_range(READY_FD + 1, ~0u, 0) < 0)
		fail("close descriptors", errno);
	(void)umask(022);
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGCHLD);
	(void)sigaddset(&wanted, SIGHUP);
	(void)sigaddset(&wanted, SIGTERM);
	(void)sigaddset(&wanted, SERVICES_SIGNAL);
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
