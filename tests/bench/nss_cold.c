/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time whole processes: nss_cold COUNT COMMAND ARG... prints the median of COUNT
 * runs in nanoseconds. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t to_null;
	struct timespec a, b;
	double *t;
	int n = argc > 2 ? atoi(argv[1]) : 0, status;
	pid_t pid;

	if (n < 1) {
		fprintf(stderr, "usage: nss_cold COUNT COMMAND ARG...\n");
		return 2;
	}
	t = calloc((size_t)n, sizeof(*t));
	posix_spawn_file_actions_init(&to_null);
	posix_spawn_file_actions_addopen(&to_null, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; t && i < n; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (posix_spawn(&pid, argv[2], &to_null, NULL, argv + 2, environ) != 0 ||
		    waitpid(pid, &status, 0) != pid || status != 0) {
			fprintf(stderr, "nss_cold: %s failed\n", argv[2]);
			return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		t[i] = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	}
	if (!t)
		return 1;
	qsort(t, (size_t)n, sizeof(*t), by_value);
	printf("%.0f\n", t[n / 2]);
	return 0;
}
