/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_CLOSURE_H
#define VSD_SKEL_CLOSURE_H

#include "skel_packages.h"

/* Put what the planned programs need to run: shared libraries by their dynamic
 * sections, loaders, interpreters of scripts, and what those need in turn; each
 * with the whole package it belongs to (k may be NULL: a source without a package database).
 * Something needed that the source lacks is told as a warning, counted, and
 * passed over: the source does not work there either.
 * Shape:  *out_missing: how many were missing */
int closure_put(struct plan *p, struct packages *k, unsigned *out_missing) VSD_MUST_CHECK;

/* The same question about a skeleton: the plan holds its files, its source is the
 * skeleton.  Nothing is put; `tell` gets each file and what it needs in vain. */
int closure_check(struct plan *p, void (*tell)(const char *path, const char *what, void *arg),
		  void *arg) VSD_MUST_CHECK;

#endif
