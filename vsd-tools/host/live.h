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

/* Is there a client for this service here?  *out_daemon: what the name of a process of
 * the daemon begins with, or NULL: the service leaves none. */
bool live_is_possible(const char *service, const char **out_daemon);

/* Log in.  Waits 20 seconds at most.
 * Errors: `why` is what the client or the service said */
int live_login(const char *service, const struct vsd_server *s, const struct live_user *u,
	       struct live_session *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void live_logout(struct live_session *s);

/* Look at every process with the uid: it must be in the server's cgroup, have the
 * server's root and, with isolation=full, its mount namespace; and one must be the
 * daemon's (NULL: none need be), or another one has answered.
 * Returns how many there are, or negative: `why` names one that is outside */
int live_look(const struct vsd_server *s, enum vsd_isolation isolation, uint32_t uid,
	      const char *daemon, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
