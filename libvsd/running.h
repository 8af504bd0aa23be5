/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_RUNNING_H
#define VSD_RUNNING_H

#include <stdint.h>
#include <sys/types.h>

#include "name.h"
#include "stamp.h"

/* What /run/vsd/NAME/ says of a running server.  The folder is 0700 root:
 *   init    text, one line: "PID START\n" (START: field 22 of /proc/PID/stat,
 *           clock ticks after boot); written last, so that it is there only
 *           when the server is ready for sessions; another format
 *           of this folder would begin with the word "format"
 *   single  the same in place of init, of a server that stands still but for
 *           what the host's root does in it (bevs): no session enters
 *   cgroup  text, one line: absolute path of the server's cgroup v2 folder
 *   filter  the session's seccomp program: struct sock_filter array, raw
 *   userns  the range's user namespace, a bind mount; in the
 *           server it is at /run/vsd/userns
 *   utmp    what sshd writes of the sessions (logins.h)
 *   lock    taken by vsboot */
struct vsd_running {
	pid_t pid;
	uint64_t start;  /* clock ticks after boot */
	int pidfd;       /* owned */
	int dirfd;       /* of /run/vsd/NAME, owned */
	const char *file; /* that said so */
	struct vsd_stamp said; /* as it was then */
};

#define VSD_RUNNING_NONE { .pid = -1, .pidfd = -1, .dirfd = -1 }

/* The folder /run/vsd/NAME: root's, and its way there.
 * Errors: -ENOENT; -EPERM; else the system's */
int vsd_running_open_folder(const char *name, int *out_fd) VSD_MUST_CHECK;

/* Get the running server's init by pidfd and compare its start time.
 * Errors: -ESRCH it certainly does not run (a stale file included); -EPROTONOSUPPORT
 *         another version of vsboot started it; else the system's (no descriptor, no
 *         memory, no right), which say nothing of it
 * Safe:   PAM / tool; does not block */
int vsd_running_open(const char *name, struct vsd_running *out) VSD_MUST_CHECK;

/* The same of a server in which only the host's root is at work. */
int vsd_running_open_single(const char *name, struct vsd_running *out) VSD_MUST_CHECK;

/* Is it still running: the pidfd has not fired, and its file is the one that was
 * read?  Whoever stops or starts a server removes it or writes another.
 * Errors: -ESRCH no; else the system's
 * Safe:   PAM / tool; opens nothing */
int vsd_running_check(const struct vsd_running *r) VSD_MUST_CHECK;
void vsd_running_close(struct vsd_running *r);

/* Start time of a process in clock ticks after boot, from /proc/PID/stat. */
int vsd_process_start(pid_t pid, uint64_t *out) VSD_MUST_CHECK;

/* n numbers of PID/stat beneath a proc filesystem, from field `first` (3: the state) on.
 * Errors: -ESRCH no such process; -EBADMSG; else the system's
 * Source: proc(5) */
int vsd_process_fields(int procfd, pid_t pid, int first, uint64_t *out, unsigned n) VSD_MUST_CHECK;

#endif
