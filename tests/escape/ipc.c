/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What processes say to each other: abstract and path sockets, SysV and POSIX ipc. */
#include "escape.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const served[] = { "host", "other" };

static socklen_t abstract(struct sockaddr_un *s, const char *name, const char *kind)
{
	int n;

	memset(s, 0, sizeof(*s));
	s->sun_family = AF_UNIX;
	n = snprintf(s->sun_path + 1, sizeof(s->sun_path) - 1, "vsd-escape-%s-%s", name, kind);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

/* Connected, it is handed a descriptor of the other's root. */
static int abstract_stream(const struct aims *a, long arg)
{
	char byte, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), handed = -1;
	struct sockaddr_un s;
	socklen_t len = abstract(&s, served[arg], "stream");

	if (fd < 0 || connect(fd, (struct sockaddr *)&s, len) < 0)
		return -errno;
	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&m))
		return -EPROTO;
	memcpy(&handed, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(handed));
	if (arg == HOST && openat(handed, a->file + 1, O_RDONLY | O_CLOEXEC) < 0)
		return -errno;
	return outcome(fchdir(handed));
}

static int abstract_dgram(const struct aims *a, long arg)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un s;
	socklen_t len = abstract(&s, served[arg], "dgram");

	(void)a;
	return outcome(fd < 0 ? fd : sendto(fd, "x", 1, 0, (struct sockaddr *)&s, len));
}

static int path_socket(const struct aims *a, long arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un s = { .sun_family = AF_UNIX, .sun_path = "/run/vsd-escape.sock" };

	(void)a, (void)arg;
	return outcome(fd < 0 ? fd : connect(fd, (struct sockaddr *)&s, sizeof(s)));
}

static int sysv_shm(const struct aims *a, long arg)
{
	int id = shmget(SERVE_KEY + (int)arg, 1, 0);

	(void)a;
	return outcome(id < 0 ? id : (shmat(id, NULL, 0) == MAP_FAILED ? -1 : 0));
}

static int sysv_msg(const struct aims *a, long arg)
{
	(void)a;
	return outcome(msgget(SERVE_KEY + (int)arg, 0));
}

static int sysv_sem(const struct aims *a, long arg)
{
	(void)a;
	return outcome(semget(SERVE_KEY + (int)arg, 1, 0));
}

static void mq_name(char *out, size_t size, long arg)
{
	(void)snprintf(out, size, "/vsd-escape-%s", served[arg]);
}

static int posix_mq(const struct aims *a, long arg)
{
	char name[32];

	(void)a;
	mq_name(name, sizeof(name), arg);
	return outcome((long)mq_open(name, O_RDWR));
}

static int posix_shm(const struct aims *a, long arg)
{
	char name[32];

	(void)a;
	mq_name(name, sizeof(name), arg);
	return outcome(shm_open(name, O_RDWR, 0));
}

#define BOTH(name, run) { name "-host", run, HOST }, { name "-other", run, OTHER }

const struct attack attacks_ipc[] = {
	BOTH("abstract-stream", abstract_stream),
	BOTH("abstract-dgram", abstract_dgram),
	{ "path-socket", path_socket, 0 },
	BOTH("sysv-shm", sysv_shm),
	BOTH("sysv-msg", sysv_msg),
	BOTH("sysv-sem", sysv_sem),
	BOTH("posix-mq", posix_mq),
	BOTH("posix-shm", posix_shm),
	{ NULL, NULL, 0 },
};
