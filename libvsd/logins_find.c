/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose terminal it is, in processes. */
#include "logins_impl.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "number.h"
#include "running.h"
#include "safe.h"

enum { STAT_SESSION_FIELD = 6, PTS_MAJOR = 136 };

/* The terminal of a process that leads a session, else -1. */
static int led_terminal(int procfd, pid_t pid)
{
	uint64_t f[2]; /* session, tty */

	if (vsd_process_fields(procfd, pid, STAT_SESSION_FIELD, f, 2) < 0 || f[0] != (uint64_t)pid ||
	    major((dev_t)f[1]) != PTS_MAJOR)
		return -1;
	return (int)minor((dev_t)f[1]);
}

static int put_pid(int utmp, int n, pid_t pid)
{
	struct utmpx u;

	if (n >= VSD_LOGINS_PTY_MAX || !vsd_logins_get(utmp, 1 + n, &u) ||
	    u.ut_type != USER_PROCESS || u.ut_pid == pid)
		return 0;
	u.ut_pid = pid;
	return vsd_logins_put(utmp, 1 + n, &u);
}

static int count_unknown(int utmp)
{
	struct utmpx u;
	int n = 0;

	for (int i = 0; i < VSD_LOGINS_PTY_MAX && vsd_logins_get(utmp, 1 + i, &u); i++)
		n += u.ut_type == USER_PROCESS && u.ut_pid == 0;
	return n;
}

int vsd_logins_find(int rootfd, int procfd)
{
	VSD_CLOSE int utmp = -1;
	int n, r = vsd_logins_open_utmp(rootfd, &utmp);
	struct dirent *d;
	uint64_t pid;
	DIR *dir;

	if (r < 0 || count_unknown(utmp) == 0)
		return r;
	r = vsd_safe_opendir(procfd, &dir);
	if (r < 0)
		return r;
	while (r == 0 && (d = vsd_safe_readdir(dir, &r))) {
		if (vsd_number_parse(d->d_name, strlen(d->d_name), INT32_MAX, &pid) < 0)
			continue;
		n = led_terminal(procfd, (pid_t)pid);
		if (n >= 0)
			r = put_pid(utmp, n, (pid_t)pid);
	}
	(void)closedir(dir); /* read only */
	return r < 0 ? r : count_unknown(utmp);
}
