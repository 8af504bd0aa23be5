/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_JOB_IMPL_H
#define VSD_JOB_IMPL_H

#include "job.h"

/* Shared by the job*.c files alone. */

#define JOB_FILE_MAX 32

/* Open the spool, checked. */
int job_spool(int *out_fd) VSD_MUST_CHECK;

/* NNNNNNNN.job or NNNNNNNN.failed */
void job_file(enum job_kind kind, unsigned number, char out[JOB_FILE_MAX]);

/* Write the job, which has its number, as a queued one. */
int job_put(int spool, struct job *j) VSD_MUST_CHECK;

#endif
