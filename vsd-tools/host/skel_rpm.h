/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_RPM_H
#define VSD_SKEL_RPM_H

#include "skel_plan.h"

/* The source's rpm database.  Its formats are rpm's own affair (sqlite, ndb, Berkeley's),
 * so the host's rpmdb writes the headers of it out, and makes the skeleton's database of
 * those that were chosen.  Used through skel_packages.h, which see. */
struct rpm;

/* The folder below the root that holds a database, or NULL. */
const char *rpm_find_database(int rootfd);

/* Has the host what reads it? */
bool rpm_has_tool(void);

int rpm_load(struct plan *p, struct rpm **out) VSD_MUST_CHECK;
void rpm_free(struct rpm *r);
int rpm_choose(struct rpm *r, struct plan *p, const char *name) VSD_MUST_CHECK;
int rpm_choose_owner(struct rpm *r, struct plan *p, const char *path) VSD_MUST_CHECK;
int rpm_put_files(struct rpm *r, struct plan *p) VSD_MUST_CHECK;

/* A file that a chosen package has and the skeleton has not is noted as not installed:
 * the rest of the header is as the package's maker has signed it. */
int rpm_put_database(struct rpm *r, struct plan *p) VSD_MUST_CHECK;

#endif
