/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BOOT_IMPL_H
#define BOOT_IMPL_H

#include "boot.h"

/* Shared by boot_start.c and boot_stop.c alone. */

#define BOOT_INIT "/usr/lib/vsd/vsd-init"

/* Open /run/vsd/NAME (made 0700 when it is not there) and take its lock.
 * Owns:   both descriptors; closing lock releases */
int boot_lock(const char *name, int *out_dirfd, int *out_lock) VSD_MUST_CHECK;

/* End and clear away whatever is there of the server, under its lock.
 * Shape:  *out_found: there was something */
int boot_clear(const struct vsd_conf *c, const struct vsd_server *s, int dirfd, bool *out_found,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* printf into why, and give the error back. */
int boot_why(char why[VSD_WHY_MAX], int error, const char *what, const char *object);

#endif
