/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "alias.h"
#include "boot_impl.h"
#include "cgroup.h"
#include "enter.h"
#include "fence.h"
#include "limit.h"
#include "paths.h"
#include "quota.h"
#include "running.h"
#include "safe.h"
#include "tool.h"
#include "userns.h"
#include "world.h"

#define READY_FD 3 /* where vsd-init looks for it */
#define READY_MS 15000

/* ---- the process ---- */

/* A child in the server's cgroup from its first instruction and, with
 * isolation=full, in new pid, uts and ipc namespaces. */
static pid_t clone_init(enum vsd_isolation isolation, int cgfd, int *out_pidfd)
{
	struct clone_args a = {
		.flags = CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)out_pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgfd,
	};

	if (isolation == VSD_ISOLATION_FULL)
		a.flags |= CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

/* Between clone and exec: system calls only. */
static _Noreturn void become_init(const char *name, bool single, int pipefd)
{
	char program[] = "vsd-init", arg[VSD_NAME_MAX + 1], word[] = "single";
	char *const argv[] = { program, arg, single ? word : NULL, NULL }, *const envp[] = { NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	memcpy(arg, name, strlen(name) + 1);
	/* The pipe is above 2: tool_init saw to it.  dup2 clears close-on-exec, but
	 * not of a descriptor onto itself. */
	if (pipefd == READY_FD ? fcntl(READY_FD, F_SETFD, 0) < 0 : dup2(pipefd, READY_FD) < 0)
		_exit(1);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    setsid() < 0 || vsd_enter_oom_reset() < 0)
		_exit(1);
	(void)execve(BOOT_INIT, argv, envp);
	(void)dprintf(READY_FD, "run " BOOT_INIT ": %s\n", strerror(errno));
	_exit(1);
}

