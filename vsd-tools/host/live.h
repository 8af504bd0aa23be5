/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIVE_H
#define LIVE_H

#include "conf.h"
#include "registry.h"

/* `vsdadm check --live`: a real login through a stock service, and where its processes
 * are. */

/* Who logs in, and how the service may know. */
struct live_user {
	char name[VSD_NAME_MAX + 1];
	uint32_t uid;
	char password[64];
	char key[64];         /* file of a private key that the user has authorized */
};

/* A login that has got as far as the user's command, or an ftpd's 230. */
struct live_session {
	pid_t pid;            /* the client, or 0 */
	int fd;               /* its output, or the connection */
};
#define LIVE_NONE { .pid = 0, .fd = -1 }

/* What is to be seen of a service. */
struct live_kind {
	const char *daemon;   /* what the name of its process begins with; NULL: it leaves none */
	bool bare;            /* it enters the root and the cgroup alone (enter=chroot) */
};

/* Why can this service not be tried?  NULL: it can, as *out says. */
const char *live_why_not(const char *service, struct live_kind *out);

/* Log in.  Waits 20 seconds at most.
 * Errors: `why` is what the client or the service said */
int live_login(const char *service, const struct vsd_server *s, const struct live_user *u,
	       struct live_session *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void live_logout(struct live_session *s);

/* ---- of its parts ---- */

enum { LIVE_LOGIN_MS = 20000 };

#define LIVE_MARK "vsd-live-in"
#define LIVE_COMMAND "echo " LIVE_MARK "; exec sleep 60"

/* Read one byte more.
 * Returns 1: a line is whole, and text has it without its end; 0: text has its first len
 * bytes.  Errors: -ETIMEDOUT; -ECONNRESET, and why stays */
struct live_line {
	size_t len;
	char text[200];
};
int live_read(int fd, struct live_line *l, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Read until a line starts with `want`, or one that starts with `no`.  What was said
 * last is kept in `why`.
 * Errors: -ETIMEDOUT; -ECONNRESET; -EACCES it was `no` */
int live_expect(int fd, const char *want, const char *no, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* login(1) by a password; "remote": as telnetd would start it. */
int live_by_login(const char *service, const struct vsd_server *s, const struct live_user *u,
		  struct live_session *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Look at every process with the uid: it must be in the server's cgroup, have the
 * server's root and, with isolation=full, its mount namespace; and one must be the
 * daemon's (NULL: none need be), or another one has answered.
 * Returns how many there are, or negative: `why` names one that is outside */
int live_look(const struct vsd_server *s, enum vsd_isolation isolation, uint32_t uid,
	      const char *daemon, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
