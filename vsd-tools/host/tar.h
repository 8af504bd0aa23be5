/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TAR_H
#define VSD_TAR_H

#include <stdint.h>
#include <stdio.h>

#include "conf.h"

/* The little of POSIX's tar (ustar, and pax records for what does not fit) that a
 * server needs: files, folders, symbolic links and pipes.  The reader takes what
 * the writer writes and refuses every other thing: root reads archives that come
 * from anywhere, and a reader of one form can be looked through and fuzzed. */
#define TAR_PATH_MAX 4096 /* bytes, NUL counted */

enum tar_type { TAR_FILE = '0', TAR_LINK = '2', TAR_FOLDER = '5', TAR_PIPE = '6' };

struct tar_entry {
	enum tar_type type;
	uint32_t uid, gid, mode; /* mode: permission bits */
	uint64_t mtime, size;    /* size: of a file, else 0 */
	char path[TAR_PATH_MAX]; /* relative, each part checked by the reader */
	char link[TAR_PATH_MAX]; /* of a link: its target, any text */
};

/* Write an entry's header; size bytes of content and tar_write_pad follow.
 * Errors: -EIO and the like of the stream; -ENAMETOOLONG */
int tar_write(FILE *f, const struct tar_entry *e) VSD_MUST_CHECK;
int tar_write_pad(FILE *f, uint64_t size) VSD_MUST_CHECK;
int tar_write_end(FILE *f) VSD_MUST_CHECK;

/* Read the next header; the caller reads size bytes and calls tar_read_pad.
 * Errors: 1 there is one; 0 the end; -EBADMSG damaged or not such an archive,
 *         with why; -EIO */
int tar_read(FILE *f, struct tar_entry *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int tar_read_pad(FILE *f, uint64_t size) VSD_MUST_CHECK;

#endif
