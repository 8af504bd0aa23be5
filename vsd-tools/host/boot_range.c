/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every process of a range of ids, wherever on the host it is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "keyval.h"
#include "number.h"
#include "safe.h"

#define STEP_MS 10

/* "Uid:\tREAL EFFECTIVE SAVED FS": is one of them in the range? */
static bool status_in_range(const char *text, struct vsd_range range)
{
	const char *line = strstr(text, "\nUid:");
	struct vsd_span rest, word;
	uint64_t id;

	if (!line)
		return false;
	line += strlen("\nUid:");
	rest = (struct vsd_span){ line, strcspn(line, "\n") };
	while (vsd_word_next(&rest, &word))
		if (vsd_number_parse(word.p, word.len, UINT32_MAX, &id) == 0 &&
		    id >= range.first && id - range.first < range.count)
			return true;
	return false;
}

/* A zombie waits for its parent and cannot be ended any more.  One with threads is
 * only its first thread's, and lives. */
static bool has_ended(const char *text)
{
	const char *state = strstr(text, "\nState:\t"), *threads = strstr(text, "\nThreads:\t");

	if (!state || !threads || !strchr("ZX", state[strlen("\nState:\t")]))
		return false;
	threads += strlen("\nThreads:\t");
	return (threads[0] == '0' || threads[0] == '1') && threads[1] == '\n';
}

static bool is_of_range(int procfd, pid_t pid, struct vsd_range range)
{
	char path[32], text[3072];
	VSD_CLOSE int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/status", (int)pid); /* fits: 11 digits */
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return status_in_range(text, range) && !has_ended(text);
}

int boot_each_of_range(struct vsd_range range, void (*see)(int procfd, pid_t pid, void *arg),
		       void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	uint64_t pid;
	int r = 0;

	if (!proc)
		return -errno;
	while ((d = vsd_safe_readdir(proc, &r)))
		if (vsd_number_parse(d->d_name, strlen(d->d_name), INT32_MAX, &pid) == 0 &&
		    is_of_range(dirfd(proc), (pid_t)pid, range))
			see(dirfd(proc), (pid_t)pid, arg);
	(void)closedir(proc); /* read only */
	return r;
}

struct ending {
	struct vsd_range range;
	unsigned n;
};

/* The pidfd first, then look again: what is signalled is what was looked at. */
static void end_one(int procfd, pid_t pid, void *arg)
{
	struct ending *e = arg;
	VSD_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || !is_of_range(procfd, pid, e->range))
		return;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); /* gone is as good */
	e->n++;
}

int boot_end_range(struct vsd_range range, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (int left = timeout_ms; left > 0; left -= STEP_MS) {
		struct ending e = { .range = range };
		int r = boot_each_of_range(range, end_one, &e);

		if (r < 0 || e.n == 0)
			return r;
		(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
	}
	return -ETIMEDOUT;
}
