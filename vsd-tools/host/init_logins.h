/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef INIT_LOGINS_H
#define INIT_LOGINS_H

#include <stdbool.h>

#include "scope.h"

/* vsd-init's part in who(1) and last(1): libvsd/logins.h.  A server whose records
 * cannot be read or written (a full disk) serves as well without them, so that
 * nothing here is an error but the file on the host. */
struct logins {
	int rootfd;   /* the server's root; borrowed */
	int dirfd;    /* /run/vsd/NAME, watched */
	int hostfd;   /* its utmp */
	int ptsfd;    /* the server's terminals, watched */
	unsigned tries; /* to find a process, still to be made */
};

#define LOGINS_NONE { .rootfd = -1, .dirfd = -1, .hostfd = -1, .ptsfd = -1 }
#define LOGINS_AGAIN_MS 100
#define LOGINS_SIGNAL SIGIO /* sent to vsd-init when either folder changes */

/* On the host, before the server's world is made: an empty file.
 * Errors: the system's */
int logins_prepare(const char *name, struct logins *l) VSD_MUST_CHECK;

/* In that world. */
void logins_start(struct logins *l, int rootfd);

/* After LOGINS_SIGNAL, and LOGINS_AGAIN_MS after a call that said so: a terminal is
 * there before the first process on it. */
void logins_look(struct logins *l);
bool logins_again(const struct logins *l);
void logins_end(struct logins *l);

#endif
