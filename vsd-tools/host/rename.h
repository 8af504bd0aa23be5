/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_RENAME_H
#define VSD_RENAME_H

#include "registry.h"

/* Give a server another name: its tree, the link in it that makes host paths right
 * inside, its registry file.  Once decided, /var/lib/vsd/rename says so, and
 * each step asks what is done already: a killed one is finished by the next call,
 * by `vsdadm check --repair` and by vsd-vsbatch.  The server must stand still; the
 * registry's lock must be held.
 * Errors: -ENOENT no such server; -EEXIST the name or its folder is taken; -EBUSY
 *         it runs; else the system's, with why */
int rename_server(int lock, const char *from, const char *to, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Finish what was decided: 1 there was something; 0 nothing. */
int rename_finish(int lock, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Is there something to finish, or is another tool at it? */
bool rename_is_pending(void);

#endif
