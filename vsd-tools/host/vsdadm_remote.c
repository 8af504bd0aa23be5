/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another host's vsdadm, through the stock ssh client: no daemon, no port and no
 * password of our own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "password.h"
#include "tool.h"
#include "vsdadm.h"

#define ARGS_MAX 64
#define ARGS_BYTES_MAX 65536
#define SSH_FAILED 255

/* All of it, or -errno. */
static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* What we were called with, but for HOST, which is localhost over there; then an
 * empty argument. */
static int send_args(int fd, const char *host, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i] == host ? "localhost" : argv[i];
		int r = a[0] ? write_all(fd, a, strlen(a) + 1) : -EINVAL; /* it would end the list */

		if (r < 0)
			return r;
	}
	return write_all(fd, "", 1);
}

/* The password is asked for here, where the person sits. */
static int send_password(int fd, const struct adm_call *c, const char *host)
{
	char prompt[ADM_OBJECT_MAX * 2 + 32], object[ADM_OBJECT_MAX], password[PASSWORD_MAX];
	int r;

	(void)snprintf(prompt, sizeof(prompt), "New password of %s on %.100s",
		       adm_qualified(c, object), host);
	r = password_read(prompt, password);
	if (r == 0)
		r = write_all(fd, password, strlen(password));
	if (r == 0)
		r = write_all(fd, "\n", 1);
	explicit_bzero(password, sizeof(password));
	return r;
}

static void start_ssh(const char *host, const int pipefd[2])
{
	if (dup2(pipefd[0], STDIN_FILENO) < 0)
		_exit(TOOL_FAILED);
	(void)close(pipefd[0]);
	(void)close(pipefd[1]);
	(void)execlp("ssh", "ssh", "--", host, "vsdadm", "--stdin", (char *)NULL);
	_exit(tool_errno("run", "ssh", errno));
}

/* "--" keeps ssh from an option; a host with a blank or control byte is nobody's
 * name. */
static bool is_host(const char *host)
{
	for (const char *p = host; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return false;
	return host[0] != '\0' && host[0] != '-';
}

static int say_why(const char *host, int r)
{
	if (r == -EINVAL)
		return tool_error("reach", host, "an empty argument cannot be sent");
	return tool_errno("send to", host, r);
}

/* The other vsdadm never ends with 255: that is ssh's own word. */
static int exit_status(const char *host, int status)
{
	if (!WIFEXITED(status))
		return tool_error("reach", host, "ssh was ended by a signal; the verb may be done there");
	if (WEXITSTATUS(status) == SSH_FAILED)
		(void)tool_error("reach", host, "ssh failed, as it says above; where the connection "
				 "broke, the verb may be done there");
	return WEXITSTATUS(status);
}

int adm_remote(const struct adm_call *c, const char *host, int argc, char **argv)
{
	bool asks = strcmp(c->verb, "user_passwd") == 0;
	int pipefd[2], status = 0, r, password = 0;
	pid_t pid;

	if (!is_host(host))
		return tool_error("reach", host, "not the name of a host");
	if (pipe(pipefd) < 0)
		return tool_errno("reach", host, errno);
	pid = fork();
	if (pid < 0)
		return tool_errno("reach", host, errno);
	if (pid == 0)
		start_ssh(host, pipefd);
	(void)close(pipefd[0]);
	(void)signal(SIGPIPE, SIG_IGN); /* ssh that ends early is told by its status */
	r = send_args(pipefd[1], host, argc, argv);
	if (r == 0 && asks)
		password = send_password(pipefd[1], c, host);
	(void)close(pipefd[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (password < 0 && password != -EPIPE)
		return tool_error("set password on", host, password_reason(password));
	if (r < 0 && r != -EPIPE)
		return say_why(host, r);
	return exit_status(host, status);
}

/* One byte at a time: what follows the arguments is the verb's. */
static int read_args(char *buf, size_t size, size_t *out_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(STDIN_FILENO, buf + len, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		len++;
		if (buf[len - 1] == '\0' && (len == 1 || buf[len - 2] == '\0')) {
			*out_len = len - 1;
			return 0;
		}
	}
	return -1;
}

int adm_stdin_args(int *out_argc, char ***out_argv)
{
	static char buf[ARGS_BYTES_MAX], self[] = "vsdadm";
	static char *args[ARGS_MAX + 2] = { self };
	int n = 1;
	size_t len;

	if (read_args(buf, sizeof(buf), &len) < 0) {
		(void)tool_misuse("--stdin: no arguments, ended by an empty one, within %d bytes",
				  ARGS_BYTES_MAX);
		return -1;
	}
	for (size_t at = 0; at < len; at += strlen(buf + at) + 1) {
		if (n > ARGS_MAX) {
			(void)tool_misuse("--stdin: more than %d arguments", ARGS_MAX);
			return -1;
		}
		args[n++] = buf + at;
	}
	*out_argc = n;
	*out_argv = args;
	return 0;
}
