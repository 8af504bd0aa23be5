/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ACCOUNT_H
#define VSD_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scope.h"

/* A server's own etc/passwd, group and shadow, as text in memory. */

#define VSD_ACCOUNT_FILE_MAX (1l << 20) /* bytes; a larger file is refused */
#define VSD_ACCOUNT_LINE_MAX 65536         /* bytes; a longer line is skipped */
#define VSD_ACCOUNT_MEMBER_MAX 1024        /* members of one group */

/* Borrowed text, not NUL-terminated. */
struct vsd_span {
	const char *p;
	size_t len;
};

struct vsd_passwd_line {
	struct vsd_span name, password, gecos, dir, shell;
	uint32_t uid, gid;
	bool plain; /* all of it printable ASCII, without '=' and ".." */
};

struct vsd_group_line {
	struct vsd_span name, password, members; /* members: comma-separated, unparsed */
	uint32_t gid;
};

struct vsd_shadow_line {
	struct vsd_span name, hash;
	long last_change, min, max, warn, inactive, expire; /* days; -1: empty */
	unsigned long flag;
};

/* Ids from first to first+count-1. */
struct vsd_range {
	uint32_t first, count;
};

/* Parse one line without its newline.
 * Errors: -EINVAL: field count, a name that vsd_name_is_user refuses, a bad
 *         number, a NUL byte, '+' or '-' lines; out untouched */
int vsd_passwd_parse(struct vsd_span line, struct vsd_passwd_line *out) VSD_MUST_CHECK;
int vsd_group_parse(struct vsd_span line, struct vsd_group_line *out) VSD_MUST_CHECK;
int vsd_shadow_parse(struct vsd_span line, struct vsd_shadow_line *out) VSD_MUST_CHECK;

/* Step through the valid lines of a file, past all others; *cursor starts at 0.
 * Errors: false at the end */
bool vsd_passwd_next(struct vsd_span file, size_t *cursor, struct vsd_passwd_line *out);
bool vsd_group_next(struct vsd_span file, size_t *cursor, struct vsd_group_line *out);

/* Step through a file's lines, whatever they are: the first call with *cursor = 0.
 * Errors: false at the end */
bool vsd_lines_next(struct vsd_span file, size_t *cursor, struct vsd_span *out_line);

/* Next member of a group line; *cursor starts at 0. Names that
 * vsd_name_is_user refuses are passed over. */
bool vsd_members_next(struct vsd_span members, size_t *cursor, struct vsd_span *out_name);

/* Is the name, whole, one of the members that vsd_members_next gives? */
bool vsd_members_has(struct vsd_span members, const char *name);

/* Take a line of etc/vsd/priv apart: RIGHT:...:MEMBERS, borrowed.  False: it is none. */
bool vsd_rights_line(struct vsd_span line, struct vsd_span *out_right,
		     struct vsd_span *out_members);

/* Is it one of the rights that let people in?  Those are never of a program. */
bool vsd_right_is_way_in(struct vsd_span right);

/* First valid line with that name or id whose uid and gid lie in the range.
 * A first line of the name that is out of the range hides no later one; a
 * duplicate after the first match is ignored.
 * Errors: -ENOENT */
int vsd_passwd_find_name(struct vsd_span file, struct vsd_range r, struct vsd_span name,
			 struct vsd_passwd_line *out) VSD_MUST_CHECK;
int vsd_passwd_find_uid(struct vsd_span file, struct vsd_range r, uint32_t uid,
			struct vsd_passwd_line *out) VSD_MUST_CHECK;
int vsd_group_find_name(struct vsd_span file, struct vsd_range r, struct vsd_span name,
			struct vsd_group_line *out) VSD_MUST_CHECK;
int vsd_group_find_gid(struct vsd_span file, struct vsd_range r, uint32_t gid,
		       struct vsd_group_line *out) VSD_MUST_CHECK;
int vsd_shadow_find_name(struct vsd_span file, struct vsd_span name,
			 struct vsd_shadow_line *out) VSD_MUST_CHECK;

/* GECOS as the host may see it: to its first comma, printable ASCII, without
 * '='.  Shape: size bytes, NUL counted; cut to fit. Returns the length. */
size_t vsd_gecos_clean(struct vsd_span gecos, char *out, size_t size);

#endif
