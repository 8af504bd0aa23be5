/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSBOOT_H
#define VSBOOT_H

#include <stdbool.h>
#include <stddef.h>

#include "registry.h"

/* The servers that are meant. */
struct server_list {
	struct vsd_server *s;
	size_t n, cap;
	int status;
	bool unknown; /* a name is no server's */
};

/* --status: say of each whether it runs.
 * Shape:  named: they were, so that a disabled one is asked for, too
 * Returns: TOOL_OK when all of them run that should */
int boot_show_all(const struct server_list *l, bool json, bool named);

#endif
