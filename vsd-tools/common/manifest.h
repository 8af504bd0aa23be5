/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_MANIFEST_H
#define VSD_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "conf.h"

/* SKEL/.vsd-manifest (root, 0600): what a skeleton holds, so that making a server
 * asks the filesystem nothing that is known.  Text, one entry a line:
 *
 *   vsd-skeleton 1
 *   id HEX                     32 digits, of this very content
 *   KEY VALUE                  source, profile, conf, install, links, reference
 *   lacks PATH NEEDED          a program of the source that could not run there
 *   d r 0755 PATH              a folder, "." first; parents before children
 *   s NAME                     in the folder above it: shared, linked
 *   p r 0644 NAME              private, copied
 *   x r 0644 NAME              private, with extended attributes
 *   t a 0600 NAME              private, its @WORDS@ replaced for each server
 *   e r 0640 NAME              a file that starts empty
 *
 * r: root's; a: the server's admin's.  Symbolic links are shared: nobody in a
 * server can change one.  No name holds a control byte. */
#define MANIFEST_NAME ".vsd-manifest"
#define MANIFEST_MAX_BYTES (1ul << 28)
#define MANIFEST_ID_LEN 32

enum manifest_kind {
	MANIFEST_FOLDER = 'd',
	MANIFEST_SHARED = 's',
	MANIFEST_PRIVATE = 'p',
	MANIFEST_PRIVATE_XATTR = 'x',
	MANIFEST_TEMPLATE = 't',
	MANIFEST_EMPTY = 'e',
};

struct manifest_entry {
	enum manifest_kind kind;
	bool admin;          /* owner: the server's admin, else root */
	mode_t mode;         /* permission bits; 0 for shared ones */
	const char *name;    /* folder: its path; else one component */
};

struct manifest {
	char *text;          /* lines ended by NUL once loaded */
	size_t len, body;    /* body: offset of the first entry */
	char id[MANIFEST_ID_LEN + 1];
	char profile[33];
	char source[VSD_PATH_MAX], conf[VSD_PATH_MAX]; /* what it was made from; "" unknown */
	const char *install; /* packages beside the profile's, with spaces; NULL none */
	uint64_t entries, folders;
	/* The highest link count of any file when the skeleton was made, the most
	 * links that one server adds to a file, and a file to which every server
	 * adds exactly one, with its count at that time. */
	uint64_t links_most, links_each, reference_links;
	char reference[VSD_PATH_MAX]; /* "" when there is no shared file */
};

/* Read and check the manifest of the skeleton whose folder is skelfd.
 * Owns:   manifest_free
 * Errors: -ENOENT none; -EBADMSG damaged and -EPROTONOSUPPORT another version's, with why;
 *         -EPERM owner or mode */
int manifest_load(int skelfd, struct manifest *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int manifest_parse(char *text, size_t len, struct manifest *out,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK; /* takes text, malloc'ed, even on failure */
void manifest_free(struct manifest *m);

/* Has the head just this line? */
bool manifest_has_line(const struct manifest *m, const char *line);

/* Step through the entries: *at = m->body at first.  False at the end. */
bool manifest_next(const struct manifest *m, size_t *at, struct manifest_entry *out);

/* The order of paths in a manifest, as strcmp's: a slash comes before every other
 * byte, so that a folder's content follows it at once: "a", "a/b", "a-c". */
int manifest_order(const char *a, const char *b);

/* May a path's last part be a name in a skeleton? */
bool manifest_is_name(const char *name);

#endif
