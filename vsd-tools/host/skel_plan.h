/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_PLAN_H
#define VSD_SKEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "skelconf.h"

/* What a skeleton will hold, thought out whole before a byte is written.  A tool's
 * code: out of memory ends the program. */

enum plan_type { PLAN_FOLDER, PLAN_FILE, PLAN_LINK };

struct plan_item {
	char *path;              /* in the skeleton, absolute and without links; "/" */
	enum plan_type type;
	mode_t mode;             /* permission bits as the skeleton has them */
	gid_t gid;               /* 0, or the group of an exec right */
	char *target;            /* of a link */
	char *host;              /* its bytes are the host's file of this path, else
				  * they are the source's file of the item's path */
	const char *text;        /* or these, when not NULL */
	size_t text_len;
	bool is_private, is_template, is_empty, by_admin, gone, done;
	dev_t dev;               /* of the source, to find hard links again */
	ino_t ino;
	nlink_t nlink;
	uint64_t size;
	uint32_t next;           /* in its hash chain, 0: the end */
};

struct plan {
	const struct skel_conf *conf;
	const char *source;      /* absolute; "/" for the host */
	const char *install;     /* packages beside the rules', or NULL */
	int sourcefd;            /* O_PATH */
	struct plan_item *item;  /* item[0] is unused */
	uint32_t nitem, room;
	uint32_t *hash;
	uint32_t nhash;          /* a power of two */
	unsigned depth;          /* of links followed just now */
	unsigned skipped_secret, skipped_special;
	bool verbose;
	char *lacks;             /* lines "lacks PATH NEEDED": of the source, or NULL */
};

void plan_init(struct plan *p, const struct skel_conf *conf, const char *source, int sourcefd);
void plan_free(struct plan *p);

/* The item of that path, or NULL; valid until the next plan_put. */
struct plan_item *plan_find(struct plan *p, const char *path);

/* The item of that path, made when it is not there (then a file without a type's
 * facts); a deleted one comes back. */
struct plan_item *plan_put(struct plan *p, const char *path, enum plan_type type, mode_t mode);

/* Put a path of the source: its folders, the links on the way, itself; a link's
 * target too.  A path that rules or safety exclude is passed over, quietly.
 * `wanted`: something needs it (a library, an interpreter), so exclude rules do not hold;
 * what is a secret never gets in.
 * Errors: 0 put or passed over; -ENOENT not there; else the system's */
int plan_add(struct plan *p, const char *path, bool wanted) VSD_MUST_CHECK;

/* The same for all that a pattern matches.  Errors: -ENOENT nothing does */
int plan_add_pattern(struct plan *p, const char *pattern) VSD_MUST_CHECK;

/* Resolve the links in a path's folders as they stand in the source: malloc'ed.
 * Errors: -ELOOP; -ENOENT; -ENAMETOOLONG */
int plan_canonical(struct plan *p, const char *path, char **out) VSD_MUST_CHECK;

/* Where a link leads, when all its steps have been followed: malloc'ed. */
int plan_canonical_link(struct plan *p, const char *path, char **out) VSD_MUST_CHECK;

/* Open or look at a path of the source as a process whose root that is would see
 * it; a link at the end is itself. */
int plan_open_path(const struct plan *p, const char *path, int flags, int *out_fd) VSD_MUST_CHECK;
int plan_stat(const struct plan *p, const char *path, struct stat *st) VSD_MUST_CHECK;

/* Is there a regular file, all links followed?  Errors: 0; -ENOENT; else the system's */
int plan_leads_to_file(const struct plan *p, const char *path) VSD_MUST_CHECK;

/* Sort the items by path, folders before what lies in them; ends plan_find. */
void plan_sort(struct plan *p);

/* Open a file of the source for reading. */
int plan_open(const struct plan *p, const struct plan_item *i, int *out_fd) VSD_MUST_CHECK;

/* May it be in a skeleton at all?  False for what identifies or opens the host. */
bool plan_is_allowed(const char *path);

void *plan_memory(void *got); /* ends the program when NULL */
char *plan_text(const char *s);
char *plan_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
