/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_JOBS_H
#define TEST_JOBS_H

#include "job.h"

/* A private tree (paths_test.h) with vsd.conf and a small skeleton in it. */
#define JOBS_VS_ROOT "/mnt/home/vsd/vs"

/* Errors: -1 not root */
int jobs_tree_make(void);

/* The tree's vsd.conf; vsd_conf_free. */
struct vsd_conf *jobs_conf(void);

/* Queue a server NAME, checked as vsdadm does; 0 or why. */
int jobs_queue(const char *name, const char *address, const char *fqdn, const char *users,
	       char why[VSD_WHY_MAX]);

/* What vsd-vsbatch does with the queue; the number of jobs that failed. */
int jobs_work(void);

/* Is there such a file beneath the tree? */
int jobs_is_there(const char *path);

#endif
