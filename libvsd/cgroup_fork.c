/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apart from cgroup.c, which is in pam_vsd too: a module makes no process this way. */
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "enter_impl.h"

pid_t vsd_cgroup_fork(int cgfd)
{
	struct clone_args a = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD,
				.cgroup = (uint64_t)cgfd };

	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

pid_t vsd_enter_fork(struct vsd_enter *e)
{
	pid_t pid = vsd_cgroup_fork(e->cgfd);

	if (pid < 0)
		return fork(); /* it joins by itself, or says why not */
	if (pid == 0)
		e->joined = true;
	return pid;
}
