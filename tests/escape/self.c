/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* More power for oneself. */
#include "escape.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int become(const struct aims *a, long arg)
{
	const gid_t zero = 0;

	switch (arg) {
	case 0: return outside(0) ? MOOT : outcome(setresuid(0, 0, 0));
	case 1: return outside(0) ? MOOT : outcome(setresgid(0, 0, 0));
	case 2: return outcome(setgroups(1, &zero));
	default: return outcome(setresuid(a->first + 200, a->first + 200, a->first + 200));
	}
}

static int take(const struct aims *a, long arg)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	(void)a;
	if (arg == 1)
		return outcome(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0));
	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	d[0].effective = d[0].permitted |= 1u << CAP_SYS_ADMIN;
	return outcome(syscall(SYS_capset, &h, d));
}

static int weigh(const struct aims *a, long arg)
{
	struct rlimit now = { 0, 0 };
	struct sched_param first = { .sched_priority = 1 };
	int fd;

	(void)a;
	switch (arg) {
	case 0: return outcome(setpriority(PRIO_PROCESS, 0, -5));
	case 1: return outcome(sched_setscheduler(0, SCHED_FIFO, &first));
	case 2: return outcome(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
				       IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 0)));
	case 3:
		if (getrlimit(RLIMIT_NOFILE, &now) < 0)
			return -errno;
		now.rlim_max++;
		return outcome(setrlimit(RLIMIT_NOFILE, &now));
	default:
		fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
		return outcome(fd < 0 ? fd : write(fd, "-5", 2));
	}
}

/* A daemon's own place among the OOM killer's victims, handed on. */
static int spared(const struct aims *a, long arg)
{
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char sign = ' ';

	(void)a, (void)arg;
	if (fd < 0 || read(fd, &sign, 1) != 1)
		return -errno;
	return sign == '-' ? THROUGH : -ERANGE;
}

const struct attack attacks_self[] = {
	{ "become-root", become, 0 },
	{ "become-group-root", become, 1 },
	{ "join-group-root", become, 2 },
	{ "become-other", become, 3 },
	{ "take-capability", take, 0 },
	{ "securebits", take, 1 },
	{ "nice", weigh, 0 },
	{ "realtime", weigh, 1 },
	{ "io-realtime", weigh, 2 },
	{ "raise-limit", weigh, 3 },
	{ "oom-exempt", weigh, 4 },
	{ "oom-spared", spared, 0 },
	{ NULL, NULL, 0 },
};
