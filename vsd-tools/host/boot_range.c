/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every process of a range of ids, wherever on the host it is. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "range_procs.h"
#include "safe.h"

#define STEP_MS 10

struct ending {
	struct vsd_range range;
	unsigned n;
};

/* The pidfd first, then look again: what is signalled is what was looked at. */
static void end_one(int procfd, pid_t pid, void *arg)
{
	struct ending *e = arg;
	VSD_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || !range_has_process(procfd, pid, e->range))
		return;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); /* gone is as good */
	e->n++;
}

int boot_end_range(struct vsd_range range, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (int left = timeout_ms; left > 0; left -= STEP_MS) {
		struct ending e = { .range = range };
		int r = range_each_process(range, end_one, &e);

		if (r < 0 || e.n == 0)
			return r;
		(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
	}
	return -ETIMEDOUT;
}

/* ---- which of many ---- */

struct alive {
	const struct vsd_server *s;
	const struct vsd_server **by_uid;
	size_t n;
	bool *out;
};

static int compare_ranges(const void *a, const void *b)
{
	const struct vsd_server *x = *(const struct vsd_server *const *)a;
	const struct vsd_server *y = *(const struct vsd_server *const *)b;

	return (x->uid_first > y->uid_first) - (x->uid_first < y->uid_first);
}

static int compare_uid(const void *uid, const void *server)
{
	const struct vsd_server *s = *(const struct vsd_server *const *)server;
	uint32_t id = *(const uint32_t *)uid;

	return vsd_server_has_id(s, id) ? 0 : id < s->uid_first ? -1 : 1;
}

static void mark(uint32_t uid, void *arg)
{
	const struct alive *a = arg;
	const struct vsd_server **found = bsearch(&uid, a->by_uid, a->n, sizeof(*a->by_uid), compare_uid);

	if (found)
		a->out[*found - a->s] = true;
}

int boot_find_alive(const struct vsd_server *s, size_t n, bool *out)
{
	VSD_FREE const struct vsd_server **by_uid = reallocarray(NULL, n + 1, sizeof(struct vsd_server *));
	struct alive a = { s, by_uid, n, out };

	if (!by_uid)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		by_uid[i] = &s[i];
		out[i] = false;
	}
	if (n)
		qsort(by_uid, n, sizeof(struct vsd_server *), compare_ranges);
	for (size_t i = 1; i < n; i++)
		if (vsd_server_has_id(by_uid[i - 1], by_uid[i]->uid_first))
			return -EEXIST; /* whose a process is would be a guess */
	return range_each_uid(mark, &a);
}
