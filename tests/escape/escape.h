/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Attacks from inside a server.  Each is tried in a process of its own: nothing that
 * one has done is there for the next. */

enum victim { HOST, OTHER, INIT, VICTIMS };

/* What is out there, from the command line (KEY=VALUE). */
struct aims {
	pid_t pid[VICTIMS];	/* host=, other=, init=: a process of each */
	const char *file;	/* a file of the host that everybody may read */
	const char *handle;	/* of a file of the other server, in hexadecimal */
	const char *userns;	/* where simulated root's namespace lies */
	const char *own_ip, *host_ip, *other_ip;
	const char *other_loop; /* the other server's 127.0.0.1, as the host sees it */
	uid_t first;		/* of the server's own range */
	bool control;		/* this is the host's root, for comparison */
};

enum { THROUGH = 0, MOOT = 1 };

/* 0: it went through; MOOT: cannot be tried by this caller; else -errno: what stopped it. */
typedef int attack_fn(const struct aims *a, long arg);

struct attack {
	const char *name;
	attack_fn *run;
	long arg;
};

/* Ends with a NULL name. */
extern const struct attack attacks_tree[], attacks_process[], attacks_kernel[], attacks_mount[],
	attacks_ipc[], attacks_net[], attacks_self[];

static inline int outcome(long r)
{
	return r < 0 ? -errno : THROUGH;
}

/* For calls that are asked for nonsense: only a caller who is allowed gets this far. */
static inline int outcome_past(long r, int nonsense)
{
	return r < 0 && errno != nonsense ? -errno : THROUGH;
}

/* What attacks find at the other end. */
#define SERVE_PORT 7777
#define SERVE_KEY 0x76736430
#define SERVE_TOKEN "vsd-escape-token"
/* Be a process of the host or of another server with everything open that may be:
 * abstract sockets, ports, ipc.  Does not return. */
int serve(const char *name, const char *loopback, const char *address);

/* What an id is outside of this process's user namespace: `bevs -r` has admin's as 0. */
uid_t outside(uid_t id);

/* The effective capabilities of this process. */
unsigned long long power(void);

/* Tell who sends a datagram which source address it came with, by its text. */
int watch(void);

#endif
