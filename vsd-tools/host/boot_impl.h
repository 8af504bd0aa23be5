/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BOOT_IMPL_H
#define BOOT_IMPL_H

#include "boot.h"

/* Shared by boot_start.c, boot_stop.c and boot_single.c alone. */

#define BOOT_INIT "/usr/lib/vsd/vsd-init"

/* Open /run/vsd/NAME (made 0700 when it is not there) and take its lock.
 * Errors: -EBUSY it is held by who works in a server that stands still
 * Owns:   both descriptors; closing lock releases */
int boot_lock(const char *name, int *out_dirfd, int *out_lock) VSD_MUST_CHECK;

/* End and clear away whatever is there of the server, under its lock.
 * Shape:  *out_found: there was something */
int boot_clear(const struct vsd_conf *c, const struct vsd_server *s, int dirfd, bool *out_found,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Start it, under its lock; `single`: without services, addresses and logins.
 * Shape:  note: what people should know although it runs */
int boot_start_all(const struct boot *b, const struct vsd_server *s, bool single, int dirfd,
		   char note[VSD_WHY_MAX], char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Why it could not be locked, and give the error back. */
int boot_lock_why(char why[VSD_WHY_MAX], int error, const char *name);

/* printf into why, and give the error back. */
int boot_why(char why[VSD_WHY_MAX], int error, const char *what, const char *object);

#endif
