/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsboot --foreground.  The server's processes are in a cgroup of their own, out
 * of a supervisor's reach: this process stands for them, and its death leaves the
 * server running for the next one to find. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot_impl.h"
#include "running.h"
#include "tool.h"

/* sd_notify(3), without its library: one datagram to a socket named in the
 * environment, whose first @ stands for the NUL of an abstract name. */
static void tell_supervisor(const char *text)
{
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	VSD_CLOSE int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		(void)tool_errno("notify", path, errno);
}

static int take_signals(int *out_fd)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

/* 0 the server has ended, else the signal that came. */
static int wait_for_event(int sigfd, const struct vsd_running *run)
{
	struct pollfd p[] = { { .fd = run->pidfd, .events = POLLIN },
			      { .fd = sigfd, .events = POLLIN } };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue; /* EINTR: stopped and continued */
		if (p[0].revents)
			return 0;
		if (p[1].revents && read(sigfd, &info, sizeof(info)) == sizeof(info))
			return (int)info.ssi_signo;
	}
}

static int stop(const struct boot *b, const struct vsd_server *s)
{
	char why[VSD_WHY_MAX];

	tell_supervisor("STOPPING=1");
	if (boot_stop(b->conf, s, why) == BOOT_FAILED)
		return tool_error("stop", s->name, why);
	tool_say("%s: stopped", s->name);
	return TOOL_OK;
}

/* Its first process has ended.  Under the lock, so that a vsboot that stops or
 * restarts it has finished: 1 it runs again; else what to exit with, negative. */
static int find_out_why(const struct boot *b, const struct vsd_server *s)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	char why[VSD_WHY_MAX];
	bool found = false;
	int r = boot_lock(s->name, &dir, &lock);

	if (r < 0)
		return -tool_errno("lock", s->name, r);
	r = vsd_running_open(s->name, &run);
	vsd_running_close(&run);
	if (r == 0)
		return 1;
	if (r != -ESRCH)
		return -tool_errno("look for the first process of", s->name, r);
	if (faccessat(dir, "init", F_OK, 0) < 0 && errno == ENOENT) {
		tool_say("%s: stopped", s->name);
		return -TOOL_OK;
	}
	if (boot_clear(b->conf, s, dir, &found, why) < 0)
		return -tool_error("clear away", s->name, why);
	return -tool_error("run", s->name, "its first process ended by itself");
}

/* One life of the server: 1 it was restarted; else the exit status, negative. */
static int watch_once(const struct boot *b, const struct vsd_server *s, int sigfd)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int sig = 0, r;

	if (vsd_running_open(s->name, &run) == 0) {
		tool_say("%s: running, pid %d", s->name, (int)run.pid);
		tell_supervisor("READY=1");
		while ((sig = wait_for_event(sigfd, &run)) == SIGHUP)
			if (syscall(SYS_pidfd_send_signal, run.pidfd, SIGHUP, NULL, 0) < 0)
				break; /* gone: the next look says why */
	}
	if (sig == SIGTERM || sig == SIGINT)
		r = -stop(b, s);
	else
		r = find_out_why(b, s);
	vsd_running_close(&run);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* a first process that this one has made */
	return r;
}

int boot_foreground(const struct boot *b, const struct vsd_server *s)
{
	VSD_CLOSE int sigfd = -1;
	char why[VSD_WHY_MAX];
	int r = take_signals(&sigfd);

	if (r < 0)
		return tool_errno("take signals for", s->name, r);
	if (boot_start(b, s, why) == BOOT_FAILED)
		return tool_error("start", s->name, why);
	if (*why)
		tool_say("%s: %s", s->name, why);
	do {
		r = watch_once(b, s, sigfd);
	} while (r > 0);
	return -r;
}
