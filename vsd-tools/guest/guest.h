/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUEST_H
#define GUEST_H

#include <signal.h>
#include <sys/resource.h>

#include "enter.h"
#include "inside.h"

/* The parts of vsd-guest(8). */

/* What the caller had, to give it back to a command that runs for admin. */
struct caller {
	uid_t uid;
	struct vsd_enter_who who;        /* real gid and supplementary groups */
	mode_t umask;
	sigset_t mask, ignored;
	bool lifted;                     /* the limits, so that they are to be restored */
	struct rlimit limit[RLIM_NLIMITS];
};

struct guest {
	struct caller caller;
	struct vsd_inside in;            /* the server; set before a verb runs */
	char **words;                    /* all of argv, as main got it */
};

/* Read what the caller has; then root for good; then everything of the caller that
 * could disturb it is put away: limits, timers, umask, signals.
 * Errors: -EPERM not setuid here (the rest is done all the same); else the system's */
int caller_take(struct caller *out) VSD_MUST_CHECK;

/* The caller's limits, umask and signals again, before an exec. */
int caller_give_back(const struct caller *c) VSD_MUST_CHECK;

/* Nothing may stop us half-way: not the terminal, not a timer, not a slow turn. */
int guest_shield(void) VSD_MUST_CHECK;

/* The limit that could end a change half-way, since the caller set it low and this
 * host lets not even root raise it (a container's).  NULL: none does */
const char *guest_short_of(void);

/* Is this process simulated root already, in which no setuid bit has any effect? */
bool simroot_is_now(void);

/* Become simulated root, as admin with the caller's groups.
 * Returns: TOOL_OK or an exit status, its message written */
int simroot_become(const struct guest *g);

/* Run the command as admin, of the caller's environment, descriptors and working
 * directory; does not return but with an exit status.
 * Shape:  argv[0] is searched along PATH, past the wrapped commands */
int simroot_exec(const struct caller *c, char **argv);

/* The parts of it.  simroot_run: a command of ours, or any other as simulated root.
 * simroot_exec_along: execve along a path, past the wrapped commands; answers errno.
 * simroot_prepare: the caller's limits, and what tar needs to be told. */
#define STOCK_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define NOT_FOUND 127
#define NOT_RUN 126
int simroot_run(const struct guest *g, int argc, char **argv);
int simroot_exec_along(const char *path, char **argv);
int simroot_prepare(const struct caller *c) VSD_MUST_CHECK;
int simroot_usage(void);

/* What sudo and su ask for: a command, or with none a shell. */
struct guest_wish {
	bool login;
	const char *user;   /* NULL, root, admin: simulated root */
	const char *shell;  /* an absolute path; NULL: the user's own */
	char **shell_argv;  /* its words, of which [0] will be set; NULL: none */
};
int guest_grant(const struct guest *g, const struct guest_wish *w, int argc, char **argv);

static inline bool guest_is_admin(const struct guest *g)
{
	return g->caller.uid == g->in.range.first;
}

/* Run a shared program as simulated root with a plain environment and wait for it.
 * Shape:  argv[0] is its path
 * Returns: its exit status; -1 it could not be run or died */
int guest_run_simroot(const struct guest *g, char **argv) VSD_MUST_CHECK;

/* End all processes of one user of the server: those on terminals, of which the
 * first may be in the host's pid namespace (sshd's), by hanging the terminal up.
 * Returns: TOOL_OK or an exit status, its message written */
int guest_end_user(const struct guest *g, uint32_t uid);

/* Verbs: argv[0] is the verb; each answers an exit status, its message written. */
typedef int verb_fn(const struct guest *g, int argc, char **argv);
verb_fn verb_mailstore, verb_simroot, verb_sudo, verb_su, verb_wrapped, verb_habit;
verb_fn verb_useradd, verb_userdel, verb_usermod, verb_groupadd, verb_groupdel, verb_gpasswd;
verb_fn verb_passwd, verb_chpasswd, verb_chsh, verb_chfn, verb_kill, verb_listrights, verb_setrights;
verb_fn verb_crontab, verb_rebootvs;

struct verb {
	const char *name;
	verb_fn *run;
	bool everybody;   /* not admin's alone; the verb looks at the caller */
	bool simroots;    /* runs a command of the caller's, with the caller's descriptors,
			   * and needs no setuid bit where this is simulated root already */
	bool powerless;   /* needs none at all: admin's own power does, as with isolation=chroot */
};

/* The verb of that name; of a path, by its last part where stock commands lie. */
const struct verb *verb_find(const char *name);

#endif
