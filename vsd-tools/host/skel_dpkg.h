/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_DPKG_H
#define VSD_SKEL_DPKG_H

#include "skel_plan.h"

/* The source's package database, read as files: nothing of the source is run.
 * What is chosen comes with its dependencies, so that the skeleton's own database,
 * written from the same stanzas, is whole and true. */
struct dpkg;

/* Errors: -ENOENT the source has none (another kind of system); -EBADMSG damaged */
int dpkg_load(struct plan *p, struct dpkg **out) VSD_MUST_CHECK;
void dpkg_free(struct dpkg *d);

/* Choose an installed package and what it depends on.
 * Errors: -ENOENT it is not installed there */
int dpkg_choose(struct dpkg *d, struct plan *p, const char *name) VSD_MUST_CHECK;

/* Choose the package that a file belongs to.  Errors: -ENOENT none */
int dpkg_choose_owner(struct dpkg *d, struct plan *p, const char *path) VSD_MUST_CHECK;

/* Put the files of the packages chosen since the last call, and the alternatives
 * that lead to what is in the plan. */
int dpkg_put_files(struct dpkg *d, struct plan *p) VSD_MUST_CHECK;
int dpkg_put_alternatives(struct dpkg *d, struct plan *p) VSD_MUST_CHECK;

/* Put the skeleton's own database.  The text lives as long as d. */
int dpkg_put_database(struct dpkg *d, struct plan *p) VSD_MUST_CHECK;

#endif
