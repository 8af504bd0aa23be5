/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other side: all that a careless process of the host or of another server may
 * have open to everybody. */
#include "escape.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int unix_socket(const char *name, const char *kind, int type)
{
	struct sockaddr_un s = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), n;

	if (kind)
		n = 1 + snprintf(s.sun_path + 1, sizeof(s.sun_path) - 1, "vsd-escape-%s-%s", name,
				 kind);
	else
		n = 1 + snprintf(s.sun_path, sizeof(s.sun_path), "/run/vsd-escape.sock");
	if (!kind)
		(void)unlink(s.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&s,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)) < 0)
		return -1;
	if (!kind)
		(void)chmod(s.sun_path, 0666);
	return type == SOCK_STREAM && listen(fd, 8) < 0 ? -1 : fd;
}

static int tcp_socket(const char *address, int port)
{
	struct sockaddr_in s = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &s.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&s, sizeof(s)) < 0 || listen(fd, 8) < 0 ? -1 : fd;
}

static void ipc(const char *name, int key)
{
	char path[32];
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };

	(void)umask(0);
	(void)snprintf(path, sizeof(path), "/vsd-escape-%s", name);
	if (shmget(key, 4096, IPC_CREAT | 0666) < 0 || msgget(key, IPC_CREAT | 0666) < 0 ||
	    semget(key, 1, IPC_CREAT | 0666) < 0)
		perror("sysv");
	if (mq_open(path, O_RDWR | O_CREAT, 0666, &attr) < 0)
		perror("mq_open");
	if (shm_open(path, O_RDWR | O_CREAT, 0666) < 0)
		perror("shm_open");
}

static void answer_unix(int fd)
{
	char byte = 'x', room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &root, sizeof(root));
	(void)sendmsg(fd, &m, MSG_NOSIGNAL);
	(void)close(root);
}

int serve(const char *name, const char *loopback, const char *address)
{
	int key = SERVE_KEY + (strcmp(name, "host") == 0 ? HOST : OTHER);
	bool host = strcmp(name, "host") == 0;
	struct pollfd p[] = {
		{ .fd = unix_socket(name, "stream", SOCK_STREAM) },
		{ .fd = host ? unix_socket(name, NULL, SOCK_STREAM) : -1 },
		{ .fd = tcp_socket(loopback, SERVE_PORT + (key & 1)) },
		{ .fd = host ? tcp_socket(address, SERVE_PORT) : -1 },
		{ .fd = unix_socket(name, "dgram", SOCK_DGRAM) },
	};
	const size_t n = sizeof(p) / sizeof(*p);

	ipc(name, key);
	for (size_t i = 0; i < n; i++)
		p[i].events = POLLIN;
	printf("serving\n");
	(void)fflush(stdout);
	while (poll(p, n, -1) >= 0)
		for (size_t i = 0; i < n; i++) {
			int fd;

			if (!(p[i].revents & POLLIN))
				continue;
			if (i == n - 1) {
				char c;

				(void)recv(p[i].fd, &c, 1, 0);
				continue;
			}
			fd = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (i < 2)
				answer_unix(fd);
			else
				(void)send(fd, SERVE_TOKEN, sizeof(SERVE_TOKEN), MSG_NOSIGNAL);
			(void)close(fd);
		}
	return 1;
}

int watch(void)
{
	struct sockaddr_in s = { .sin_family = AF_INET, .sin_port = htons(SERVE_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&s, sizeof(s)) < 0)
		return 1;
	for (;;) {
		struct sockaddr_in from = { .sin_family = AF_INET }, to;
		socklen_t len = sizeof(from);
		char source[INET_ADDRSTRLEN];

		/* the datagram is the address to answer to */
		if (recvfrom(fd, &to, sizeof(to), 0, (struct sockaddr *)&from, &len) != sizeof(to))
			continue;
		(void)inet_ntop(AF_INET, &from.sin_addr, source, sizeof(source));
		(void)sendto(fd, source, sizeof(source), 0, (struct sockaddr *)&to, sizeof(to));
	}
}
