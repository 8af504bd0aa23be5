/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other processes: the host's, another server's, and the server's first, which is root's. */
#include "escape.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FOREIGN_PROCESS 30000 /* the lab's own numbers; a server's are lower */

static int proc(const struct aims *a, enum victim v, const char *name, int flags)
{
	char path[64], room[16];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)a->pid[v], name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flags == (O_RDONLY | O_NONBLOCK) && read(fd, room, sizeof(room)) < 0)
		return -errno;
	return THROUGH;
}

static int proc_root(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "root", O_RDONLY | O_DIRECTORY);
}

static int proc_cwd(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "cwd", O_RDONLY | O_DIRECTORY);
}

static int proc_fd(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "fd", O_RDONLY | O_DIRECTORY);
}

static int proc_mem(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "mem", O_RDWR);
}

static int proc_environ(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "environ", O_RDONLY | O_NONBLOCK);
}

static int proc_oom(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "oom_score_adj", O_WRONLY);
}

static int proc_maps(const struct aims *a, long v)
{
	return proc(a, (enum victim)v, "maps", O_RDONLY | O_NONBLOCK);
}

static int trace(const struct aims *a, long v)
{
	return outcome(ptrace(PTRACE_SEIZE, a->pid[v], NULL, NULL));
}

/* An address that is nobody's: the kernel looks at the caller first. */
static int vm_read(const struct aims *a, long v)
{
	char room[8];
	struct iovec here = { room, sizeof(room) }, there = { NULL, sizeof(room) };

	return outcome_past(process_vm_readv(a->pid[v], &here, 1, &there, 1, 0), EFAULT);
}

static int vm_write(const struct aims *a, long v)
{
	char room[8] = "";
	struct iovec here = { room, sizeof(room) }, there = { NULL, sizeof(room) };

	return outcome_past(process_vm_writev(a->pid[v], &here, 1, &there, 1, 0), EFAULT);
}

static int take_fd(const struct aims *a, long v)
{
	long pidfd = syscall(SYS_pidfd_open, a->pid[v], 0);

	return outcome(pidfd < 0 ? pidfd : syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

static int signal_it(const struct aims *a, long v)
{
	return outcome(kill(a->pid[v], 0));
}

static int signal_pidfd(const struct aims *a, long v)
{
	long pidfd = syscall(SYS_pidfd_open, a->pid[v], 0);

	return outcome(pidfd < 0 ? pidfd : syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
}

static int join(const struct aims *a, long v)
{
	int pidfd = (int)syscall(SYS_pidfd_open, a->pid[v], 0);

	return outcome(pidfd < 0 ? pidfd : setns(pidfd, CLONE_NEWNS));
}

static int join_by_proc(const struct aims *a, long v)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)a->pid[v]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return outcome(fd < 0 ? fd : setns(fd, 0));
}

static int limits(const struct aims *a, long v)
{
	struct rlimit now;

	return outcome(prlimit(a->pid[v], RLIMIT_CORE, NULL, &now));
}

static int priority(const struct aims *a, long v)
{
	return outcome(setpriority(PRIO_PROCESS, (id_t)a->pid[v], 0));
}

static int affinity(const struct aims *a, long v)
{
	cpu_set_t all;

	CPU_ZERO(&all);
	for (int i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	return outcome(sched_setaffinity(a->pid[v], sizeof(all), &all));
}

static int compare(const struct aims *a, long v)
{
	return outcome(syscall(SYS_kcmp, getpid(), a->pid[v], KCMP_VM, 0, 0));
}

static int robust_list(const struct aims *a, long v)
{
	void *head;
	size_t len;

	return outcome(syscall(SYS_get_robust_list, a->pid[v], &head, &len));
}

static int see_others(const struct aims *a, long arg)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int r = -ESRCH;

	(void)arg;
	if (!d)
		return -errno;
	while (r && (e = readdir(d))) {
		struct stat st;

		if (!isdigit((unsigned char)*e->d_name) || fstatat(dirfd(d), e->d_name, &st, 0) < 0)
			continue;
		if (strtol(e->d_name, NULL, 10) > FOREIGN_PROCESS &&
		    (outside(st.st_uid) < a->first || outside(st.st_uid) - a->first >= 200))
			r = THROUGH;
	}
	(void)closedir(d);
	return r;
}

static bool is_admins(const struct aims *a)
{
	gid_t group[64];
	int n = getgroups(64, group);

	for (int i = 0; i < n; i++)
		if (outside(group[i]) == a->first)
			return true;
	return outside(getegid()) == a->first;
}

/* Whose processes are whose in one's own server is admin's to know alone. */
static int see_init(const struct aims *a, long arg)
{
	char path[64];
	struct stat st;

	(void)arg;
	if (is_admins(a))
		return MOOT;
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)a->pid[INIT]);
	return outcome(stat(path, &st));
}

#define EACH(name, run) { name "-host", run, HOST }, { name "-other", run, OTHER }, { name "-init", run, INIT }

const struct attack attacks_process[] = {
	EACH("proc-root", proc_root),
	EACH("proc-cwd", proc_cwd),
	EACH("proc-fd", proc_fd),
	EACH("proc-mem", proc_mem),
	EACH("proc-environ", proc_environ),
	EACH("proc-maps", proc_maps),
	EACH("proc-oom", proc_oom),
	EACH("ptrace", trace),
	EACH("vm-read", vm_read),
	EACH("vm-write", vm_write),
	EACH("pidfd-getfd", take_fd),
	EACH("kill", signal_it),
	EACH("pidfd-kill", signal_pidfd),
	EACH("setns-pidfd", join),
	EACH("setns-proc", join_by_proc),
	EACH("prlimit", limits),
	EACH("setpriority", priority),
	EACH("affinity", affinity),
	EACH("kcmp", compare),
	EACH("robust-list", robust_list),
	{ "see-processes", see_others, 0 },
	{ "see-init", see_init, 0 },
	{ NULL, NULL, 0 },
};
