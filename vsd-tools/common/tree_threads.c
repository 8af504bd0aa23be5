/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sched.h>

#include "tree_impl.h"

#define THREADS_MAX 16

/* Of the processors that we may use: a host may have set others aside. */
static unsigned thread_count(const struct tree_opts *o)
{
	cpu_set_t ours;

	if (o && o->threads > 0)
		return o->threads > THREADS_MAX ? THREADS_MAX : o->threads;
	return sched_getaffinity(0, sizeof(ours), &ours) == 0 && CPU_COUNT(&ours) > 1 ? 2 : 1;
}

void tree_run_threads(const struct tree_opts *o, void *(*work)(void *), void *arg)
{
	unsigned want = thread_count(o) - 1, got = 0;
	pthread_t helper[THREADS_MAX];

	while (got < want && pthread_create(&helper[got], NULL, work, arg) == 0)
		got++; /* fewer threads are slower, not wrong */
	(void)work(arg); /* what it found is in arg */
	while (got > 0)
		(void)pthread_join(helper[--got], NULL); /* ours, joined once */
}
