/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The children that a daemon has made for a session before the session was opened:
 * pure-ftpd's makes the sockets of active transfers, and a socket is behind the fence
 * of the cgroup that its maker is in.
 *
 * Starting state: a single-threaded process of the host's root. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "enter_impl.h"
#include "number.h"
#include "safe.h"
#include "scope.h"

static bool has_children(void)
{
	siginfo_t none;

	return waitid(P_ALL, 0, &none, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 ||
	       errno != ECHILD;
}

/* Nobody can put a line of his own before it: a newline in a name is escaped. */
static bool is_own_child(int procfd, pid_t pid)
{
	char path[32], text[1024], want[32];
	VSD_CLOSE int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/status", (int)pid); /* fits: 11 digits */
	(void)snprintf(want, sizeof(want), "\nPPid:\t%d\n", (int)getpid());
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return strstr(text, want) != NULL;
}

/* 1 moved, 0 no child of ours (any more).  The kernel takes a number: as long as the
 * child is there, it is the child's. */
static int move(int cgfd, int procfd, pid_t pid)
{
	VSD_CLOSE int pidfd = -1;
	struct pollfd ended;
	char text[16];
	int r;

	if (!is_own_child(procfd, pid))
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (!is_own_child(procfd, pid))
		return 0;
	(void)snprintf(text, sizeof(text), "%d", (int)pid); /* fits */
	r = vsd_cgroup_write(cgfd, "cgroup.procs", text);
	ended = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	if (poll(&ended, 1, 0) != 0)
		return r == 0 || r == -ESRCH ? 0 : r;
	return r < 0 ? r : 1;
}

static int move_all(int cgfd)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	uint64_t pid;
	int r = 0, one = 0, moved = 0;

	if (!proc)
		return -errno;
	while (one >= 0 && (d = vsd_safe_readdir(proc, &r)))
		if (vsd_number_parse(d->d_name, strlen(d->d_name), INT32_MAX, &pid) == 0) {
			one = move(cgfd, dirfd(proc), (pid_t)pid);
			moved += one > 0;
		}
	(void)closedir(proc); /* read only */
	if (one < 0 || r < 0)
		return one < 0 ? one : r;
	/* /proc may hide from us what is there. */
	return moved == 0 && has_children() ? -ESRCH : 0;
}

int vsd_enter_children(const struct vsd_enter *e)
{
	sigset_t all, was;
	int r;

	if (!has_children())
		return 0;
	/* A handler that waits for its child would set the child's number free. */
	(void)sigfillset(&all); /* cannot fail */
	r = -pthread_sigmask(SIG_SETMASK, &all, &was);
	if (r < 0)
		return r;
	r = move_all(e->cgfd);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL); /* what it was: cannot fail */
	return r;
}
