/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_UNFINISHED_H
#define VSD_UNFINISHED_H

#include "registry.h"

/* What killed tools have decided and not done, with servers (a refresh of skeletons
 * apart: refresh.h). */
struct unfinished {
	unsigned renamed, forgotten, cleared; /* servers, servers, trees */
};

/* Finish a rename, and forget every disabled server whose tree was retired and that
 * has no other, so that its name and addresses are free.  The registry's lock must
 * be held.
 * Shape:  out may be NULL, and is filled on failure too
 * Errors: the first that was met, with why; the rest is done all the same */
int unfinished_names(int lock, const char *vs_root, struct unfinished *out,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The same, taking the lock, and then clear away what is left of trees; not while
 * one of them may still tell of a server that could not be forgotten. */
int unfinished_finish(const char *vs_root, struct unfinished *out,
		      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
