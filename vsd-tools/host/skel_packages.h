/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_PACKAGES_H
#define VSD_SKEL_PACKAGES_H

#include "skel_plan.h"

/* The source's packages, whichever kind its database is of: dpkg's (skel_dpkg.h) or
 * rpm's (skel_rpm.h).  What is chosen comes with its dependencies, and the skeleton gets a
 * database of just that. */
struct packages;

/* Of a tree's root, by descriptor.  SKEL_DB_ANY: it has none that we can read. */
enum skel_db packages_kind(int rootfd);

/* Why it has none, for people. */
const char *packages_why_none(int rootfd);

/* Errors: -ENOENT the source has none; -EBADMSG damaged; -ECHILD rpmdb failed, and said
 * why; else the system's */
int packages_load(struct plan *p, struct packages **out) VSD_MUST_CHECK;
void packages_free(struct packages *k);

/* Choose an installed package and what it depends on.
 * Errors: -ENOENT it is not installed there */
int packages_choose(struct packages *k, struct plan *p, const char *name) VSD_MUST_CHECK;

/* Choose the package that a file belongs to.  Errors: -ENOENT none */
int packages_choose_owner(struct packages *k, struct plan *p, const char *path) VSD_MUST_CHECK;

/* Put the files of the packages chosen since the last call. */
int packages_put_files(struct packages *k, struct plan *p) VSD_MUST_CHECK;

/* When the plan has all that it will have: put the alternatives that lead to what is in
 * it, and the skeleton's own database.  What it is made of lives as long as k.
 * Errors: -ECHILD rpmdb failed, and said why; else the system's */
int packages_put_database(struct packages *k, struct plan *p) VSD_MUST_CHECK;

#endif
