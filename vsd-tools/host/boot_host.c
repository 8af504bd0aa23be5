/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "boot_impl.h"
#include "fence.h"
#include "filter.h"
#include "paths.h"

/* A fence that is not wanted any more would refuse every socket of a server that is
 * not in it. */
static int lower_fence(char why[VSD_WHY_MAX])
{
	int r = fence_unload(why);

	if (r == 0)
		why[0] = '\0'; /* nobody asked for one */
	return r;
}

/* A fence that is wanted and possible is there, or nothing starts. */
static int raise_fence(const struct vsd_conf *c, struct fence **out, char why[VSD_WHY_MAX])
{
	char left[VSD_WHY_MAX];
	int r;

	*out = NULL;
	if (!c->fence)
		return lower_fence(why);
	r = fence_supported(why);
	if (r == -EOPNOTSUPP) {
		/* Another build's may be there.  The caller tells people why there is none. */
		r = fence_unload(left);
		if (r < 0)
			(void)snprintf(why, VSD_WHY_MAX, "%s", left);
		return r;
	}
	if (r == 0)
		r = fence_load(c, why);
	return r < 0 ? r : fence_open(out, why);
}

int boot_prepare(const struct vsd_conf *c, struct boot *out, char why[VSD_WHY_MAX])
{
	struct boot b = { .conf = c };
	int r;

	why[0] = '\0';
	if (mkdir(vsd_path_run, 0755) < 0 && errno != EEXIST)
		return boot_why(why, -errno, "make", vsd_path_run);
	r = boot_guard_mount(c, why);
	if (r < 0)
		return r;
	r = filter_make(&b.filter, &b.filter_len);
	if (r < 0)
		return boot_why(why, r, "make", "the sessions' seccomp filter");
	r = raise_fence(c, &b.fence, why);
	if (r < 0)
		boot_free(&b);
	else
		*out = b;
	return r;
}

void boot_free(struct boot *b)
{
	free(b->filter);
	fence_close(b->fence);
	*b = (struct boot){ .conf = NULL };
}
