/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_STATE_H
#define NSS_VSD_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* What the process knows for as long as it lives: locks that outlive a fork and
 * the root that it started in. */

enum nss_guard {
	GUARD_CACHE,  /* index, cache, remembered server; held for microseconds */
	GUARD_PASSWD, /* the four enumerations; may be held while a file is read */
	GUARD_GROUP,
	GUARD_SHADOW,
	GUARD_GSHADOW,
	GUARD_HOME,   /* the first look at "/" */
	GUARD_RIGHTS, /* the host's list of exec rights */
	GUARD_COUNT,
};

/* Take a lock.
 * Answers: true: the last holder vanished in a fork, between enter and leave,
 *          and what the lock guards may be half changed: forget it all
 * Safe:    any thread; a forked child never waits for a thread it has not got */
bool nss_guard_enter(enum nss_guard g);
void nss_guard_leave(enum nss_guard g);

/* The same for a destructor, which may run in a signal handler's exit(): false
 * instead of waiting. */
bool nss_guard_try(enum nss_guard g, bool *out_torn) __attribute__((warn_unused_result));

/* Is "/" another directory than at the first call in this process?
 * One stat; an error counts as changed. */
bool nss_root_changed(void);

/* A number that tenants cannot know, for hashes of what they write. */
uint64_t nss_seed(void);

#endif
