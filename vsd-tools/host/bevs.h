/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BEVS_H
#define BEVS_H

#include <limits.h>
#include <sys/types.h>
#include <termios.h>

#include "boot.h"
#include "conf.h"
#include "enter.h"
#include "registry.h"

/* The parts of bevs(8). */

/* A user as the server's own files give it. */
struct bevs_user {
	struct vsd_enter_who who;
	char name[VSD_NAME_MAX + 1];
	char home[VSD_PATH_MAX];
	char shell[VSD_PATH_MAX];
};

/* Read the user from the server's passwd and group, by descriptor.
 * Errors: -ENOENT no such user in the range; -EINVAL home or shell; else the system's */
int bevs_find_user(const struct vsd_server *s, const char *name, struct bevs_user *out) VSD_MUST_CHECK;

/* What the new process gets: the terminal, and in place of those of 0, 1 and 2 that
 * are no terminals, a pipe each.  The host's own descriptors never go in. */
struct bevs_wires {
	int master;     /* of the server's own devpts */
	int near[3];    /* our end of the pipe in place of 0, 1, 2; -1: the terminal */
	int far[3];     /* its end */
};

#define BEVS_WIRES_NONE { .master = -1, .near = { -1, -1, -1 }, .far = { -1, -1, -1 } }

/* Open them: the terminal in the server's devpts, which vsd_enter_own_devpts has put
 * over /dev/pts of this process.
 * Errors: -EPERM that is not a devpts; else the system's */
int bevs_open_wires(struct bevs_wires *w) VSD_MUST_CHECK;
void bevs_close_near(struct bevs_wires *w);
void bevs_close_far(struct bevs_wires *w);

/* Pass everything on until the command has ended; root's own terminal is raw
 * meanwhile.  `first` is the child that ran bevs_child.
 * Returns: the command's exit status; 128 + signal where a signal ended it or this */
int bevs_relay(struct bevs_wires *w, pid_t first);

/* What went wrong in the new process before the command ran. */
struct bevs_report {
	enum { BEVS_ENTER, BEVS_BECOME, BEVS_RUN } step;
	int error; /* errno */
};

struct bevs_job {
	struct vsd_enter *enter;
	struct bevs_user user;
	int userns;             /* -1, or become the root of it */
	char *const *command;   /* NULL: a login shell */
	const char *term;       /* TERM, or NULL */
	struct bevs_wires wires;
	int report;             /* pipe for a struct bevs_report */
	struct boot_single single; /* descriptors that do not go in */
};

/* Is the command the server's helper, by a link of the server's /usr? */
bool bevs_is_helper(const struct vsd_server *s, const char *command);

/* `passwd` without options, and with -u USER or USER, becomes vsdadm user_passwd: does not
 * return then but with an exit status.  -1: it is another command */
int bevs_set_password(char *server, char **command);

/* In the forked child: enter, become the user, run the command, and end as it ends. */
_Noreturn void bevs_child(struct bevs_job *j);

#endif