/* "ready", or the reason why not. */
static int wait_ready(int fd, char why[VSD_WHY_MAX])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[VSD_WHY_MAX];
	ssize_t n;
	int r;

	do {
		r = poll(&p, 1, READY_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0) {
		(void)snprintf(why, VSD_WHY_MAX, "vsd-init said nothing for %d s", READY_MS / 1000);
		return -ETIMEDOUT;
	}
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (strcmp(text, "ready\n") == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	(void)snprintf(why, VSD_WHY_MAX, "%s", text[0] ? text : "vsd-init ended at once");
	return -ECHILD;
}

static int start_init(const struct vsd_conf *c, const struct vsd_server *s, bool single, int cgfd,
		      pid_t *out_pid, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int here = -1;
	VSD_CLOSE int there = -1;
	VSD_CLOSE int pidfd = -1;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return boot_why(why, -errno, "make a pipe for", s->name);
	here = pair[0];
	there = pair[1];
	*out_pid = clone_init(c->isolation, cgfd, &pidfd);
	if (*out_pid < 0)
		return boot_why(why, -errno, "start", BOOT_INIT);
	if (*out_pid == 0)
		become_init(s->name, single, there);
	vsd_scope_close(&there);
	there = -1;
	r = wait_ready(here, why);
	if (r < 0) {
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		(void)waitpid(*out_pid, NULL, 0); /* ours: it comes */
	}
	return r;
}

/* ---- the user namespace of simulated root ---- */

static int bind_userns(const struct vsd_server *s, int dirfd)
{
	VSD_CLOSE int ns = -1;
	char from[64], to[64];
	int r = userns_make((struct vsd_range){ s->uid_first, s->uid_count }, false, &ns);
	int fd = r < 0 ? -1 : openat(dirfd, "userns", O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return r < 0 ? r : -errno;
	(void)close(fd); /* an empty file */
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", ns); /* both fit */
	(void)snprintf(to, sizeof(to), "/proc/self/fd/%d/userns", dirfd);
	return mount(from, to, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* ---- in order ---- */

static int write_line(int dirfd, const char *file, const char *text)
{
	return vsd_safe_replace_file(dirfd, file, text, strlen(text), 0, 0, 0600);
}

/* Last of all, for it says that sessions may come. */
static int write_init(int dirfd, bool single, pid_t pid)
{
	char text[64];
	uint64_t start;
	int r = vsd_process_start(pid, &start);

	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%d %llu\n", (int)pid, (unsigned long long)start);
	return write_line(dirfd, single ? "single" : "init", text);
}

static int check_tree(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r == -EPERM) {
		(void)snprintf(why, VSD_WHY_MAX, "its tree or a folder above is not root's, or "
			       "others may write there: %.180s", s->root);
		return r;
	}
	return r < 0 ? boot_why(why, r, "open", s->root) : 0;
}

int boot_start_all(const struct boot *b, const struct vsd_server *s, bool single, int dirfd,
		   char note[VSD_WHY_MAX], char why[VSD_WHY_MAX])
{
	const struct vsd_conf *c = b->conf;
	const char *what = "";
	VSD_CLOSE int cg = -1;
	pid_t pid = -1;
	int r = check_tree(s, why);

	if (r == 0 && !single) /* nobody is to reach it */
		r = alias_up_server(c, s, why);
	if (r < 0)
		return r;
	r = vsd_cgroup_open(s->name, true, &cg);
	if (r < 0)
		return boot_why(why, r, "make the cgroup of", s->name);
	/* Before the first process is in there. */
	r = b->fence ? fence_set(b->fence, s, cg, why) : 0;
	if (r < 0)
		return r;
	r = vsd_limits_apply(cg, s, note);
	if (r < 0 && r != -EOPNOTSUPP) {
		(void)snprintf(why, VSD_WHY_MAX, "%s", note);
		return r;
	}
	r = vsd_safe_replace_file(dirfd, "filter", b->filter, b->filter_len, 0, 0, 0600);
	if (r < 0)
		return boot_why(why, r, "write the seccomp filter of", s->name);
	r = bind_userns(s, dirfd);
	if (r < 0)
		return boot_why(why, r, "make the user namespace of", s->name);
	if (c->isolation == VSD_ISOLATION_CHROOT)
		r = world_make_chroot(s, &what);
	if (r < 0)
		return boot_why(why, r, what, s->name);
	r = start_init(c, s, single, cg, &pid, why);
	if (r < 0)
		return r;
	r = write_init(dirfd, single, pid);
	return r < 0 ? boot_why(why, r, "write the run file of", s->name) : 0;
}

/* It runs, but not within the limits that are written down: whoever starts it reads
 * that, and who was not there finds it in the log. */
static void warn(const struct vsd_server *s, const char *what)
{
	(void)tool_error("hold to its limits", s->name, what);
	openlog("vsboot", LOG_PID, LOG_DAEMON);
	syslog(LOG_WARNING, "%s: %s", s->name, what); /* our own words and a checked name */
	closelog();
}

static void warn_of_quota(const struct vsd_server *s)
{
	char why[VSD_WHY_MAX], what[VSD_WHY_MAX + 64];
	struct quota_use unused;

	if (s->quota_mb == 0 || quota_look(s, &unused, why) == 0)
		return;
	(void)snprintf(what, sizeof(what), "not enforced: its quota of %llu MB: %s",
		       (unsigned long long)s->quota_mb, why); /* it fits */
	warn(s, what);
}

/* Under the lock. */
static enum boot_result start_locked(const struct boot *b, const struct vsd_server *s, int dir,
				     char why[VSD_WHY_MAX])
{
	struct vsd_running run = VSD_RUNNING_NONE;
	char later[VSD_WHY_MAX], note[VSD_WHY_MAX] = "";
	bool stale = false, found;
	int r;

	if (s->state != VSD_SERVER_ENABLED) {
		(void)snprintf(why, VSD_WHY_MAX, "it is disabled");
		return BOOT_FAILED;
	}
	r = vsd_running_open(s->name, &run);
	vsd_running_close(&run);
	if (r == 0)
		return BOOT_ALREADY;
	if (r != -ESRCH) /* what may be running is not cleared away */
		return boot_why(why, r, "look for the first process of", s->name), BOOT_FAILED;
	if (boot_clear(b->conf, s, dir, &stale, why) < 0)
		return BOOT_FAILED;
	r = boot_start_all(b, s, false, dir, note, why);
	if (r < 0) {
		/* The first reason counts; what cannot be cleared now, the next start clears. */
		if (boot_clear(b->conf, s, dir, &found, later) < 0)
			warn(s, later);
		return BOOT_FAILED;
	}
	if (note[0])
		warn(s, note);
	warn_of_quota(s);
	(void)snprintf(why, VSD_WHY_MAX, "%s", stale ? "cleared what an earlier run had left" : "");
	return BOOT_DONE;
}

enum boot_result boot_start(const struct boot *b, const struct vsd_server *s,
			    char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	int r = boot_lock(s->name, &dir, &lock);

	why[0] = '\0';
	if (r < 0)
		return boot_lock_why(why, r, s->name), BOOT_FAILED;
	return start_locked(b, s, dir, why);
}

enum boot_result boot_restart(const struct boot *b, const struct vsd_server *s,
			      char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	bool found;
	int r = boot_lock(s->name, &dir, &lock);

	why[0] = '\0';
	if (r < 0)
		return boot_lock_why(why, r, s->name), BOOT_FAILED;
	if (boot_clear(b->conf, s, dir, &found, why) < 0)
		return BOOT_FAILED;
	return start_locked(b, s, dir, why);
}
