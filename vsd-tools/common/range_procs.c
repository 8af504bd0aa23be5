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

/* "Uid:\tREAL EFFECTIVE SAVED FS": all but its name. */
static struct vsd_span uids_of(const char *text)
{
	const char *line = strstr(text, "\nUid:");

	if (!line)
		return (struct vsd_span){ text, 0 };
	line += strlen("\nUid:");
	return (struct vsd_span){ line, strcspn(line, "\n") };
}

static bool next_uid(struct vsd_span *rest, uint32_t *out)
{
	struct vsd_span word;
	uint64_t id;

	while (vsd_word_next(rest, &word))
		if (vsd_number_parse(word.p, word.len, UINT32_MAX, &id) == 0) {
			*out = (uint32_t)id;
			return true;
		}
	return false;
}

static bool status_in_range(const char *text, struct vsd_range range)
{
	struct vsd_span rest = uids_of(text);
	uint32_t id;

	while (next_uid(&rest, &id))
		if (id >= range.first && id - range.first < range.count)
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

#define STATUS_MAX 3072

static bool read_status(int procfd, pid_t pid, char text[STATUS_MAX])
{
	VSD_CLOSE int fd = -1;
	char path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/status", (int)pid); /* fits: 11 digits */
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, STATUS_MAX - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

bool range_has_process(int procfd, pid_t pid, struct vsd_range range)
{
	char text[STATUS_MAX];

	return read_status(procfd, pid, text) && status_in_range(text, range) && !has_ended(text);
}

static int each_process(void (*see)(int procfd, pid_t pid, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	uint64_t pid;
	int r = 0;

	if (!proc)
		return -errno;
	while ((d = vsd_safe_readdir(proc, &r)))
		if (vsd_number_parse(d->d_name, strlen(d->d_name), INT32_MAX, &pid) == 0)
			see(dirfd(proc), (pid_t)pid, arg);
	(void)closedir(proc); /* read only */
	return r;
}

struct in_range {
	struct vsd_range range;
	void (*see)(int procfd, pid_t pid, void *arg);
	void *arg;
};

static void see_in_range(int procfd, pid_t pid, void *arg)
{
	const struct in_range *i = arg;

	if (range_has_process(procfd, pid, i->range))
		i->see(procfd, pid, i->arg);
}

int range_each_process(struct vsd_range range, void (*see)(int procfd, pid_t pid, void *arg),
		       void *arg)
{
	struct in_range i = { range, see, arg };

	return each_process(see_in_range, &i);
}

struct uids {
	void (*see)(uint32_t uid, void *arg);
	void *arg;
};

static void see_uids(int procfd, pid_t pid, void *arg)
{
	const struct uids *u = arg;
	char text[STATUS_MAX];
	struct vsd_span rest;
	uint32_t id, last = 0;

	if (!read_status(procfd, pid, text) || has_ended(text))
		return;
	rest = uids_of(text);
	for (bool first = true; next_uid(&rest, &id); first = false) {
		if (first || id != last)
			u->see(id, u->arg);
		last = id;
	}
}

int range_each_uid(void (*see)(uint32_t uid, void *arg), void *arg)
{
	struct uids u = { see, arg };

	return each_process(see_uids, &u);
}
