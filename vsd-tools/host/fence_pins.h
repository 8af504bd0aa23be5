/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_FENCE_PINS_H
#define VSD_FENCE_PINS_H

#include "conf.h"

/* The fence's pins as files, for every build: one that has no fence itself still finds
 * what an earlier one has left. */

#define FENCE_BPFFS "/sys/fs/bpf"
#define FENCE_PINS FENCE_BPFFS "/vsd"
#define FENCE_MAPS_OF(layout) FENCE_PINS "/map-" layout
#define FENCE_LINKS FENCE_PINS "/link"
#define FENCE_PIN_MAX 64 /* bytes of a pin's path, NUL counted */

/* Take the lock that all changes are made under.
 * Owns:   *out_lock; close it to release
 * Errors: -ENOENT no pins; -EPERM somebody else's */
int fence_pins_lock(int *out_lock, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The same by a descriptor of FENCE_PINS and ".": a shorter way. */
int fence_pins_lock_at(int dirfd, const char *path, int *out_lock,
		       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Remove the pins, and with them what is in force. */
int fence_pins_remove(void) VSD_MUST_CHECK;

/* Remove the folders of maps, of whatever build; but for the one of `keep`, or NULL. */
int fence_pins_remove_maps(const char *keep) VSD_MUST_CHECK;

/* "what object: strerror" into why; gives the error back. */
int fence_why(char why[VSD_WHY_MAX], int error, const char *what, const char *object);

#endif
