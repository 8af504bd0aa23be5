/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_MAKE_H
#define VSD_SKEL_MAKE_H

#include "conf.h"
#include "skel_plan.h"

#define SKEL_PROFILE "minimal" /* when nobody says another */

/* What a skeleton is made from, as the command line says it.  A tool's code: it
 * tells of failures and answers an exit status. */
struct skel_wish {
	const char *source;      /* absolute; "/" for the host */
	const char *origin;      /* what was said for it (skel_boot.h) */
	const char *skel;        /* absolute: where it is to be */
	const char *profile, *conf;
	const char *install;     /* packages beside the profile's, with spaces; or NULL */
	const char *noted;       /* those of them that the manifest names (NULL: all) */
	bool verbose;
};

/* The options that say it: rows for getopt_long, their cases, and what each means. */
#define SKEL_WISH_OPTIONS \
	{ "source", required_argument, NULL, 's' }, { "skel", required_argument, NULL, 'k' }, \
	{ "profile", required_argument, NULL, 'p' }, { "conf", required_argument, NULL, 'c' }, \
	{ "verbose", no_argument, NULL, 'v' }
#define SKEL_WISH_CASES case 's': case 'k': case 'p': case 'c': case 'v':
void skel_wish_take(struct skel_wish *w, int option, const char *arg);

/* For root: read vsd.conf, which says where the skeleton is when nobody else does.
 * Owns:   *out: vsd_conf_free; w->skel may lie in it
 * Returns: TOOL_OK or an exit status, its message written */
int skel_wish_settle(struct skel_wish *w, struct vsd_conf **out);

/* Think a skeleton out, hand the sorted plan to `use`, and free it. */
int skel_make_plan(const struct skel_wish *w,
		   int (*use)(struct plan *p, const struct skel_wish *w, void *arg), void *arg);

/* Say how much a plan holds. */
void skel_make_report(const struct plan *p, const char *skel);

#endif
