/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_JOB_H
#define VSD_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "registry.h"
#include "tree.h"

/* Queued work, one text file a job in vsd_path_spool (0700 root): NNNNNNNN.job,
 * done in the order of numbers, or NNNNNNNN.failed, which waits for a person.
 * Each file is written whole (vsd_safe_replace_file), so that a job is there as
 * it was meant or not at all. */
struct job {
	unsigned number;
	char name[VSD_NAME_MAX + 1];
	char address[VSD_ADDR_TEXT_MAX];
	char fqdn[VSD_FQDN_MAX + 1];
	uint64_t quota_mb;
	uint32_t max_users;
	char import[VSD_PATH_MAX]; /* an export that its tree is filled from, or "" */
	/* 0 until the range has been given; kept then, as uid_base and uid_step of
	 * vsd.conf may change before the job is done. */
	uint32_t id, uid_first, uid_count;
	char why[VSD_WHY_MAX]; /* of the last failure, or "" */
};

enum job_kind { JOB_QUEUED, JOB_FAILED };

/* Fill from text arguments, each checked; the job has no number yet.
 * Errors: -EINVAL, and why names the argument */
int job_parse(char *const argv[5], struct job *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Write it to the spool, queued; a job without a number gets the next one.  The
 * registry's lock must be held.
 * Errors: the system's */
int job_write(struct job *j) VSD_MUST_CHECK;

/* The same for a new job that imports a file of the spool: the file becomes the
 * job's, and goes with it.
 * Shape:  file is a name in the spool */
int job_write_with(struct job *j, const char *file) VSD_MUST_CHECK;

/* Make a file in the spool anew, for job_write_with; or take it away. */
int job_file_make(const char *file, int *out_fd) VSD_MUST_CHECK;
void job_file_remove(const char *file);

/* Read one.
 * Errors: -EBADMSG or -EPROTONOSUPPORT (another version's), and why says which line;
 *         -ENOENT */
int job_read(enum job_kind kind, unsigned number, struct job *out,
	     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The number of the first job of that kind after `after`; -ENOENT: none. */
int job_next(enum job_kind kind, unsigned after, unsigned *out) VSD_MUST_CHECK;

/* The numbers of all of that kind, in their order, by one look at the spool.
 * Owns:   *out is the caller's to free */
int job_numbers(enum job_kind kind, unsigned **out, size_t *out_n) VSD_MUST_CHECK;

/* Take it away. */
int job_remove(enum job_kind kind, unsigned number) VSD_MUST_CHECK;

/* Put a queued job aside with its reason; one that cannot be read as it is. */
int job_fail(unsigned number, const char *why) VSD_MUST_CHECK;

/* Queue a failed job again, under its number. */
int job_retry(unsigned number) VSD_MUST_CHECK;

/* Take away every job that made the server of this id: a job that outlived its
 * server (a killed vsd-vsbatch) would make it again, with ids that were used. */
int job_forget(uint32_t id) VSD_MUST_CHECK;

/* May the job's server be made: are name, address and fqdn no other server's and
 * no earlier queued job's, nor the address the host's own, is there a slot, a
 * skeleton, and no folder in the way?  The registry's lock must be held.
 * Errors: -EEXIST, -ENOENT, -ENOSPC, -EINVAL; why names object and reason */
int job_check(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Is the address the host's own?  A server that had it would lock the host's people
 * out: pam_vsd refuses them there.  One put there as a /32 or /128 is an alias,
 * which somebody may have made for the server.
 * Errors: -EEXIST, and why says where it lies; else the system's */
int job_check_host_address(const struct vsd_addr *a, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The first step of job_run, which does it too where it was not done: the range is given
 * and written into the job.
 * Errors: as job_run; 1: the job's server is made already */
int job_reserve(struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX]);

/* Make it: range, tree, registry.  The job is written anew before each step that
 * a crash must not repeat.  Takes the lock itself.  A failure leaves no tree.
 * Shape:  o says how to make the tree and whom to tell, `fill` and `arg` apart; or NULL */
int job_run(struct job *j, const struct vsd_conf *c, const struct tree_opts *o,
	    char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Take away the tree that the job has made, when its server is not registered.
 * The queue must be held. */
int job_undo(const struct job *j, const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* One vsd-vsbatch at a time: take the queue, or wait for it; the kernel releases
 * it whatever ends us.
 * Errors: -EWOULDBLOCK somebody has it */
int job_hold(bool wait, int *out_fd) VSD_MUST_CHECK;

/* The path of the job's tree. */
int job_root(const struct job *j, const struct vsd_conf *c, char out[VSD_PATH_MAX]) VSD_MUST_CHECK;

/* Is there a tree at that path, and has it the job's range?
 * Errors: -ENOENT no tree; -EEXIST it is another's */
int job_tree(const struct job *j, const char *root) VSD_MUST_CHECK;

#endif
