/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every process of a range of ids, wherever on the host it is. */
#include <errno.h>
#include <signal.h>
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
