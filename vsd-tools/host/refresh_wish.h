/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REFRESH_WISH_H
#define VSD_REFRESH_WISH_H

#include "manifest.h"
#include "skel_make.h"

/* What nobody has said of a new skeleton, the present one says; of a server's own, the
 * one that it is based on says what it is made from, and both which packages it has.
 * Shape:  install: as the command line says it, or NULL; *packages, *noted: malloc'ed or
 *         NULL, w uses them
 * Owns:   m, which w points into from then on: manifest_free
 * TOOL_OK, or an exit status, its message written. */
int refresh_wish(struct skel_wish *w, const char *install, char **packages, char **noted,
		 struct manifest *m);

#endif
