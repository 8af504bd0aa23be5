/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that entering can cost: enter_floor NAME ROUNDS
 *
 * The kernel's part alone, each step in a process of its own: the write to the server's
 * cgroup.procs, setns, chroot, the seccomp filter; and all of them together, in both
 * isolations.  Prints "STEP MICROSECONDS", medians. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int cgroup = -1, init = -1, root = -1;
static struct sock_filter code[BPF_MAXINSNS];
static struct sock_fprog filter = { .filter = code };

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int move(void)
{
	return write(cgroup, "0", 1) == 1 ? 0 : -1;
}

static int join(void)
{
	return setns(init, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC);
}

static int into(int fd)
{
	return fd < 0 || fchdir(fd) < 0 || chroot(".") < 0 ? -1 : chdir("/");
}

static int change_root(void)
{
	return into(root);
}

static int load(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

static int enter_chroot(void)
{
	return move() || change_root() || load() ? -1 : 0;
}

static int enter_full(void)
{
	return move() || join() || into(open("/vs", O_PATH | O_DIRECTORY | O_CLOEXEC)) || load() ? -1 : 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Microseconds, or -1. */
static double one(int (*step)(void))
{
	double took = -1, start;
	int pair[2], status;
	pid_t child;

	if (pipe(pair) < 0 || (child = fork()) < 0)
		return -1;
	if (child == 0) {
		start = now();
		took = step() == 0 ? now() - start : -1;
		_exit(write(pair[1], &took, sizeof(took)) == (ssize_t)sizeof(took) ? 0 : 1);
	}
	(void)close(pair[1]);
	if (read(pair[0], &took, sizeof(took)) != (ssize_t)sizeof(took))
		took = -1;
	(void)close(pair[0]);
	return waitpid(child, &status, 0) == child ? took : -1;
}

static int measure(const char *name, int (*step)(void), long rounds)
{
	double *took = calloc((size_t)rounds, sizeof(*took));
	int r = took ? 0 : -1;

	for (long i = 0; r == 0 && i < rounds; i++) {
		took[i] = one(step);
		r = took[i] < 0 ? -1 : 0;
	}
	if (r == 0) {
		qsort(took, (size_t)rounds, sizeof(*took), by_size);
		(void)printf("%s %.1f\n", name, took[rounds / 2]);
	} else {
		(void)fprintf(stderr, "enter_floor: %s: failed\n", name);
	}
	free(took);
	return r;
}

static int open_as(const char *folder, const char *name, const char *file, int flags)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file);
	return open(path, flags | O_CLOEXEC);
}

static int open_all(const char *name)
{
	char text[64] = "";
	int fd = open_as("/run/vsd", name, "filter", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, code, sizeof(code));
	int pidfile = open_as("/run/vsd", name, "init", O_RDONLY);

	if (n <= 0 || pidfile < 0 || read(pidfile, text, sizeof(text) - 1) <= 0)
		return -1;
	filter.len = (unsigned short)((size_t)n / sizeof(*code));
	init = (int)syscall(SYS_pidfd_open, (pid_t)strtol(text, NULL, 10), 0);
	cgroup = open_as("/sys/fs/cgroup/vsd", name, "cgroup.procs", O_WRONLY);
	if (cgroup < 0)
		cgroup = open_as("/sys/fs/cgroup/unified/vsd", name, "cgroup.procs", O_WRONLY);
	root = open_as("/home/vsd/vs", name, "", O_PATH | O_DIRECTORY);
	return cgroup < 0 || root < 0 || init < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*step)(void);
	} step[] = {
		{ "cgroup", move }, { "setns", join }, { "chroot", change_root }, { "filter", load },
		{ "all-chroot", enter_chroot }, { "all-full", enter_full },
	};
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (rounds <= 0) {
		(void)fprintf(stderr, "usage: enter_floor NAME ROUNDS\n");
		return 2;
	}
	if (open_all(argv[1]) < 0) {
		(void)fprintf(stderr, "enter_floor: server '%s' is not running\n", argv[1]);
		return 1;
	}
	for (size_t i = 0; i < sizeof(step) / sizeof(*step); i++)
		if (measure(step[i].name, step[i].step, rounds) < 0)
			return 1;
	return 0;
}
