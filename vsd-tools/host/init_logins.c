/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "init_logins.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "logins.h"
#include "paths.h"
#include "registry.h"
#include "safe.h"
#include "world.h"

#define TRIES 50

int logins_prepare(const char *name, struct logins *l)
{
	VSD_CLOSE int run = -1;
	char path[VSD_PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s", vsd_path_run, name); /* fits */
	r = vsd_safe_open_root(path, &run);
	if (r == 0)
		r = vsd_safe_open_beneath(run, ".", O_RDONLY | O_DIRECTORY, 0, &l->dirfd);
	if (r == 0)
		r = vsd_safe_open_beneath(l->dirfd, "utmp", O_RDWR | O_CREAT | O_TRUNC, 0600,
					  &l->hostfd);
	return r;
}

/* Left out rather than obeyed: who and last then show less. */
static void leave(int result)
{
	(void)result;
}

/* dnotify, as for the services: root has 128 inotify instances for all servers. */
void logins_start(struct logins *l, int rootfd)
{
	l->rootfd = rootfd;
	leave(vsd_logins_boot(rootfd));
	l->ptsfd = openat(rootfd, "dev/pts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->ptsfd < 0)
		return;
	leave(fcntl(l->ptsfd, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	leave(fcntl(l->dirfd, F_NOTIFY, DN_MODIFY | DN_MULTISHOT));
	logins_look(l); /* what came before the watch */
}

/* Asked for only while a process is missing: true while one still is. */
static bool find(struct logins *l)
{
	VSD_CLOSE int proc = -1;

	return world_open_proc(&proc) == 0 && vsd_logins_find(l->rootfd, proc) > 0;
}

void logins_look(struct logins *l)
{
	bool again = l->tries > 0;

	if (l->ptsfd < 0)
		return;
	leave(vsd_logins_sync(l->rootfd, l->ptsfd, l->hostfd));
	if (!find(l))
		l->tries = 0;
	else
		l->tries = again ? l->tries - 1 : TRIES;
}

bool logins_again(const struct logins *l)
{
	return l->tries > 0;
}

void logins_end(struct logins *l)
{
	leave(vsd_logins_shutdown(l->rootfd));
}
