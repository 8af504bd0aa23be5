/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time in a server what its people do, two ways by turns so that noise meets both:
 *   inside ROUNDS A... -- B...      run the two commands
 *   inside ROUNDS NAME1 = NAME2     getpwnam of the two, a fresh process each
 * Prints medians, the tenth and ninetieth percentiles, in ms, and the ratio and
 * difference of the medians. */
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double time_command(char **argv)
{
	double start = now_ms();
	int status = -1;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "inside: %s failed\n", argv[0]);
		exit(1);
	}
	return now_ms() - start;
}

/* What the lookup takes in a process that has asked for nothing yet. */
static double time_lookup(const char *name)
{
	double ms = -1;
	int end[2];

	if (pipe(end) < 0)
		exit(1);
	if (fork() == 0) {
		double start = now_ms();

		if (!getpwnam(name))
			_exit(1);
		ms = now_ms() - start;
		_exit(write(end[1], &ms, sizeof(ms)) != sizeof(ms));
	}
	close(end[1]);
	if (read(end[0], &ms, sizeof(ms)) != sizeof(ms)) {
		fprintf(stderr, "inside: no user %s\n", name);
		exit(1);
	}
	close(end[0]);
	wait(NULL);
	return ms;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double report(const char *what, double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_size);
	printf("  %-24s median %7.3f ms  10%% %7.3f  90%% %7.3f  (%d)\n", what, v[n / 2], v[n / 10],
	       v[n * 9 / 10], n);
	return v[n / 2];
}

int main(int argc, char **argv)
{
	int n = argc > 4 ? atoi(argv[1]) : 0, lookup = argc == 5 && strcmp(argv[3], "=") == 0;
	char **a = argv + 2, **b = argv + 4;
	double *x, *y, *each, mx, my;

	for (int i = 2; !lookup && i < argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			b = argv + i + 1;
			break;
		}
	x = calloc((size_t)n + 1, sizeof(*x));
	y = calloc((size_t)n + 1, sizeof(*y));
	each = calloc((size_t)n + 1, sizeof(*each));
	if (n < 10 || !x || !y || !each)
		return 2;
	for (int i = -3; i < n; i++) { /* the first few only warm */
		double p = lookup ? time_lookup(a[0]) : time_command(a);
		double q = lookup ? time_lookup(b[0]) : time_command(b);

		x[i < 0 ? 0 : i] = p;
		y[i < 0 ? 0 : i] = q;
	}
	for (int i = 0; i < n; i++)
		each[i] = x[i] / y[i];
	qsort(each, (size_t)n, sizeof(*each), by_size);
	mx = report(lookup ? a[0] : "A", x, n);
	my = report(lookup ? b[0] : "B", y, n);
	printf("  A / B %.3f %.3f %.3f (10 %% and 90 %% of each turn's), A - B %.3f ms\n", mx / my,
	       each[n / 10], each[n * 9 / 10], mx - my);
	return 0;
}
