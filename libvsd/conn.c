/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which address did the client choose, and which is its own?  The socket is the only
 * witness that a client cannot forge: environment and PAM items are its own to set
 * (login -p).
 *
 * /proc is not used: after a root change it is absent or the tenant's. */
#include "conn.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/select.h>
#include <sys/syscall.h>

enum {
	FD_SCAN_MAX = 1024, /* descriptors looked at; a login holds a handful */
	FD_CHUNK = 64,      /* descriptors asked about with one poll: the smallest table */
};

struct ends {
	struct vsd_addr here, peer;
};

/* The ends of one connected TCP socket.
 * Errors: -ENOTCONN: no socket, no inet socket, a listener, a datagram one
 *         (a resolver's), or one whose peer has gone */
static int find_ends(int fd, struct ends *out)
{
	struct sockaddr_storage here = { 0 }, peer = { 0 };
	socklen_t here_len = sizeof(here), peer_len = sizeof(peer), type_len;
	int type, r;

	if (getsockname(fd, (struct sockaddr *)&here, &here_len) < 0)
		return -ENOTCONN;
	if (here.ss_family != AF_INET && here.ss_family != AF_INET6)
		return -ENOTCONN;
	type_len = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 || type != SOCK_STREAM)
		return -ENOTCONN;
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
		return -ENOTCONN;
	r = vsd_addr_from_sockaddr((struct sockaddr *)&here, here_len, &out->here);
	return r < 0 ? r : vsd_addr_from_sockaddr((struct sockaddr *)&peer, peer_len, &out->peer);
}

/* Ask which of n descriptors from first on are open: one system call instead of
 * n.  All count as open where poll does not want so many (RLIMIT_NOFILE). */
static void mark_open(int first, int n, bool *open)
{
	struct pollfd set[FD_CHUNK];

	for (int i = 0; i < n; i++)
		set[i] = (struct pollfd){ .fd = first + i };
	if (poll(set, (nfds_t)n, 0) < 0)
		for (int i = 0; i < n; i++)
			set[i].revents = 0;
	for (int i = 0; i < n; i++)
		open[i] = !(set[i].revents & POLLNVAL);
}

/* Is no descriptor from first on open, for certain?  select passes over what is above
 * the table of this process's descriptors, and calls any other closed one bad
 * (select(2), BUGS).  A kernel that calls both bad costs the whole scan. */
static bool is_beyond(int first)
{
	struct timeval none = { 0, 0 };
	fd_set set;

	if (first >= FD_SETSIZE || fcntl(first, F_GETFD) >= 0 || errno != EBADF)
		return false;
	FD_ZERO(&set);
	FD_SET(first, &set);
	return select(first + 1, &set, NULL, NULL, &none) >= 0;
}

/* One end of all connections of this process, on which they have to agree. */
static int find_agreed(bool peer, struct vsd_addr *out)
{
	struct vsd_addr found = { { 0 } }, one;
	bool open[FD_CHUNK], any = false;
	struct ends e;

	for (int first = 0; first < FD_SCAN_MAX && !(first && is_beyond(first));
	     first += FD_CHUNK) {
		mark_open(first, FD_CHUNK, open);
		for (int i = 0; i < FD_CHUNK; i++) {
			if (!open[i] || find_ends(first + i, &e) < 0)
				continue;
			one = peer ? e.peer : e.here;
			if (any && !vsd_addr_equal(&one, &found))
				return -EMLINK;
			found = one;
			any = true;
		}
	}
	if (!any)
		return -ENOTCONN;
	*out = found;
	return 0;
}

int vsd_conn_local_address(struct vsd_addr *out)
{
	return find_agreed(false, out);
}

int vsd_conn_peer_address(struct vsd_addr *out)
{
	return find_agreed(true, out);
}

int vsd_conn_parent_address(struct vsd_addr *out)
{
	pid_t parent = getppid();
	VSD_CLOSE int pidfd = -1;
	VSD_CLOSE int fd = -1;
	struct ends e;
	int r;

	if (parent <= 0)
		return -ENOTCONN; /* it lives in another pid namespace */
	pidfd = (int)syscall(SYS_pidfd_open, parent, 0);
	/* A parent that ended meanwhile may have left its number to a stranger. */
	if (pidfd < 0 || getppid() != parent)
		return -ENOTCONN;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, STDIN_FILENO, 0);
	if (fd < 0)
		return -ENOTCONN;
	r = find_ends(fd, &e);
	if (r == 0)
		*out = e.here;
	return r;
}
