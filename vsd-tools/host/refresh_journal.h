/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REFRESH_JOURNAL_H
#define VSD_REFRESH_JOURNAL_H

#include <stdint.h>

#include "conf.h"

/* A refresh that has been decided and is not yet done in every server:
 * /var/lib/vsd/refresh, written whole.  It says which skeleton is exchanged and
 * the inode number of the folder that is to have its name: where that folder
 * lies tells what has been done, at whatever moment the work was cut off. */
struct refresh_journal {
	char skel[VSD_PATH_MAX];
	uint64_t folder;
};

/* Errors: -ENOENT none; -EBADMSG damaged; -EPROTONOSUPPORT another version's; else the system's, with why */
int refresh_journal_read(struct refresh_journal *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int refresh_journal_write(const struct refresh_journal *j) VSD_MUST_CHECK;
int refresh_journal_remove(void) VSD_MUST_CHECK;

#endif
