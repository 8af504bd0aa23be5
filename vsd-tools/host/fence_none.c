/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "cgroup.h"
#include "fence.h"
#include "fence_pins.h"
#include "scope.h"

/* What stands for the fence in a build without clang or libbpf (FENCE=no). */

static int not_here(char why[VSD_WHY_MAX])
{
	snprintf(why, VSD_WHY_MAX,
		 "built without the address fence; vsredirect serves low ports instead");
	return -EOPNOTSUPP;
}

int fence_supported(char why[VSD_WHY_MAX])
{
	return not_here(why);
}

int fence_load(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	(void)c;
	return not_here(why);
}

int fence_put_conf(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	(void)c;
	(void)why;
	return 0; /* nothing is loaded */
}

int fence_open(struct fence **out, char why[VSD_WHY_MAX])
{
	(void)out;
	return not_here(why);
}

void fence_close(struct fence *f)
{
	(void)f; /* none was opened */
}

int fence_set(const struct fence *f, const struct vsd_server *s, int cgfd,
	      char why[VSD_WHY_MAX])
{
	(void)f;
	(void)s;
	(void)cgfd;
	return not_here(why);
}

int fence_unset(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	(void)s;
	return not_here(why);
}

int fence_check(const struct vsd_server *s, int cgfd, char why[VSD_WHY_MAX])
{
	(void)s;
	(void)cgfd;
	return not_here(why);
}

int fence_status(struct fence_status *out, char why[VSD_WHY_MAX])
{
	*out = (struct fence_status){ .in_force = false };
	return not_here(why);
}

/* What a build with a fence has left would refuse every socket of a server that is not
 * in it; and only such a build can say which are. */
int fence_unload(char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int lock = -1;
	int r = fence_pins_lock(&lock, why);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = vsd_cgroup_open_parent(false, &parent);
	if (r == 0)
		r = vsd_cgroup_is_populated(parent);
	if (r > 0) {
		(void)snprintf(why, VSD_WHY_MAX, "servers run behind the address fence of another "
			       "build, which this one, built without, cannot change: stop them first");
		return -EBUSY;
	}
	if (r == 0 || r == -ENOENT)
		r = fence_pins_remove();
	return r < 0 ? fence_why(why, r, "remove", FENCE_PINS) : 0;
}
