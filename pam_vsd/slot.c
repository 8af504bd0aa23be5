/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session count: one file a place in /run/vsd/NAME/sessions, flock'ed by the
 * session's processes.  The kernel gives the place back when the last of them is
 * gone, so a crash leaks none and no number has to be kept true.  The folder is
 * root's alone (0700): nobody else can take the locks. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "scope.h"

/* The folder is root's alone: what a name within it leads to is what was put there. */
static int open_place(int run, unsigned n, int flags)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "sessions/%u", n); /* fits */
	return openat(run, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int try_place(int run, unsigned n, int *out_fd)
{
	/* A daemon's unprivileged child may hold it: nothing can be written. */
	VSD_CLOSE int fd = open_place(run, n, O_RDONLY | O_CREAT);

	if (fd < 0 && errno == ENOENT) { /* the first session since it was started */
		if (mkdirat(run, "sessions", 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = open_place(run, n, O_RDONLY | O_CREAT);
	}
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* For people who look: who holds the place.  Nothing reads it back, so a failed
 * write costs nothing but that.  Always as long, it covers what stood there. */
static void say_who(int run, unsigned n, const struct pv_member *m, const char *service)
{
	VSD_CLOSE int fd = open_place(run, n, O_WRONLY);
	char line[128]; /* 20 + 32 + 64 and spaces */
	int len = snprintf(line, sizeof(line), "%ld %s %.64s", (long)getpid(), m->user, service);

	if (fd < 0 || len < 0 || (size_t)len >= sizeof(line))
		return;
	memset(line + len, ' ', sizeof(line) - (size_t)len);
	line[sizeof(line) - 1] = '\n';
	if (write(fd, line, sizeof(line)) < 0)
		return;
}

int pv_slot_take(int run, const struct pv_member *m, const char *service, int *out_fd)
{
	unsigned max = m->server.max_sessions ? m->server.max_sessions : m->conf->max_sessions;
	unsigned start = (unsigned)getpid();
	int r;

	if (max == 0) {
		*out_fd = -1; /* no limit */
		return 0;
	}
	/* Beginning at a place of our own, the first try is nearly always free. */
	for (unsigned i = 0; i < max; i++) {
		r = try_place(run, (start + i) % max, out_fd);
		if (r == 0)
			say_who(run, (start + i) % max, m, service);
		if (r != -EWOULDBLOCK)
			return r;
	}
	return -EUSERS;
}
