/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of a machine that people type from habit.  What is meant has another name
 * here, or is the host's: a script knows which, and is run as the caller, with no power. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "tool.h"

#define HABITS "/usr/lib/vsd/habits"

int verb_habit(const struct guest *g, int argc, char **argv)
{
	static char file[] = HABITS;
	char **words = calloc((size_t)argc + 2, sizeof(*words));
	char *base = strrchr(argv[0], '/');
	int r;

	if (!words)
		return tool_error("run", argv[0], "out of memory");
	words[0] = file;
	words[1] = base ? base + 1 : argv[0];
	memcpy(words + 2, argv + 1, (size_t)(argc - 1) * sizeof(*words));
	/* Without the setuid bit (isolation=chroot) it is the caller's process anyway. */
	r = geteuid() == 0 ? vsd_enter_become(&g->caller.who) : 0;
	if (r == 0)
		r = caller_give_back(&g->caller);
	if (r == 0) {
		(void)execve(file, words, environ);
		r = -errno;
	}
	free(words);
	(void)tool_errno("run", file, r);
	return NOT_RUN;
}
