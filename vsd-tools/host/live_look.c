/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "range_procs.h"
#include "running.h"
#include "safe.h"

struct look {
	const struct vsd_server *s;
	bool full;
	struct stat root, mnt;  /* the server's */
	const char *daemon;
	bool has_daemon;
	int n, error;
	char *why;
};

static bool is_same(int procfd, pid_t pid, const char *what, const struct stat *want)
{
	struct stat st;
	char path[48];

	(void)snprintf(path, sizeof(path), "%d/%s", (int)pid, what); /* fits */
	return fstatat(procfd, path, &st, 0) == 0 && st.st_dev == want->st_dev &&
	       st.st_ino == want->st_ino;
}

/* "0::/...": version 2's line, whose path ends in vsd/NAME or goes on below it. */
static bool is_in_cgroup(int procfd, pid_t pid, const char *name)
{
	char path[48], text[2048], part[VSD_NAME_MAX + 16];
	VSD_CLOSE int fd = -1;
	char *line;
	ssize_t n;
	size_t len;

	(void)snprintf(path, sizeof(path), "%d/cgroup", (int)pid); /* fits */
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return false;
	text[n] = '\0';
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	len = (size_t)snprintf(part, sizeof(part), "/vsd/%s", name);
	line = line ? strstr(line, part) : NULL;
	return line && (line[len] == '\n' || line[len] == '/');
}

static bool is_named(int procfd, pid_t pid, const char *start)
{
	char path[48], text[32] = "";
	VSD_CLOSE int fd = -1;

	(void)snprintf(path, sizeof(path), "%d/comm", (int)pid); /* fits */
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       strncmp(text, start, strlen(start)) == 0;
}

static void see(int procfd, pid_t pid, void *arg)
{
	struct look *l = arg;
	const char *outside = NULL;
	char path[48];

	if (!is_in_cgroup(procfd, pid, l->s->name))
		outside = "not in its server's cgroup";
	else if (!is_same(procfd, pid, "root/.", &l->root))
		outside = "not in its server's root";
	else if (l->full && !is_same(procfd, pid, "ns/mnt", &l->mnt))
		outside = "not in its server's namespaces";
	(void)snprintf(path, sizeof(path), "%d", (int)pid);
	if (faccessat(procfd, path, F_OK, 0) < 0)
		return; /* it has ended meanwhile */
	l->n++;
	if (l->daemon && is_named(procfd, pid, l->daemon))
		l->has_daemon = true;
	if (outside && l->error == 0) {
		(void)snprintf(l->why, VSD_WHY_MAX, "its process %d is %s", (int)pid, outside);
		l->error = -EPERM;
	}
}

static int find_own(struct look *l)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	VSD_CLOSE int root = -1;
	char path[48];
	int r = vsd_safe_open_root(l->s->root, &root);

	if (r == 0 && fstat(root, &l->root) < 0)
		r = -errno;
	if (r == 0)
		r = vsd_running_open(l->s->name, &run);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)run.pid); /* fits */
	if (r == 0 && stat(path, &l->mnt) < 0)
		r = -errno;
	vsd_running_close(&run);
	return r;
}

int live_look(const struct vsd_server *s, enum vsd_isolation isolation, uint32_t uid,
	      const char *daemon, char why[VSD_WHY_MAX])
{
	struct look l = { .s = s, .full = isolation == VSD_ISOLATION_FULL, .daemon = daemon,
			  .why = why };
	int r = find_own(&l);

	if (r == 0)
		r = range_each_process((struct vsd_range){ uid, 1 }, see, &l);
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "cannot look at its processes: %s", strerror(-r));
		return r;
	}
	if (l.error == 0 && l.n > 0 && daemon && !l.has_daemon) {
		(void)snprintf(why, VSD_WHY_MAX, "another daemon has answered: none of its processes is %s's",
			       daemon);
		return -ENOENT;
	}
	return l.error < 0 ? l.error : l.n;
}
