/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "delete.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cron_spool.h"
#include "job.h"
#include "tree.h"
#include "why.h"

static int say(int error, const char *what, char why[VSD_WHY_MAX])
{
	why_say(why, "%s: %s", what, vsd_error_text(error));
	return error;
}

/* Its jobs too: one that a killed vsd-vsbatch has left would make it again. */
int delete_forget(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	int r = job_forget(s->id);

	if (r < 0)
		return say(r, "its job", why);
	r = cron_spool_forget(s->name, NULL);
	if (r < 0)
		return say(r, "its users' crontabs", why);
	r = vsd_registry_remove(lock, s->name);
	return r < 0 ? say(r, "the registry", why) : 0;
}

/* Both steps under one lock: who finishes what killed tools have left never meets
 * a living one between them.  *retired stays empty when there was no tree. */
static int retire_and_forget(const struct vsd_server *s, char retired[VSD_PATH_MAX],
			     char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	struct vsd_server now;
	int r = vsd_registry_lock(&lock);

	if (r < 0)
		return say(r, "the registry's lock", why);
	r = vsd_registry_find_name(s->name, &now);
	if (r == 0 && now.id != s->id)
		r = -ENOENT; /* deleted, and made anew */
	if (r < 0) {
		vsd_registry_why(s->name, r, why);
		return r;
	}
	if (now.state != VSD_SERVER_DISABLED)
		return say(-EBUSY, "it has been enabled meanwhile", why);
	r = vsd_registry_may_change(lock, why);
	if (r < 0)
		return r;
	r = tree_retire(now.root, retired, why);
	if (r == -ENOENT)
		retired[0] = '\0';
	else if (r < 0)
		return r;
	return delete_forget(lock, &now, why);
}

int delete_server(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	char retired[VSD_PATH_MAX] = "", folder[VSD_PATH_MAX];
	int r = retire_and_forget(s, retired, why);

	if (r < 0)
		return r;
	(void)snprintf(folder, sizeof(folder), "%s", s->root);
	*strrchr(folder, '/') = '\0'; /* there is one: the path is absolute */
	/* Without a tree there may be one that an earlier run has retired. */
	return retired[0] ? tree_purge(folder, retired, NULL, why) : tree_recover(folder, NULL, why);
}
