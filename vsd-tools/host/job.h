/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_JOB_H
#define VSD_JOB_H

#include <stdint.h>

#include "registry.h"

/* Queued work, one text file a job in vsd_path_spool (0700 root): NNNNNNNN.job,
 * done in the order of numbers.  Every call wants the registry's lock held, but
 * for job_next and job_read. */
struct job {
	unsigned number;
	char name[VSD_NAME_MAX + 1];
	char address[VSD_ADDR_TEXT_MAX];
	char fqdn[VSD_FQDN_MAX + 1];
	uint64_t quota_mb;
	uint32_t max_users;
	uint32_t id, uid_first; /* 0 until the range has been given */
};

/* Fill from text arguments, each checked; the job has no number yet.
 * Errors: -EINVAL, and why names the argument */
int job_parse(char *const argv[5], struct job *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Write it to the spool; a job without a number gets the next one.
 * Errors: the system's */
int job_write(struct job *j) VSD_MUST_CHECK;

/* Read one.
 * Errors: -EBADMSG, and why says which line; -ENOENT */
int job_read(unsigned number, struct job *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The number of the first job after `after`; -ENOENT: none. */
int job_next(unsigned after, unsigned *out) VSD_MUST_CHECK;

/* Take it from the queue: away when done, renamed to NNNNNNNN.failed when not. */
int job_done(unsigned number, bool failed) VSD_MUST_CHECK;

/* May the job's server be made: are name, address and fqdn no other server's
 * and no other queued job's, is there a skeleton and no tree of that name?
 * Errors: -EEXIST, -ENOENT; why names object and reason */
int job_check(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Make it: range, tree, registry.  The job is written anew before each step that
 * a crash must not repeat.  Takes the lock itself. */
int job_run(struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
