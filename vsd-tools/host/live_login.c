/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* login, on a terminal of its own, typed into. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* In the child: the terminal is its own, its input and its output. */
static void be_login(const char *terminal, const char *const argv[])
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", term[] = "TERM=dumb";
	char *const env[] = { path, term, NULL };
	sigset_t none;
	int tty;

	(void)sigemptyset(&none);
	if (setsid() < 0)
		_exit(127);
	tty = open(terminal, O_RDWR | O_CLOEXEC);
	if (tty < 0 || ioctl(tty, TIOCSCTTY, 0) < 0 || dup2(tty, 0) < 0 || dup2(tty, 1) < 0 ||
	    dup2(tty, 2) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(127);
	(void)execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
	(void)dprintf(1, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int start(const char *const argv[], struct live_session *out)
{
	char terminal[64];

	out->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (out->fd < 0 || grantpt(out->fd) < 0 || unlockpt(out->fd) < 0)
		return -errno;
	if (ptsname_r(out->fd, terminal, sizeof(terminal)) != 0)
		return -ENODEV;
	out->pid = fork();
	if (out->pid == 0)
		be_login(terminal, argv);
	return out->pid < 0 ? -errno : 0;
}

/* Read until a line, ended or not, ends in `want`. */
static int await(int fd, const char *want, char why[VSD_WHY_MAX])
{
	struct live_line line = { .len = 0 };
	size_t n = strlen(want);

	for (;;) {
		int r = live_read(fd, &line, why);

		if (r < 0)
			return r;
		if (line.len >= n && memcmp(line.text + line.len - n, want, n) == 0)
			return 0;
		if (r == 0)
			continue;
		if (line.text[0])
			(void)snprintf(why, VSD_WHY_MAX, "it says: %s", line.text);
		if (strstr(line.text, "incorrect")) /* and it asks anew */
			return -EACCES;
	}
}

static int type(int fd, const char *text)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s\n", text);
	bool all = n > 0 && (size_t)n < sizeof(line) && write(fd, line, (size_t)n) == n;

	explicit_bzero(line, sizeof(line));
	return all ? 0 : -EPIPE;
}

int live_by_login(const char *service, const struct vsd_server *s, const struct live_user *u,
		  struct live_session *out, char why[VSD_WHY_MAX])
{
	/* told of a remote host, as telnetd tells it, login has another service's name */
	bool remote = strcmp(service, "remote") == 0;
	char who[VSD_QUALIFIED_MAX + 1];
	const char *const argv[] = { "login", remote ? "-h" : who, remote ? "127.0.0.1" : NULL,
				     who, NULL };
	int r;

	(void)snprintf(who, sizeof(who), "%s@%s", u->name, s->name);
	r = start(argv, out);
	if (r == 0)
		r = await(out->fd, "assword: ", why);
	if (r == 0)
		r = type(out->fd, u->password);
	if (r == 0)
		r = await(out->fd, "$ ", why);
	if (r == 0)
		r = type(out->fd, LIVE_COMMAND);
	return r < 0 ? r : live_expect(out->fd, LIVE_MARK, NULL, why);
}
