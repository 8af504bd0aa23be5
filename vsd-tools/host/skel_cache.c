/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_cache.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "safe.h"
#include "tool.h"
#include "tree_impl.h"

int skel_cache_clear(const char *folder)
{
	char why[VSD_WHY_MAX] = "", path[128];
	VSD_CLOSE int cache = -1;
	int r;

	if (mkdir(SKEL_CACHE, 0700) < 0 && errno != EEXIST)
		return tool_errno("make", SKEL_CACHE, errno);
	r = vsd_safe_open_root(SKEL_CACHE, &cache);
	if (r < 0)
		return tool_errno("open", SKEL_CACHE, r);
	(void)snprintf(path, sizeof(path), SKEL_CACHE "/%s", folder);
	return tree_remove(cache, folder, NULL, why) < 0 ? tool_error("clear", path, why) : TOOL_OK;
}
