/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_CHECK_H
#define VSD_SKEL_CHECK_H

#include "conf.h"
#include "scope.h"

/* Look a skeleton over: each entry of its manifest is there, of the kind and mode
 * it says, root's, and nothing else is; no set-id bit but the helper's, no
 * capability, no device; and what each program needs to run (libraries, loader,
 * interpreter) is in it, but for what its source lacked too.  Nothing of it is run.
 * Each thing that is wrong is told on stderr, what its source lacked on stdout.
 * Shape:  path absolute; `before` NULL, or another skeleton: then what is wrong with
 *         both is not told, and what the source lacks is wrong
 * Errors: the system's, with why; else the number of things that are wrong */
int skel_check(const char *path, const char *before, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
