/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_USERS_IMPL_H
#define VSD_USERS_IMPL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "users.h"

/* Shared by users.c, users_file.c, users_home.c and rights.c alone. */

/* One account file, whole in memory. */
struct vsd_text {
	char *p;
	size_t len, size;
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* The lock that shadow's own tools take, beneath the server's etc. */
int vsd_users_lock(int rootfd, int *out_fd, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Read ROOT/DIR/NAME; -ENOENT is an error unless `may_miss`. */
int vsd_text_read(int rootfd, const char *path, bool may_miss, struct vsd_text *out) VSD_MUST_CHECK;

/* Cut `len` bytes at `at`, put `ins` there. -EFBIG: past VSD_ACCOUNT_FILE_MAX */
int vsd_text_splice(struct vsd_text *t, size_t at, size_t len, const char *ins,
		    size_t ins_len) VSD_MUST_CHECK;

/* Append one line, the newline added; a last line that lacks its own gets it. */
int vsd_text_append(struct vsd_text *t, const char *line) VSD_MUST_CHECK;

/* Write it back, whole and crash-safe, with its owner and mode. */
int vsd_text_write(int rootfd, const char *dir, const char *name,
		   const struct vsd_text *t) VSD_MUST_CHECK;

/* Wipe (it may hold hashes) and free. */
void vsd_text_free(struct vsd_text *t);

static inline struct vsd_span vsd_text_span(const struct vsd_text *t)
{
	return (struct vsd_span){ t->p, t->len };
}

/* Make the home folder from the server's etc/skel: what is in it is owned by uid and
 * gid, itself is still shut, for vsd_users_open_home once the user is there.  One
 * that a crash left shut is made anew. */
int vsd_users_make_home(int rootfd, const char *home, uint32_t uid, uint32_t gid,
			char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Give a home that is still shut to its user; any other stays as it is. */
int vsd_users_open_home(int rootfd, const char *home, uint32_t uid,
			char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Remove the name from every line's list of members (etc/group, etc/vsd/priv):
 * what stands behind the last colon. */
int vsd_text_drop_member(struct vsd_text *t, const char *name) VSD_MUST_CHECK;

#endif
