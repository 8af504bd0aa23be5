/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_VSALIAS_H
#define VSD_VSALIAS_H

#include "alias.h"
#include "registry.h"

/* The servers that the command line names; all when it names none. */
struct chosen {
	struct vsd_server *server;
	size_t n, room;
};

/* Print them with the host's view of each address; exit status. */
int vsalias_list(const struct chosen *c, bool all, bool json);

#endif
