/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define FILES_MIN 1024 /* descriptors */
#define FILES_MORE 32  /* for us, where the caller has opened all that it may */

/* What a change takes at the very most, of each limit that could end it between two
 * files: seconds, bytes, descriptors. */
static const struct need {
	int which;
	rlim_t least;
	const char *name;
} needs[] = {
	{ RLIMIT_CPU, 10, "processor time (ulimit -t)" },
	{ RLIMIT_FSIZE, 2 << 20, "the size of files (ulimit -f)" },
	{ RLIMIT_STACK, 1 << 20, "the stack (ulimit -s)" },
	{ RLIMIT_AS, 64 << 20, "memory (ulimit -v)" },
	{ RLIMIT_DATA, 32 << 20, "data (ulimit -d)" },
	{ RLIMIT_NOFILE, FILES_MORE, "descriptors (ulimit -n)" },
};

static int read_groups(struct vsd_enter_who *w)
{
	gid_t g[VSD_ENTER_GROUPS_MAX];
	int n = getgroups(VSD_ENTER_GROUPS_MAX, g);

	if (n < 0)
		return -errno;
	w->gid = getgid();
	for (int i = 0; i < n; i++)
		w->group[w->ngroup++] = g[i];
	return 0;
}

static void read_signals(struct caller *c)
{
	struct sigaction old;

	(void)sigemptyset(&c->ignored);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			(void)sigaddset(&c->ignored, sig); /* a valid signal */
	(void)sigprocmask(SIG_BLOCK, NULL, &c->mask);
}

/* One that the caller held back would end us once it is let in: to ignore a signal
 * throws away those that wait.  tool_init sets what we do about each. */
static void drop_signals(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN); /* KILL and STOP refuse: no harm */
}

/* What we want of a limit that was the caller's. */
static struct rlimit wanted(int which, const struct rlimit *was)
{
	const rlim_t files = was->rlim_max > FILES_MIN ? was->rlim_max : FILES_MIN;

	switch (which) {
	case RLIMIT_NOFILE: /* more than the system's highest is refused */
		return (struct rlimit){ files + FILES_MORE, files + FILES_MORE };
	case RLIMIT_CORE: /* hashes are in our memory */
		return (struct rlimit){ 0, was->rlim_max };
	default:
		return (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	}
}

/* A tiny limit would end us between two files.  Where even root may not raise one
 * (a container), all that the caller has left must do: what fails by it fails whole. */
static int lift_limits(struct caller *c)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit want;

		if (getrlimit(i, &c->limit[i]) < 0)
			return -errno;
		want = wanted(i, &c->limit[i]);
		if (setrlimit(i, &want) == 0)
			continue;
		want.rlim_cur = want.rlim_max = c->limit[i].rlim_max;
		if (setrlimit(i, &want) < 0)
			return -errno;
	}
	c->lifted = true;
	return 0;
}

int caller_take(struct caller *out)
{
	const struct itimerval never = { .it_value = { 0, 0 } };
	struct caller c = { .uid = getuid() };
	int r = read_groups(&c.who);

	c.who.uid = c.uid;
	/* A process of the caller's uid could stop or trace us until here. */
	if (r == 0)
		r = vsd_enter_root();
	read_signals(&c);
	if (r == 0 || r == -EPERM) { /* without power, as far as the caller may */
		int lifted = lift_limits(&c);

		r = lifted < 0 && r == 0 ? lifted : r;
	}
	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		(void)setitimer(i, &never, NULL); /* a valid timer */
	drop_signals();
	c.umask = umask(022);
	*out = c;
	return r;
}

int caller_give_back(const struct caller *c)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (int i = 0; c->lifted && i < RLIM_NLIMITS; i++)
		if (setrlimit(i, &c->limit[i]) < 0)
			return -errno;
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(&c->ignored, sig) == 1)
			(void)sigaction(sig, &ignore, NULL); /* it was ignored: it can be */
	(void)umask(c->umask);
	return sigprocmask(SIG_SETMASK, &c->mask, NULL) < 0 ? -errno : 0;
}

const char *guest_short_of(void)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0)
		return "processor time";
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		const struct need *n = &needs[i];
		rlim_t spent = n->which == RLIMIT_CPU ? (rlim_t)used.tv_sec + 1 : 0;
		struct rlimit has;

		if (getrlimit(n->which, &has) < 0 || has.rlim_cur < n->least + spent)
			return n->name;
	}
	return NULL;
}

int guest_shield(void)
{
	const struct sched_param usual = { .sched_priority = 0 };
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return -errno;
	/* Idle or very nice, it could hold a lock for longer than anybody waits. */
	if (sched_setscheduler(0, SCHED_OTHER, &usual) < 0 || setpriority(PRIO_PROCESS, 0, 0) < 0)
		return -errno;
	return 0;
}
