/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CRONTAB_H
#define VSD_CRONTAB_H

#include "account.h"
#include "conf.h"
#include "users.h"

/* A server's user's crontab: what `crontab` takes, and what the host's cron is given
 * of it.  The user's own text lies in the server, in etc/vsd/crontabs, root's. */

#define VSD_CRONTAB_BYTES_MAX 32768   /* of one crontab */
#define VSD_CRONTAB_LINE_MAX 900      /* bytes; cron has 1000 for each part of a line */
#define VSD_CRONTAB_JOBS_MAX 64       /* of one user, and as many NAME=VALUE lines */
#define VSD_CRONTAB_SERVER_JOBS_MAX 256 /* of all users: each is a login of the host's */
#define VSD_CRONTAB_FOLDER "etc/vsd/crontabs"

/* What the job's program (vsd-job) and cron agree on: a variable of the user's has
 * this before its name, so that neither cron nor the loader obeys it. */
#define VSD_CRONTAB_PREFIX "VSD_E_"
#define VSD_CRONTAB_SHELL "/usr/lib/vsd/vsd-job"

/* Take a crontab, or refuse it: five fields or an @word, and a command; NAME=VALUE; blank
 * lines and comments.  What comes out are plain numbers and quoted values, one line each.
 * Owns:   *out is malloc'ed, NUL-terminated (the NUL not in *out_len)
 * Errors: -EINVAL, and why names the line; -EFBIG; -EDQUOT too many; -ENOMEM
 * Safe:   tool, helper; no lookup */
int vsd_crontab_compile(struct vsd_span text, char **out, size_t *out_len, unsigned *out_jobs,
			char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The five fields of a time from *at on, written with a blank after each of four and a tab
 * after the fifth; *at is then where the command begins.
 * Errors: -EINVAL, and *out_bad says which field (0 to 4), or 5: nothing follows */
int vsd_crontab_time(struct vsd_span line, size_t *at, char *out, size_t size,
		     int *out_bad) VSD_MUST_CHECK;

/* The user's own text.  Errors: -ENOENT none; as vsd_safe_read_file's */
int vsd_crontab_read(int rootfd, const char *user, char **out, size_t *out_len) VSD_MUST_CHECK;

/* Put it in the place of the former, whole and crash-safe, under the accounts' lock; without
 * a text (p NULL) take it away.
 * Errors: as vsd_crontab_compile; -ENOENT nothing to take away; -ESTALE u is another's
 *         name by now; -EDQUOT the server's users have too many jobs; -EBUSY */
int vsd_crontab_set(int rootfd, const struct vsd_server *s, const struct vsd_user_seen *u,
		    struct vsd_span text, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
