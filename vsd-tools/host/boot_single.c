/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "boot_impl.h"
#include "running.h"
#include "scope.h"

/* Under the lock.  What runs for others is not touched; what a killed one has left is. */
static int begin(const struct boot *b, const struct vsd_server *s, int dir, char why[VSD_WHY_MAX])
{
	struct vsd_running run = VSD_RUNNING_NONE;
	char note[VSD_WHY_MAX], ignored[VSD_WHY_MAX];
	bool found;
	int r = vsd_running_open(s->name, &run);

	vsd_running_close(&run);
	if (r == 0)
		return -EALREADY;
	if (r != -ESRCH)
		return boot_why(why, r, "look for the first process of", s->name);
	if (faccessat(dir, "init", F_OK, 0) == 0) {
		(void)snprintf(why, VSD_WHY_MAX, "it has crashed (vsboot --start starts it anew)");
		return -EUCLEAN;
	}
	r = boot_clear(b->conf, s, dir, &found, why);
	if (r < 0)
		return r;
	r = boot_start_all(b, s, true, dir, note, why);
	if (r < 0 && boot_clear(b->conf, s, dir, &found, ignored) < 0)
		return r; /* the first reason counts */
	return r;
}

int boot_single_begin(const struct boot *b, const struct vsd_server *s, struct boot_single *out,
		      char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	int r = boot_lock(s->name, &dir, &lock);

	if (r < 0)
		return boot_lock_why(why, r, s->name);
	r = begin(b, s, dir, why);
	if (r == 0) {
		out->dir = vsd_take_fd(&dir);
		out->lock = vsd_take_fd(&lock);
	}
	return r;
}

int boot_single_end(const struct vsd_conf *c, const struct vsd_server *s, struct boot_single *b,
		    char why[VSD_WHY_MAX])
{
	bool found;
	int r = boot_clear(c, s, b->dir, &found, why);

	vsd_scope_close(&b->dir);
	vsd_scope_close(&b->lock);
	*b = (struct boot_single){ .dir = -1, .lock = -1 };
	return r;
}
