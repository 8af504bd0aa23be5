/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stock clients. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr.h"
#include "spawn_tool.h"
#include "terminal.h"

enum { ARGS_MAX = 24 };

#define FTP_PORT "21"

int live_read(int fd, struct live_line *l, char why[VSD_WHY_MAX])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, LIVE_LOGIN_MS) <= 0) {
		(void)snprintf(why, VSD_WHY_MAX, "no login within %d s", LIVE_LOGIN_MS / 1000);
		return -ETIMEDOUT;
	}
	if (read(fd, l->text + l->len, 1) != 1)
		return -ECONNRESET;
	if (l->text[l->len++] != '\n' && l->len + 1 < sizeof(l->text))
		return 0;
	l->text[l->len] = '\0';
	l->text[strcspn(l->text, "\r\n")] = '\0';
	l->len = 0;
	return 1;
}

int live_expect(int fd, const char *want, const char *no, char why[VSD_WHY_MAX])
{
	struct live_line line = { .len = 0 };

	for (;;) {
		int r = live_read(fd, &line, why);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (strncmp(line.text, want, strlen(want)) == 0)
			return 0;
		if (line.text[0])
			(void)snprintf(why, VSD_WHY_MAX, "it says: %s", line.text);
		if (no && strncmp(line.text, no, strlen(no)) == 0)
			return -EACCES;
	}
}

/* ---- programs: ssh, su, runuser ---- */

static int run(const char *const argv[], struct live_session *out, char why[VSD_WHY_MAX])
{
	int pipefd[2];

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return -errno;
	out->pid = spawn_tool(argv, pipefd[1]);
	(void)close(pipefd[1]); /* the child's end */
	out->fd = pipefd[0];
	return out->pid < 0 ? (int)out->pid : live_expect(out->fd, LIVE_MARK, NULL, why);
}

static int by_ssh(const char *service, const struct vsd_server *s, const struct live_user *u,
		  struct live_session *out, char why[VSD_WHY_MAX])
{
	char to[VSD_QUALIFIED_MAX + VSD_ADDR_TEXT_MAX + 2], address[VSD_ADDR_TEXT_MAX], key[80];
	const char *const argv[ARGS_MAX] = { "ssh", "-F", "/dev/null", "-T", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
		"LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-i", key, "--", to, LIVE_COMMAND, NULL };

	(void)service;
	vsd_addr_format(&s->addr[0], address);
	(void)snprintf(key, sizeof(key), "%s", u->key);
	(void)snprintf(to, sizeof(to), "%s@%s", u->name, address);
	return run(argv, out, why);
}

static int by_su(const char *service, const struct vsd_server *s, const struct live_user *u,
		 struct live_session *out, char why[VSD_WHY_MAX])
{
	bool is_login = strlen(service) > 2 && strcmp(service + strlen(service) - 2, "-l") == 0;
	char who[VSD_QUALIFIED_MAX + 1], program[VSD_NAME_MAX + 1];
	const char *const argv[ARGS_MAX] = { program, is_login ? "-l" : who, is_login ? who : "-c",
		is_login ? "-c" : LIVE_COMMAND, is_login ? LIVE_COMMAND : NULL, NULL };

	(void)snprintf(program, sizeof(program), "%.*s", (int)strcspn(service, "-"), service);
	(void)snprintf(who, sizeof(who), "%s@%s", u->name, s->name);
	return run(argv, out, why);
}

/* ---- ftp ---- */

static int say(int fd, const char *verb, const char *word)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s %s\r\n", verb, word);

	return n > 0 && (size_t)n < sizeof(line) && send(fd, line, (size_t)n, MSG_NOSIGNAL) == n ? 0 : -EPIPE;
}

static int connect_ftp(const struct vsd_addr *a, int *out_fd)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	char address[VSD_ADDR_TEXT_MAX];
	struct addrinfo *to = NULL;
	VSD_CLOSE int fd = -1;
	int r = 0;

	vsd_addr_format(a, address);
	if (getaddrinfo(address, FTP_PORT, &hints, &to) != 0)
		return -EADDRNOTAVAIL;
	fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		r = -errno;
	freeaddrinfo(to);
	if (r == 0)
		*out_fd = vsd_take_fd(&fd);
	return r;
}

static int by_ftp(const char *service, const struct vsd_server *s, const struct live_user *u,
		  struct live_session *out, char why[VSD_WHY_MAX])
{
	int r = connect_ftp(&s->addr[0], &out->fd);

	(void)service;
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "cannot connect to port %s of its address: %s", FTP_PORT,
			       strerror(-r));
		return r;
	}
	r = live_expect(out->fd, "220 ", "4", why);
	if (r == 0)
		r = say(out->fd, "USER", u->name);
	if (r == 0)
		r = live_expect(out->fd, "331 ", "5", why);
	if (r == 0)
		r = say(out->fd, "PASS", u->password);
	return r < 0 ? r : live_expect(out->fd, "230 ", "5", why);
}

/* ---- which ---- */

static const struct client {
	const char *service;
	int (*login)(const char *service, const struct vsd_server *s, const struct live_user *u,
		     struct live_session *out, char why[VSD_WHY_MAX]);
	bool stays; /* a process of that name */
	bool bare;  /* it gave up what a change of namespaces takes, and runs no programs */
} clients[] = {
	{ "sshd", by_ssh, true, false },      { "vsftpd", by_ftp, true, false },
	{ "proftpd", by_ftp, true, false },   { "pure-ftpd", by_ftp, true, true },
	{ "su", by_su, false, false },	      { "su-l", by_su, false, false },
	{ "runuser", by_su, false, false },   { "runuser-l", by_su, false, false },
	{ "login", live_by_login, false, false }, { "remote", live_by_login, false, false },
};

static const struct client *find(const char *service)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
		if (strcmp(clients[i].service, service) == 0)
			return &clients[i];
	return NULL;
}

const char *live_why_not(const char *service, struct live_kind *out)
{
	const struct client *c = find(service);

	out->daemon = c && c->stays ? c->service : NULL;
	out->bare = c && c->bare;
	if (strcmp(service, "cron") == 0)
		return "it starts jobs by itself, on the minute: see what hostname says in a job of a "
		       "user of the server";
	if (vsd_login_reopens(service, "/usr/bin/login") == 1)
		return "it is the login of util-linux, which pam_vsd refuses: see pam_vsd(8)";
	return c ? NULL : "there is no client for it here: sshd, vsftpd, proftpd, pure-ftpd, su, su-l, "
			  "runuser, runuser-l, login and remote can be tried";
}

int live_login(const char *service, const struct vsd_server *s, const struct live_user *u,
	       struct live_session *out, char why[VSD_WHY_MAX])
{
	const struct client *c = find(service);

	(void)snprintf(why, VSD_WHY_MAX, "the connection ended");
	return c ? c->login(service, s, u, out, why) : -EINVAL;
}

void live_logout(struct live_session *s)
{
	vsd_scope_close(&s->fd);
	s->fd = -1;
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGTERM); /* our own child, not reaped yet */
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}
