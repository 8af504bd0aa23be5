/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session count: one file a place in /run/vsd/NAME/sessions, flock'ed by the
 * session's processes.  The kernel gives the place back when the last of them is
 * gone, so a crash leaks none and no number has to be kept true.  The folder is
 * root's alone (0700): nobody else can take the locks. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "safe.h"

static int open_folder(int run, int *out_fd)
{
	int r = vsd_safe_open_beneath(run, "sessions", O_RDONLY | O_DIRECTORY, 0, out_fd);
	if (r != -ENOENT)
		return r;
	if (mkdirat(run, "sessions", 0700) < 0 && errno != EEXIST)
		return -errno;
	return vsd_safe_open_beneath(run, "sessions", O_RDONLY | O_DIRECTORY, 0, out_fd);
}

static int try_place(int dir, unsigned n, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", n);
	/* A daemon's unprivileged child may hold it: nothing can be written. */
	fd = openat(dir, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* For people who look: who holds the place.  Nothing reads it back, so a failed
 * write costs nothing but that. */
static void say_who(int dir, unsigned n, const struct pv_member *m, const char *service)
{
	VSD_CLOSE int fd = -1;
	char name[16], line[160];
	int len = snprintf(line, sizeof(line), "%ld %s %.64s\n", (long)getpid(), m->user, service);

	(void)snprintf(name, sizeof(name), "%u", n);
	/* Written over and then cut: a file that is emptied first loses its page and gets
	 * another one, which takes longer than all the rest here. */
	fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && len > 0 && (size_t)len < sizeof(line) && write(fd, line, (size_t)len) == len &&
	    ftruncate(fd, len) < 0)
		return;
}

int pv_slot_take(int run, const struct pv_member *m, const char *service, int *out_fd)
{
	VSD_CLOSE int dir = -1;
	unsigned max = m->server.max_sessions ? m->server.max_sessions : m->conf->max_sessions;
	unsigned start = (unsigned)getpid();
	int r;

	if (max == 0) {
		*out_fd = -1; /* no limit */
		return 0;
	}
	r = open_folder(run, &dir);
	if (r < 0)
		return r;
	/* Beginning at a place of our own, the first try is nearly always free. */
	for (unsigned i = 0; i < max; i++) {
		r = try_place(dir, (start + i) % max, out_fd);
		if (r == 0)
			say_who(dir, (start + i) % max, m, service);
		if (r != -EWOULDBLOCK)
			return r;
	}
	return -EUSERS;
}
