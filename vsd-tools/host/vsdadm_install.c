/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packages into one server: vsd-refreshskel's work, on a skeleton of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spawn_tool.h"
#include "tool.h"
#include "vsdadm.h"

#define LIST_BYTES_MAX 2048

/* One word that vsd-refreshskel takes apart again, and looks at. */
static int join(const struct adm_call *c, char out[LIST_BYTES_MAX])
{
	size_t len = 0;

	for (int i = 1; i < c->argc; i++) {
		int n = snprintf(out + len, LIST_BYTES_MAX - len, "%s%s", i > 1 ? "," : "", c->argv[i]);

		if (n < 0 || (size_t)n >= LIST_BYTES_MAX - len)
			return tool_error("install", c->argv[i], "too many packages for one call");
		len += (size_t)n;
	}
	return TOOL_OK;
}

int adm_vs_install(const struct adm_call *c)
{
	char list[LIST_BYTES_MAX];
	const char *const argv[] = { "vsd-refreshskel", "--server", c->argv[0], "--install", list, NULL };
	struct vsd_server s;
	int r = adm_find(c->argv[0], &s);

	if (r == TOOL_OK)
		r = join(c, list);
	if (r != TOOL_OK)
		return r;
	(void)fflush(NULL); /* what it says comes after what we have said */
	r = wait_tool(spawn_tool(argv, STDOUT_FILENO));
	return r < 0 ? tool_error("install into", s.name, r == -EIO ? "vsd-refreshskel failed: see above"
								    : strerror(-r)) : TOOL_OK;
}
