/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_LOGINS_H
#define VSD_LOGINS_H

#include "scope.h"

/* Who is logged in, as who(1) and last(1) read it in a server: run/utmp and
 * var/log/wtmp of its own, root's.
 *
 * sshd's monitor writes its records of a server's sessions to a file of that server,
 * /run/vsd/NAME/utmp, which lies over the host's in its own mount namespace
 * (enter.h): the host's would otherwise get terminals that it does not have.  Nobody
 * but root can open that file, so that sshd's lock on it waits for no tenant.  From
 * there vsd-init carries them over.
 *
 * In the server's utmp a terminal's record has a place of its own, by the terminal's
 * number, so that nothing is searched and nothing is locked.  Its pid is that of the
 * terminal's session in the server: sshd's own, which sshd writes, is the host's.
 *
 * rootfd is the server's root.  Both files are opened beneath it by descriptor and
 * must be root's, regular, linked once and not writable by others; one that is not is
 * left alone.
 * Errors: -EPERM such a file; -ENOENT none; else the system's
 * Safe:   tool (vsd-init); caller is root; waits for nobody */

/* Carry over what has changed in hostfd, the file outside.  Who has a terminal that
 * ptsfd (the server's dev/pts) no longer has is gone, whatever the file says. */
int vsd_logins_sync(int rootfd, int ptsfd, int hostfd) VSD_MUST_CHECK;

/* Look up their processes, in a proc filesystem of the server's pid namespace: sshd
 * writes its record before it starts any.  who(1) and w(1) pass over a record whose
 * process they cannot find.
 * Returns for how many there is none yet, or a negative error. */
int vsd_logins_find(int rootfd, int procfd) VSD_MUST_CHECK;

/* The server has started: a clean utmp, and a line in wtmp, which is made if there is
 * none and put aside as wtmp.1 if it is large. */
int vsd_logins_boot(int rootfd) VSD_MUST_CHECK;

/* The server stops: whoever was logged in no longer is. */
int vsd_logins_shutdown(int rootfd) VSD_MUST_CHECK;

#endif
