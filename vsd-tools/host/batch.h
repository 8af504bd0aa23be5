/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_BATCH_H
#define VSD_BATCH_H

#include "conf.h"

/* Do every queued job, and those that are queued meanwhile.  They begin and are told of in
 * their order; where there are cores for it some are at work at once, each in a process
 * that ends with this one.  A job that fails is put aside with its reason; one that cannot
 * even be put aside is passed over, and stays queued.  The queue must be held.
 * Shape:  *out_made: how many servers were made
 * TOOL_OK, or TOOL_FAILED with a message for each job that failed */
int batch_run(const struct vsd_conf *c, unsigned *out_made);

#endif
