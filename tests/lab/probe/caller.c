/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a program as a hostile caller would: caller TRICK[=N]... -- PROGRAM ARG...
 * A setuid program's exit status is passed on; 99 is a trick that did not work. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG 100000 /* bytes; one argument may have 131071 */

static int failed(const char *what)
{
	fprintf(stderr, "caller: %s: %s\n", what, strerror(errno));
	return 99;
}

/* As many as asked for, or with 0 as many as the limit lets. */
static void open_files(long n)
{
	for (long i = 0; n == 0 || i < n; i++)
		if (open("/dev/null", O_RDONLY) < 0)
			return;
}

static void ignore_all(void)
{
	sigset_t all;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

/* Let alarms of all three clocks and a CPU limit come at once. */
static void set_timers(void)
{
	const struct itimerval soon = { { 0, 500 }, { 0, 500 } };
	const struct rlimit second = { 0, 1 };

	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		setitimer(i, &soon, NULL);
	setrlimit(RLIMIT_CPU, &second);
}

static int trick(const char *name, long n)
{
	struct sched_param idle = { 0 };

	if (strcmp(name, "files") == 0)
		open_files(n);
	else if (strcmp(name, "ignore") == 0)
		ignore_all();
	else if (strcmp(name, "timers") == 0)
		set_timers();
	else if (strcmp(name, "idle") == 0)
		return sched_setscheduler(0, SCHED_IDLE, &idle) < 0 || nice(19) < 0;
	else if (strcmp(name, "children") == 0) /* of others, which a wait() would find */
		for (long i = 0; i < n; i++)
			if (fork() == 0)
				_exit(7);
	return 0;
}

static void nap(long us)
{
	const struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return failed("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* One signal after so many microseconds; a stopped one goes on. */
static int signal_after(pid_t pid, int sig, long us)
{
	nap(us);
	kill(pid, sig);
	if (sig == SIGSTOP) {
		nap(20000);
		kill(pid, SIGCONT);
	}
	return status_of(pid);
}

/* All that a process of the same uid may try on another, as fast as it can, until
 * that has ended.  Each is to fail once the other is root's. */
static int harass(pid_t pid)
{
	struct rlimit none = { 0, RLIM_INFINITY };
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		int fd = open(path, O_RDWR);

		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
		prlimit(pid, RLIMIT_FSIZE, &none, NULL);
		ptrace(PTRACE_SEIZE, pid, NULL, NULL);
		setpriority(PRIO_PROCESS, (id_t)pid, 19);
		if (fd >= 0)
			close(fd);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Traced from its exec on. */
static int trace(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char *last, long n, char **argv)
{
	char *nothing[] = { NULL };
	char *program = argv[0];
	pid_t pid;

	if (strcmp(last, "argc0") == 0)
		argv = nothing;
	if (strcmp(last, "long0") == 0) {
		argv[0] = calloc(1, LONG + 1);
		memset(argv[0], 'a', LONG);
	}
	pid = strcmp(last, "kill") == 0 || strcmp(last, "stop") == 0 || strcmp(last, "harass") == 0 ||
	      strcmp(last, "trace") == 0 ? fork() : 0;
	if (pid < 0)
		return failed("fork");
	if (pid > 0)
		return strcmp(last, "trace") == 0 ? trace(pid) :
		       strcmp(last, "harass") == 0 ? harass(pid) :
		       signal_after(pid, strcmp(last, "kill") == 0 ? SIGKILL : SIGSTOP, n);
	if (strcmp(last, "trace") == 0 && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		return failed("trace");
	execv(program, argv);
	return failed(program);
}

int main(int argc, char **argv)
{
	char none[] = "", *last = none;
	long n = 0;
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *equals = strchr(argv[i], '=');

		n = equals ? atol(equals + 1) : 0;
		if (equals)
			*equals = '\0';
		last = argv[i];
		if (trick(last, n) != 0)
			return failed(last);
	}
	return i + 1 < argc ? run(last, n, argv + i + 1) : 99;
}
