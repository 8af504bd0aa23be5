/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REFRESH_IMPL_H
#define VSD_REFRESH_IMPL_H

#include "refresh.h"

/* Shared by the refresh_*.c files alone. */

#define REFRESH_TEMP ".vsd-refresh.new"

/* Folders, then files that are new or changed, then what goes; files that
 * were folders come last of all. */
enum refresh_pass { PASS_FOLDERS, PASS_FILES, PASS_GONE, PASS_LATE };

struct refresh_work {
	const struct vsd_server *s;
	const struct refresh_diff *d;
	const struct refresh_opts *o;
	char *why;
	enum refresh_pass pass;
	bool late;               /* PASS_LATE has something to do */
	bool let_go;             /* a folder hands its quota on no more */
	int root;
	const char *folder;      /* that is open: */
	int here, was, now;      /* in the server and both skeletons; -1: not there */
};

int refresh_fail(struct refresh_work *w, int error, const struct refresh_change *c,
		 const char *what);

/* Is the path that of `name` in the folder? */
bool refresh_lies_at(const char *path, const char *folder, const char *name);

/* Tell that it stays as the server has it.  Answers 0. */
int refresh_keep(struct refresh_work *w, const struct refresh_change *c, const char *reason);

/* One change, its folder open. */
int refresh_put_file(struct refresh_work *w, const struct refresh_change *c) VSD_MUST_CHECK;
int refresh_take_file(struct refresh_work *w, const struct refresh_change *c) VSD_MUST_CHECK;

/* One change; these open what they need. */
int refresh_put_folder(struct refresh_work *w, const struct refresh_change *c) VSD_MUST_CHECK;
int refresh_take_folder(struct refresh_work *w, const struct refresh_change *c) VSD_MUST_CHECK;

#endif
