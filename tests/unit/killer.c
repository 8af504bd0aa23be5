/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process is as its last change has left things: between two changes it may be
 * killed anywhere, and nobody could tell where.  So the calls that change nothing run
 * on, let through by a seccomp filter in the kernel, and each of the others stops.
 * What the list below does not name counts as a change. */
#include "killer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define SETUP_FAILED 99

/* How an open changes something. */
#define OPEN_CHANGES (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const int harmless[] = {
	SYS_read, SYS_pread64, SYS_readv, SYS_lseek, SYS_close, SYS_close_range, SYS_dup, SYS_dup3,
	SYS_fcntl, SYS_flock, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fstatfs, SYS_statfs,
	SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_umask,
	SYS_fgetxattr, SYS_flistxattr, SYS_getxattr, SYS_lgetxattr, SYS_listxattr, SYS_llistxattr,
	/* what is written is there for the next process, flushed or not */
	SYS_fsync, SYS_fdatasync, SYS_syncfs, SYS_sync_file_range,
	SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk,
	SYS_socket, SYS_bind, SYS_getsockname, SYS_recvmsg, SYS_recvfrom, SYS_ppoll,
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_getrandom, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
	SYS_sched_getaffinity, SYS_sched_yield, SYS_sigaltstack, SYS_rt_sigaction,
	SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_prctl,
	SYS_prlimit64, SYS_sysinfo, SYS_uname, SYS_wait4, SYS_exit, SYS_exit_group,
	SYS_clone3, SYS_clone, /* what it makes is traced too */
#ifdef SYS_access
	SYS_access,
#endif
#ifdef SYS_stat
	SYS_stat, SYS_lstat,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_readlink
	SYS_readlink,
#endif
};
enum { NHARMLESS = sizeof(harmless) / sizeof(harmless[0]) };

static struct sock_filter jump_to(unsigned short kind, unsigned k, int yes, int no)
{
	return (struct sock_filter){ .code = (unsigned short)(BPF_JMP | kind | BPF_K), .k = k,
				     .jt = (unsigned char)yes, .jf = (unsigned char)no };
}

static int stop_at_changes(void)
{
	struct sock_filter f[NHARMLESS + 8];
	struct sock_fprog prog = { .filter = f };
	unsigned n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (int i = 0; i < NHARMLESS; i++, n++)
		f[n] = jump_to(BPF_JEQ, (unsigned)harmless[i], NHARMLESS - i + 2, 0);
	f[n++] = jump_to(BPF_JEQ, SYS_openat, 0, 3);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, args[2]));
	f[n++] = jump_to(BPF_JSET, OPEN_CHANGES, 1, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	prog.len = (unsigned short)n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* One processor: one thread, so that the n-th call is the same one each time. */
static pid_t start(int (*work)(void))
{
	pid_t pid = fork();
	cpu_set_t one;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	CPU_ZERO(&one);
	CPU_SET((unsigned)sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(SETUP_FAILED);
	(void)raise(SIGSTOP);
	if (stop_at_changes() < 0)
		_exit(SETUP_FAILED);
	_exit(work());
}

/* Is the call that it stopped at a change?  The filter cannot see openat2's flags. */
static bool is_change(pid_t pid)
{
	struct __ptrace_syscall_info info;
	long flags;

	assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
	if (info.seccomp.nr != SYS_openat2)
		return true;
	errno = 0;
	flags = ptrace(PTRACE_PEEKDATA, pid, info.seccomp.args[2], NULL);
	return errno != 0 || (flags & OPEN_CHANGES) != 0;
}

/* All that it has made ends with it, as at a power cut. */
static void end(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			(void)kill(pid, SIGKILL); /* it may be dead by now */
}

int killer_run(int (*work)(void), unsigned n)
{
	pid_t first = start(work), pid;
	unsigned seen = 0;
	int status;

	assert_int_equal(waitpid(first, &status, 0), first);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, first, NULL,
				PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
				PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK), 0);
	assert_int_equal(ptrace(PTRACE_CONT, first, NULL, NULL), 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (pid != first)
				continue;
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return 0;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && is_change(pid) && ++seen == n) {
			end(first);
			return 1;
		}
		assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	}
	fail_msg("lost the process");
	return 0;
}

void killer_sweep(void (*make)(void), int (*work)(void), void (*settle)(void), unsigned least)
{
	unsigned n = 1;
	int killed = 1;

	for (; killed; n += KILLER_STRIDE) {
		make();
		killed = killer_run(work, n);
		settle();
	}
	assert_true(n > least); /* it was killed on its way, not before or after */
	print_message("# killed before each of %u changes\n", n);
}

void killer_holds_only(const char *path, const char *one, const char *two)
{
	DIR *d = opendir(path);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !(one && strcmp(e->d_name, one) == 0) && !(two && strcmp(e->d_name, two) == 0))
			fail_msg("%s holds %s", path, e->d_name);
	closedir(d);
}
