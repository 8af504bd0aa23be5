/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CRON_SPOOL_H
#define CRON_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "name.h"

/* The crontabs of servers' users in the spool of the host's cron: files USER@SERVER whose
 * first line says that they are ours.  Files of other people's are left alone. */
#define CRON_MARK "# VSD: from the server's etc/vsd/crontabs; changed there, by crontab -e\n"

/* The folder, which a group may write in: nothing in it is opened through a link.
 * Errors: -ENOENT the host has no such cron; -EPERM it is not root's */
int cron_spool_open(int *out_fd) VSD_MUST_CHECK;

/* Is the file as it would be written?  -EEXIST: it is not ours; -ENOENT */
int cron_spool_same(int fd, const char *name, const char *text, size_t len, uint32_t uid) VSD_MUST_CHECK;

/* Call fn for each file of ours; its first answer that is not 0 ends it. */
int cron_spool_each(int fd, int (*fn)(int fd, const char *name, const struct vsd_qualified *q,
				      void *arg), void *arg) VSD_MUST_CHECK;

/* Remove ours: of the server (NULL: of all), of the user (NULL: of all). */
int cron_spool_forget(const char *vs, const char *user) VSD_MUST_CHECK;

#endif
