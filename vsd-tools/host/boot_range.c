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

struct place {
	uint32_t first;
	size_t at; /* of the server */
};

struct alive {
	const struct vsd_server *s;
	const struct place *place; /* by their first uids */
	size_t n;
	bool *out;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The one that begins last of those that do not begin above the uid. */
static void mark(uint32_t uid, void *arg)
{
	const struct alive *a = arg;
	size_t low = 0, high = a->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (a->place[mid].first <= uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low > 0 && vsd_server_has_id(&a->s[a->place[low - 1].at], uid))
		a->out[a->place[low - 1].at] = true;
}

int boot_find_alive(const struct vsd_server *s, size_t n, bool *out)
{
	VSD_FREE struct place *place = reallocarray(NULL, n + 1, sizeof(*place));
	struct alive a = { s, place, n, out };

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		place[i] = (struct place){ s[i].uid_first, i };
		out[i] = false;
	}
	qsort(place, n, sizeof(*place), compare_places);
	for (size_t i = 1; i < n; i++)
		if (vsd_server_has_id(&s[place[i - 1].at], place[i].first))
			return -EEXIST; /* whose a process is would be a guess */
	return range_each_uid(mark, &a);
}
