/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_USERS_IMPL_H
#define VSD_USERS_IMPL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "users.h"

/* Shared by users*.c and rights.c alone. */

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

/* Is there a line of that name, in or out of the range, good or bad? */
bool vsd_text_has_line(const struct vsd_text *t, const char *name);

/* Put the value in the place of a field (0: the first) of the name's first line.
 * Errors: -ENOENT no such line; -EINVAL it has fewer fields */
int vsd_text_set_field(struct vsd_text *t, const char *name, unsigned field,
		       const char *value) VSD_MUST_CHECK;

/* Cut every line of that name. */
int vsd_text_drop_line(struct vsd_text *t, const char *name, bool *out_found) VSD_MUST_CHECK;

/* The three files, under the lock. */
struct vsd_users_files {
	struct vsd_text passwd, group, shadow;
};
void vsd_users_files_free(struct vsd_users_files *f);
#define VSD_USERS_FILES __attribute__((cleanup(vsd_users_files_free)))
int vsd_users_open(int rootfd, int *out_lock, struct vsd_users_files *f,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#define VSD_USERS_BAD_FIELD "a field holds a colon or control byte, or a path is not absolute"

/* Can it stand between two colons?  `path`: it is absolute, too. */
bool vsd_users_is_field(const char *s, bool path) VSD_MUST_CHECK;

/* Write the reason; answers r. */
__attribute__((format(printf, 3, 4)))
int vsd_because(char why[VSD_WHY_MAX], int r, const char *fmt, ...);

/* Is the id neither a user's nor a group's? */
bool vsd_users_is_free(const struct vsd_server *s, const struct vsd_users_files *f,
		       uint32_t id) VSD_MUST_CHECK;

/* The id for a new user or group: `wanted`, or with 0 the lowest that nobody has or
 * had; one that somebody had only when no file of the server has it.
 * Errors: -EINVAL out of the range; -EEXIST taken, or its files are; -ENOSPC none */
int vsd_users_choose_id(int rootfd, const struct vsd_server *s, const struct vsd_users_files *f,
			uint32_t wanted, uint32_t *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Note that the id is somebody's no more. */
int vsd_users_retire_id(int rootfd, const struct vsd_server *s, uint32_t id) VSD_MUST_CHECK;

/* A group's gid, by name or number, in the server's range.  -ENOENT */
int vsd_users_find_gid(const struct vsd_server *s, const struct vsd_text *group, const char *text,
		       uint32_t *out_gid, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Make the user a member of each group of the list "a,b". */
int vsd_users_join(const struct vsd_server *s, struct vsd_text *group, const char *list,
		   const char *user, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take away the user's crontab (crontab.h).  -ENOENT: there is none */
int vsd_users_drop_crontab(int rootfd, const char *user) VSD_MUST_CHECK;

/* Remove the name from every line's list of members (etc/group, etc/vsd/priv):
 * what stands behind the last colon. */
int vsd_text_drop_member(struct vsd_text *t, const char *name) VSD_MUST_CHECK;

#endif
