/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REFRESH_H
#define VSD_REFRESH_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"
#include "registry.h"

/* From one skeleton to another, in every server that was made from it.
 *
 * Every step looks first what is there: a file that is as the old skeleton had it
 * becomes the new one, one that is the new one already is done, any other is the
 * server's own and stays.  So it may be cut off anywhere and be done again, and
 * servers run on meanwhile.
 *
 * A folder may be the admin's of a running server, who may rename what they like
 * while we look.  Names are exchanged, then what came out is looked at once more,
 * and put back when it is not what was judged.  Nothing is opened by more than one
 * component there, no link followed, no mount crossed. */

enum refresh_kind { REFRESH_MADE, REFRESH_CHANGED, REFRESH_GONE };

struct refresh_change {
	enum refresh_kind kind;
	bool is_folder;
	bool is_dangerous;       /* the old file has a set-id bit or a capability */
	const char *folder;      /* that it lies in; of a folder: its own path */
	struct manifest_entry was, now;
	dev_t dev;               /* of both skeletons */
	ino_t was_ino, now_ino;
};

struct refresh_side {
	int fd;
	struct manifest m;
};

struct refresh_diff {
	struct refresh_side old, new;
	struct refresh_change *change; /* folders before what lies in them */
	size_t n, count[3], dangerous; /* count: by kind */
};

/* Compare two skeletons of the folder `parent`.
 * Owns:   refresh_diff_free, on success
 * Errors: -EBADMSG a manifest is damaged; else the system's, with why */
int refresh_diff_make(int parent, const char *old, const char *new, struct refresh_diff *out,
		      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void refresh_diff_free(struct refresh_diff *d);

/* The change's absolute path as a server sees it; one that is longer is cut: it
 * is for people. */
#define REFRESH_SHOWN_MAX 512
void refresh_path(const struct refresh_change *c, char out[REFRESH_SHOWN_MAX]);

/* Take set-id bits and capabilities from the old files that are dangerous. */
int refresh_disarm(const struct refresh_diff *d, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

struct refresh_opts {
	bool dry;                /* tell, change nothing */
	bool only_dangerous;
	void (*kept)(const struct vsd_server *s, const char *path, const char *reason, void *arg);
	/* A server that could not be brought over; it stays as far as it came. */
	void (*failed)(const char *name, const char *why, void *arg);
	void (*progress)(uint64_t done, uint64_t total, void *arg); /* servers */
	void *arg;
};

/* Bring a server from the old skeleton to the new.  Its tree's lock must be held.
 * Errors: the system's, with why; what was not done is done by the next call */
int refresh_server(const struct vsd_server *s, const struct refresh_diff *d,
		   const struct refresh_opts *o, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* ---- the whole ---- */

/* Names beside the skeleton NAME. */
#define REFRESH_NEW ".%s.new"
#define REFRESH_PREVIOUS ".%s.previous"

struct refresh_result {
	unsigned servers, failed;
};

/* Decide that the new (or the previous) skeleton beside `skel` takes its place.
 * From then on refresh_finish does it, in this process or another.
 * Errors: -ENOENT there is none; else the system's, with why */
int refresh_decide(const char *skel, bool previous, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Do what the journal says: exchange the skeletons, bring every server over, tell
 * of each that cannot be, and remove the journal when all are done (or `force`).
 * The skeletons' lock must be held; the queue's is taken for the exchange.
 * Errors: the system's, with why; out_result->failed is no error */
int refresh_finish(struct refresh_opts *o, bool force, struct refresh_result *out_result,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Call refresh_server for each server made from `skel`, each under its lock. */
int refresh_servers(const char *skel, const struct refresh_diff *d, struct refresh_opts *o,
		    struct refresh_result *result, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* How many servers there are, of any skeleton. */
int refresh_count(uint64_t *out) VSD_MUST_CHECK;

#endif
