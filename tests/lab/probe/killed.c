/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* killed N COMMAND...: run it, and before the N-th system call that changes a file, of
 * it and all that it starts, end all of them at once, as a power cut does.  Exit
 * status: 137 when that was reached, else the command's, after "N calls" on stderr. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDS_MAX 4096
#define SETUP_FAILED 99

/* Those that have a look first: see is_change. */
static const int looked_at[] = { SYS_openat, SYS_write, SYS_writev, SYS_pwrite64, SYS_sendfile };
static const int changes[] = {
	SYS_openat, SYS_write, SYS_writev, SYS_pwrite64, SYS_sendfile,
	SYS_copy_file_range, SYS_ftruncate, SYS_truncate, SYS_fallocate,
	SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_mknodat,
	SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat,
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_mount, SYS_umount2, SYS_kill, SYS_bpf,
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_rename
	SYS_open, SYS_creat, SYS_rename, SYS_unlink, SYS_rmdir, SYS_mkdir, SYS_link, SYS_symlink,
	SYS_chmod, SYS_chown, SYS_lchown,
#endif
};
enum { NCHANGES = sizeof(changes) / sizeof(changes[0]) };

static pid_t known[PIDS_MAX];
static int nknown;

static int stop_at_changes(void)
{
	struct sock_filter f[NCHANGES + 3];
	struct sock_fprog prog = { .filter = f };
	int n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (int i = 0; i < NCHANGES; i++, n++)
		f[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						    (unsigned)changes[i],
						    (unsigned char)(NCHANGES - i), 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	prog.len = (unsigned short)n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* A write into a pipe and an open for reading change nothing. */
static bool is_change(pid_t pid)
{
	struct __ptrace_syscall_info info;
	char path[64];
	struct stat st;
	bool look = false;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return false;
	for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++)
		look = look || info.seccomp.nr == (unsigned)looked_at[i];
#ifdef SYS_open
	if (info.seccomp.nr == SYS_open)
		return (info.seccomp.args[1] & (O_CREAT | O_TRUNC)) != 0;
#endif
	if (!look)
		return true;
	if (info.seccomp.nr == SYS_openat)
		return (info.seccomp.args[2] & (O_CREAT | O_TRUNC)) != 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, (int)info.seccomp.args[0]);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void know(pid_t pid)
{
	for (int i = 0; i < nknown; i++)
		if (known[i] == pid)
			return;
	if (nknown < PIDS_MAX)
		known[nknown++] = pid;
}

static void forget(pid_t pid)
{
	for (int i = 0; i < nknown; i++)
		if (known[i] == pid)
			known[i] = known[--nknown];
}

static int end_all(void)
{
	int status;
	pid_t pid;

	for (int i = 0; i < nknown; i++)
		(void)kill(known[i], SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			(void)kill(pid, SIGKILL); /* began just now */
	return 137;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(SETUP_FAILED);
	(void)raise(SIGSTOP);
	if (stop_at_changes() < 0)
		_exit(SETUP_FAILED);
	(void)execvp(argv[0], argv);
	_exit(SETUP_FAILED);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, seen = 0;
	pid_t first = n ? start(argv + 2) : -1, pid;
	int status, sig;

	if (first < 0 || waitpid(first, &status, 0) != first || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, first, NULL,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
		   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC) < 0)
		return SETUP_FAILED;
	know(first);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans too are waited for */
	(void)ptrace(PTRACE_CONT, first, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			forget(pid);
			if (pid == first) {
				fprintf(stderr, "%lu calls\n", seen);
				return WIFEXITED(status) ? WEXITSTATUS(status) : SETUP_FAILED;
			}
			continue;
		}
		know(pid);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && is_change(pid) && ++seen == n)
			return end_all();
		/* A signal is passed on; the tracer's own stops are not. */
		sig = status >> 16 || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
	}
	return SETUP_FAILED;
}
