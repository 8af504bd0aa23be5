/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "fence.h"

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

int fence_unload(char why[VSD_WHY_MAX])
{
	return not_here(why);
}
