/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_RPM_IMPL_H
#define VSD_SKEL_RPM_IMPL_H

#include "safe.h"
#include "skel_cache.h"
#include "skel_index.h"
#include "skel_rpm.h"
#include "skel_rpm_head.h"

/* Shared by the skel_rpm*.c files alone. */

#define RPM_FOLDER "rpm"
#define RPM_WORK SKEL_CACHE "/" RPM_FOLDER

struct rpm_package {
	struct rpm_head head;    /* in rpm.text */
	const char *name, *arch;
	bool chosen, put;
};

struct rpm {
	char *text;              /* all headers */
	size_t len;
	struct rpm_package *package; /* sorted by name; of one name, x86_64 before i686 */
	size_t npackage, room;
	struct skel_index provides, files;
	char *database;          /* its folder, in the source */
	int lock;                /* of RPM_WORK, or -1 */
};

/* A file of a package. */
struct rpm_file {
	char *path;              /* of the walk: copy it */
	const char *folder, *name; /* folder: with a slash at its end */
	uint32_t n;              /* which of the package's */
};

/* Take the headers that `text` holds, which is r's from then on. */
int rpm_take_headers(struct rpm *r, char *text, size_t len) VSD_MUST_CHECK;

/* Visit the files of a package until an error. */
int rpm_each_file(const struct rpm_package *k,
		  int (*visit)(const struct rpm_package *k, const struct rpm_file *f, void *arg),
		  void *arg) VSD_MUST_CHECK;

/* The installed package that has what a requirement names (a capability, a file), or
 * NULL; flags and version as its header has them. */
struct rpm_package *rpm_find(const struct rpm *r, const char *name, uint32_t flags,
			     const char *version);

/* Call `choose` for each package that a requirement takes. */
void rpm_need(struct rpm *r, const char *name, uint32_t flags, const char *version,
	      void (*choose)(struct rpm *r, struct rpm_package *k, void *arg), void *arg);

/* Run rpmdb on a database's folder; what it complains of goes to standard error.
 * Errors: -ECHILD it failed */
int rpm_run(const char *options, const char *folder, const char *in, const char *out) VSD_MUST_CHECK;

#endif
