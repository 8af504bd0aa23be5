/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "progress.h"
#include "tool.h"
#include "tree.h"

#define WORKERS_MAX 8

/* What a job came to, as its process writes it: less than a pipe's atomic write. */
struct result {
	int error;
	struct job job;
	char why[VSD_WHY_MAX];
};

struct worker {
	unsigned number;
	pid_t pid;
	int fd;                  /* it writes one result there */
};

struct batch {
	const struct vsd_conf *c;
	struct worker worker[WORKERS_MAX]; /* the oldest first */
	unsigned n, max;
	unsigned stuck;          /* jobs up to this number are passed over */
	unsigned done, total, made;
	int status;
};

static void work(unsigned number, const struct vsd_conf *c, const struct tree_opts *o,
		 struct result *out)
{
	out->job.number = number;
	out->error = job_read(JOB_QUEUED, number, &out->job, out->why);
	if (out->error == 0)
		out->error = job_run(&out->job, c, o, out->why);
}

/* Tell of it, and take it from the queue. */
static void settle(struct batch *b, unsigned number, const struct result *r)
{
	char object[64];
	int done = r->error < 0 ? job_fail(number, r->why) : job_remove(JOB_QUEUED, number);

	(void)snprintf(object, sizeof(object), "job %08u", number);
	if (r->job.name[0])
		(void)snprintf(object, sizeof(object), "%s", r->job.name);
	progress_clear();
	if (r->error < 0) {
		b->status = tool_error("make", object, r->why);
	} else {
		tool_say("made %s: %s %s, ids from %lu", r->job.name, r->job.address, r->job.fqdn,
			 (unsigned long)r->job.uid_first);
		b->made++;
	}
	if (done < 0) {
		b->status = tool_errno("take from the queue", object, done);
		b->stuck = number;
	}
	b->done++;
}

static void run_here(struct batch *b, unsigned number)
{
	struct result r = { .error = 0 };
	char unused[VSD_WHY_MAX];

	if (job_read(JOB_QUEUED, number, &r.job, unused) == 0)
		progress_start(r.job.name);
	work(number, b->c, &(struct tree_opts){ .progress = progress_show }, &r);
	progress_end();
	settle(b, number, &r);
}

/* In the child: no message, and nothing that outlives us. */
static void run_there(struct batch *b, unsigned number, pid_t parent, int to)
{
	struct result r = { .error = 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(TOOL_FAILED);
	work(number, b->c, &(struct tree_opts){ .threads = 1 }, &r);
	_exit(write(to, &r, sizeof(r)) == (ssize_t)sizeof(r) ? TOOL_OK : TOOL_FAILED);
}

/* Ranges are given in the order of the queue, whoever is at work first then. */
static void reserve(const struct batch *b, unsigned number)
{
	struct job j = { .number = number };
	char unused[VSD_WHY_MAX];

	if (job_read(JOB_QUEUED, number, &j, unused) == 0)
		(void)job_reserve(&j, b->c, unused); /* its worker comes to the same, and says it */
}

static void start(struct batch *b, unsigned number)
{
	struct worker w = { .number = number };
	pid_t parent = getpid();
	int fd[2];

	reserve(b, number);
	if (pipe2(fd, O_CLOEXEC) < 0) {
		run_here(b, number);
		return;
	}
	(void)fflush(NULL); /* the child must not print it again */
	w.pid = fork();
	if (w.pid == 0)
		run_there(b, number, parent, fd[1]);
	(void)close(fd[1]); /* the child's end */
	w.fd = fd[0];
	if (w.pid > 0) {
		b->worker[b->n++] = w;
		return;
	}
	(void)close(w.fd); /* nothing was read */
	run_here(b, number);
}

/* Wait for the oldest. */
static void finish(struct batch *b)
{
	struct worker w = b->worker[0];
	struct result r = { .error = 0 };
	char object[64];
	ssize_t n;

	do
		n = read(w.fd, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	(void)close(w.fd); /* all is read */
	while (waitpid(w.pid, NULL, 0) < 0 && errno == EINTR)
		;
	b->n--;
	memmove(b->worker, b->worker + 1, b->n * sizeof(w));
	if (n == (ssize_t)sizeof(r)) {
		settle(b, w.number, &r);
	} else {
		(void)snprintf(object, sizeof(object), "job %08u", w.number);
		b->status = tool_error("make", object, "its process was killed: the next vsd-vsbatch "
				       "goes on with it");
		b->stuck = w.number;
	}
	progress_show(b->done, b->total, NULL);
}

/* The next that is not at work: numbers grow while there are any. */
static bool next(const struct batch *b, unsigned *out)
{
	unsigned newest = b->n > 0 ? b->worker[b->n - 1].number : 0;

	return job_next(JOB_QUEUED, newest > b->stuck ? newest : b->stuck, out) == 0;
}

static unsigned count(void)
{
	VSD_FREE unsigned *number = NULL;
	size_t n = 0;

	return job_numbers(JOB_QUEUED, &number, &n) < 0 ? 0 : (unsigned)n;
}

int batch_run(const struct vsd_conf *c, unsigned *out_made)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct batch b = { .c = c, .total = count(), .status = TOOL_OK };
	unsigned number;

	b.max = b.total < 2 || cores < 2 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
	if (b.max > 1)
		progress_start("servers");
	while (b.n > 0 || next(&b, &number)) {
		while (b.max > 1 && b.n < b.max && next(&b, &number))
			start(&b, number);
		if (b.n > 0)
			finish(&b);
		else if (b.max == 1)
			run_here(&b, number);
	}
	progress_end();
	*out_made = b.made;
	return b.status;
}
