/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell that the host's cron runs a server's users' jobs with.
 *
 * Starting state: what cron's child has: the user's ids, after pam_vsd has entered the
 * server; standard output and error are a file of the host's, in its /tmp.  No code of
 * the user's may have that file: it has no quota and no limit.  So the job gets a pipe,
 * and of what comes out of it so much goes to the file, for cron to mail.  cron gives
 * nothing of the user's in the environment but under a prefix, and nobody but root may
 * read this program (0711): no process of the user's can trace this one or look into it,
 * before it has let go of the file or while it holds it.
 * Outside of a server it refuses, as the guard shell does: what opened the session then
 * did not enter. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "crontab.h"
#include "inside.h"
#include "tool.h"

#define OUTPUT_MAX (64 * 1024) /* bytes of one job's mail */
#define CUT "\n[vsd-job: the rest of the output is cut off]\n"
#define LAST_READS 64
#define NOT_RUN 126
#define SHELL_DEFAULT "/bin/sh"

static int refuse(void)
{
	openlog("vsd-job", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "refused uid=%lu: not inside this user's virtual server",
	       (unsigned long)getuid());
	(void)fprintf(stderr, "vsd-job: this account lives in a virtual server, and this is not it\n");
	return TOOL_FAILED;
}

/* The user's variables, under their own names again.  cron calls the user by the
 * qualified name, pam_vsd by the one that they have here. */
static int restore_environment(void)
{
	const size_t n = strlen(VSD_CRONTAB_PREFIX);
	const char *user = getenv("USER");
	char **e = environ;

	while (*e) {
		VSD_FREE char *copy = NULL;
		char *value;

		if (strncmp(*e, VSD_CRONTAB_PREFIX, n) != 0) {
			e++;
			continue;
		}
		copy = strdup(*e);
		value = copy ? strchr(copy, '=') : NULL;
		if (!value)
			return -ENOMEM;
		*value++ = '\0';
		if (unsetenv(copy) < 0 || (copy[n] && setenv(copy + n, value, 1) < 0))
			return -errno;
		e = environ;
	}
	return user && setenv("LOGNAME", user, 1) < 0 ? -errno : 0;
}

/* The job, on the pipe alone; does not return. */
static void run(const char *command, int out)
{
	const char *shell, *home;

	if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		_exit(NOT_RUN);
	if (restore_environment() < 0)
		_exit(tool_errno("set", "the environment", ENOMEM));
	home = getenv("HOME");
	if (home && chdir(home) < 0 && chdir("/") < 0)
		_exit(tool_errno("go to", home, errno));
	shell = getenv("SHELL");
	if (!shell || strcmp(shell, VSD_CRONTAB_SHELL) == 0) {
		shell = SHELL_DEFAULT;
		(void)setenv("SHELL", shell, 1); /* there is room: it had one */
	}
	(void)execl(shell, shell, "-c", command, (char *)NULL);
	_exit(tool_errno("run", shell, errno));
}

static void write_out(const char *p, size_t len)
{
	ssize_t n = 1;

	for (; len > 0 && n > 0; p += n, len -= (size_t)n)
		n = write(STDOUT_FILENO, p, len); /* a full disk: the rest is lost */
}

/* What is in the pipe now; 0 it has been closed, and the rest with it. */
static ssize_t relay(int from, size_t *done)
{
	char text[2048];
	ssize_t n = read(from, text, sizeof(text));
	size_t left = OUTPUT_MAX - *done;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : 0;
	write_out(text, (size_t)n < left ? (size_t)n : left);
	if (left > 0 && (size_t)n >= left)
		write_out(CUT, strlen(CUT));
	*done += (size_t)n < left ? (size_t)n : left;
	return n;
}

/* What the job has left running may go on writing, to nowhere. */
static void leave(int from)
{
	char text[2048];

	if (fork() != 0)
		return;
	(void)close(STDOUT_FILENO); /* cron's file */
	(void)close(STDERR_FILENO);
	(void)fcntl(from, F_SETFL, 0);
	while (read(from, text, sizeof(text)) > 0)
		;
	_exit(0);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Until the job has ended, and all that it wrote is through. */
static int watch(pid_t pid, int from)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t done = 0;
	ssize_t n = 1;
	int status = NOT_RUN << 8;

	while (n != 0 && waitpid(pid, &status, WNOHANG) == 0) {
		if (poll(&p, 1, 500) > 0)
			n = relay(from, &done);
	}
	if (n == 0) /* it has closed its output and goes on */
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	/* A pipe full, and no more: what it has left running may write for ever. */
	for (int i = 0; i < LAST_READS && (n > 0 || (n < 0 && poll(&p, 1, 0) > 0)); i++)
		n = relay(from, &done);
	if (n != 0)
		leave(from);
	return status_of(status);
}

int main(int argc, char **argv)
{
	struct vsd_inside in;
	int pipes[2], r;
	pid_t pid;

	tool_init("vsd-job");
	if (tool_version("vsd-job", argc, argv))
		return TOOL_OK;
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		tool_say("Usage: vsd-job -c COMMAND\n"
			 "Run a job of a server's user for the host's cron; refuse elsewhere.\n"
			 "\n"
			 "  --help     print this text\n"
			 "  --version  print the version");
		return TOOL_OK;
	}
	if (argc != 3 || strcmp(argv[1], "-c") != 0)
		return tool_misuse("cron runs it: vsd-job -c COMMAND");
	r = vsd_inside_check(&in);
	if (r == -EPERM)
		return refuse();
	if (r < 0)
		return tool_errno("look whether this is", "the user's virtual server", r);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return tool_errno("make", "a pipe", errno);
	pid = fork();
	if (pid < 0)
		return tool_errno("run", argv[2], errno);
	if (pid == 0)
		run(argv[2], pipes[1]);
	(void)close(pipes[1]);
	(void)close(STDIN_FILENO); /* the job's */
	if (fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0)
		return tool_errno("prepare", "a pipe", errno);
	return watch(pid, pipes[0]);
}
