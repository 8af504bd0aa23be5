/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "range_procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keyval.h"
#include "number.h"
#include "safe.h"
#include "scope.h"

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

bool range_has_process(int procfd, pid_t pid, struct vsd_range range)
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

int range_each_process(struct vsd_range range, void (*see)(int procfd, pid_t pid, void *arg),
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
		    range_has_process(dirfd(proc), (pid_t)pid, range))
			see(dirfd(proc), (pid_t)pid, arg);
	(void)closedir(proc); /* read only */
	return r;
}
