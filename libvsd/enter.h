/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ENTER_H
#define VSD_ENTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "registry.h"
#include "running.h"

/* The one file that holds every chroot, setns, setgroups and set*id. */

#define VSD_ENTER_GROUPS_MAX 64

struct vsd_enter_who {
	uint32_t uid, gid;
	unsigned ngroup;
	uint32_t group[VSD_ENTER_GROUPS_MAX]; /* supplementary */
};

/* All that is opened before the point of no return. */
struct vsd_enter;

/* Open everything that entering needs: the server's root by descriptor with
 * owner and mode of every component checked, its init's pidfd with the start
 * time compared, its cgroup, its seccomp filter; fence the groups to the range.
 * Nothing of the process changes.
 * Owns:   vsd_enter_free; descriptors are O_CLOEXEC
 * Errors: -ESRCH the server is not running; -EPERM an owner, a mode, or an id
 *         out of the range; -EACCES disabled; else the system's
 * Safe:   PAM / tool; caller is root on the host */
int vsd_enter_prepare(const struct vsd_server *s, enum vsd_isolation isolation,
		      const struct vsd_enter_who *who, struct vsd_enter **out) VSD_MUST_CHECK;

/* The same with what the caller opened himself a moment ago: the server's root by
 * vsd_safe_open_root and vsd_running_open's answer.  Both are looked at again: the
 * root is still root's and at its path, the server still runs.
 * Owns:   with 0, both belong to *out and are as if closed; else they stay the caller's
 * Errors: as above; -ESTALE what is open is not what would be opened now */
int vsd_enter_prepare_with(const struct vsd_server *s, enum vsd_isolation isolation,
			   const struct vsd_enter_who *who, int *rootfd, struct vsd_running *run,
			   struct vsd_enter **out) VSD_MUST_CHECK;

/* Enter as this one instead: who was told before the groups could be asked for.
 * Errors: -EPERM an id out of the range */
int vsd_enter_set_who(struct vsd_enter *e, const struct vsd_server *s,
		      const struct vsd_enter_who *who) VSD_MUST_CHECK;

/* vsd_enter_prepare for a server in which only the host's root is at work (running.h). */
int vsd_enter_prepare_single(const struct vsd_server *s, enum vsd_isolation isolation,
			     const struct vsd_enter_who *who, struct vsd_enter **out) VSD_MUST_CHECK;

/* Step in, in DESIGN's order.  After an error the process is in an unknown
 * place: the caller must _exit().  Does not switch uid: see vsd_enter_become.
 * Safe:   PAM / tool; no lookup, locale or allocation happens within */
int vsd_enter_go(struct vsd_enter *e) VSD_MUST_CHECK;
void vsd_enter_free(struct vsd_enter *e);

/* Move the children that the calling process has into the server's cgroup: a daemon's
 * that work for the session from outside its root, behind its fence and within its
 * limits, to be ended with it.  Before vsd_enter_go.
 * Errors: -ESRCH a child does not show in /proc; else the system's; some may be moved
 * Safe:   PAM session, single thread; allocates */
int vsd_enter_children(const struct vsd_enter *e) VSD_MUST_CHECK;

/* fork(2) for a child that is to enter: it begins in the server's cgroup where the
 * kernel can do that, and vsd_enter_go need not move it there (cgroup.h).
 * Safe:   tool, single thread */
pid_t vsd_enter_fork(struct vsd_enter *e) VSD_MUST_CHECK;

/* Put the server's own devpts over /dev/pts in a private mount namespace of the
 * calling process.  With isolation=full it is fetched as a detached mount by a
 * short-lived child that joins the server's mount namespace; with
 * isolation=chroot it lies in the host's.
 * Errors: -EPERM, -ENOSPC: no new mount namespace; else the system's; /dev/pts
 *         stays the host's
 * Safe:   PAM session (sshd's monitor) */
int vsd_enter_own_devpts(struct vsd_enter *e) VSD_MUST_CHECK;

/* After it: who logs in and out on those terminals is written (sshd's monitor does)
 * to the server's own utmp, and to no wtmp, in place of the host's (logins.h).
 * Errors: the system's; some of the host's files may be covered
 * Safe:   PAM session (sshd's monitor) */
int vsd_enter_own_utmp(const struct vsd_enter *e) VSD_MUST_CHECK;

/* Become the user for good: groups, gid, uid, and prove that there is no way
 * back.  For tools (bevs, vsd-init's services); pam_vsd leaves it to its host. */
int vsd_enter_become(const struct vsd_enter_who *who) VSD_MUST_CHECK;

/* Become the user (admin) for good in the range's user namespace, with power over
 * the range's files and nothing else: CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
 * FSETID, no_new_privs.  0 is mapped nowhere: whoami says admin.
 * Safe:   tool, helper; caller is root with every capability, single thread */
int vsd_enter_simroot(int usernsfd, const struct vsd_enter_who *who) VSD_MUST_CHECK;

/* The same in a user namespace where admin's ids are 0, so that programs that want to be
 * root's are content.  On every file, and to the host, it is admin: the host's 0 is mapped
 * nowhere.  Admin's own number is no id there.
 * Safe:   tool; as above */
int vsd_enter_range_root(int usernsfd, const struct vsd_enter_who *who) VSD_MUST_CHECK;

/* vsd_enter_simroot with SETUID and SETGID in place of the five: for the one service that
 * writes files as each user of the range (dovecot).  It may become any of them and,
 * as 0 is not mapped, nobody else.
 * Safe:   tool, helper; caller is root with every capability, single thread */
int vsd_enter_mailstore(int usernsfd, const struct vsd_enter_who *who) VSD_MUST_CHECK;

/* That namespace, as `userns` in the folder: /run/vsd/NAME on the host, /run/vsd in
 * a server.
 * Errors: -EPERM not a user namespace that root has made; else the system's */
int vsd_enter_userns_open(int dirfd, int *out_fd) VSD_MUST_CHECK;

/* A running server's seccomp program, for processes that vsd-init starts in it:
 * opened on the host, loaded (by root) just before vsd_enter_become.
 * Owns:   kept for the life of the process
 * Errors: -ENOENT no filter; -EPERM; -EBADMSG damaged */
struct vsd_enter_filter;
int vsd_enter_filter_open(const char *name, struct vsd_enter_filter **out) VSD_MUST_CHECK;
int vsd_enter_filter_load(const struct vsd_enter_filter *f) VSD_MUST_CHECK;

/* Give up a protection from the kernel's OOM killer that a daemon has (sshd, a unit's
 * OOMScoreAdjust): who inherits it could take all memory and be the last to go.  A
 * score above 0 stays.  For who starts vsd-init; vsd_enter_go does it itself. */
int vsd_enter_oom_reset(void) VSD_MUST_CHECK;

/* chroot to the folder, chdir("/"), close nothing.  For vsd-init. */
int vsd_enter_chroot(int rootfd) VSD_MUST_CHECK;

/* Be the caller's own process again for those who signal it, and for nothing else:
 * the real uid alone.  Until the next vsd_enter_root whoever could end or stop the
 * caller can end or stop this process.  For the setuid helper while somebody types. */
int vsd_enter_lend(uint32_t uid) VSD_MUST_CHECK;

/* setresuid(0,0,0), setresgid(0,0,0) for the setuid helper, before anything
 * else: a caller who shares the real uid could stop or trace it. */
int vsd_enter_root(void) VSD_MUST_CHECK;

#endif
