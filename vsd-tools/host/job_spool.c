/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The spool: which jobs there are, and moving them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job_impl.h"
#include "number.h"
#include "paths.h"
#include "safe.h"

#define JOB_NUMBER_MAX 99999999
#define JOB_DIGITS 8

static const char *const suffix[] = { [JOB_QUEUED] = "job", [JOB_FAILED] = "failed" };

int job_spool(int *out_fd)
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(vsd_path_spool, &root);

	if (r < 0)
		return r;
	*out_fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* fsync wants it */
	return *out_fd < 0 ? -errno : 0;
}

void job_file(enum job_kind kind, unsigned number, char out[JOB_FILE_MAX])
{
	(void)snprintf(out, JOB_FILE_MAX, "%0*u.%s", JOB_DIGITS, number, suffix[kind]);
}

/* NNNNNNNN.SUFFIX, and nothing else. */
static bool number_of(const char *file, enum job_kind kind, unsigned *out)
{
	size_t zeros = strspn(file, "0");
	uint64_t n;

	if (strlen(file) <= JOB_DIGITS || file[JOB_DIGITS] != '.' ||
	    strcmp(file + JOB_DIGITS + 1, suffix[kind]) != 0 || zeros >= JOB_DIGITS ||
	    vsd_number_parse(file + zeros, JOB_DIGITS - zeros, JOB_NUMBER_MAX, &n) < 0)
		return false;
	*out = (unsigned)n;
	return true;
}

static int open_list(DIR **out)
{
	int fd = -1, r = job_spool(&fd);

	if (r < 0)
		return r;
	*out = fdopendir(fd);
	if (*out)
		return 0;
	r = -errno;
	(void)close(fd); /* nothing was read from it */
	return r;
}

int job_next(enum job_kind kind, unsigned after, unsigned *out)
{
	unsigned best = 0, n;
	DIR *d = NULL;
	struct dirent *e;
	int r = open_list(&d);

	if (r < 0)
		return r;
	while ((e = vsd_safe_readdir(d, &r)))
		if (number_of(e->d_name, kind, &n) && n > after && (best == 0 || n < best))
			best = n;
	(void)closedir(d); /* only read */
	if (r < 0)
		return r;
	if (best == 0)
		return -ENOENT;
	*out = best;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static int read_numbers(DIR *d, enum job_kind kind, unsigned **number, size_t *out_n)
{
	size_t n = 0, room = 0;
	struct dirent *e;
	unsigned one;
	int r = 0;

	while ((e = vsd_safe_readdir(d, &r))) {
		if (!number_of(e->d_name, kind, &one))
			continue;
		if (n == room) {
			unsigned *more = reallocarray(*number, (room + 32) * 2, sizeof(*more));

			if (!more)
				return -ENOMEM;
			*number = more;
			room = (room + 32) * 2;
		}
		(*number)[n++] = one;
	}
	*out_n = n;
	return r;
}

int job_numbers(enum job_kind kind, unsigned **out, size_t *out_n)
{
	VSD_FREE unsigned *number = NULL;
	DIR *d = NULL;
	size_t n = 0;
	int r = open_list(&d);

	if (r < 0)
		return r;
	r = read_numbers(d, kind, &number, &n);
	(void)closedir(d); /* only read */
	if (r < 0)
		return r;
	if (n)
		qsort(number, n, sizeof(*number), compare_numbers);
	*out = number;
	*out_n = n;
	number = NULL;
	return 0;
}

/* One above every number in use, the failed ones' included. */
static int new_number(unsigned *out)
{
	unsigned top = 0, n;
	DIR *d = NULL;
	struct dirent *e;
	int r = open_list(&d);

	if (r < 0)
		return r;
	while ((e = vsd_safe_readdir(d, &r)))
		if ((number_of(e->d_name, JOB_QUEUED, &n) || number_of(e->d_name, JOB_FAILED, &n)) &&
		    n > top)
			top = n;
	(void)closedir(d); /* only read */
	if (r < 0)
		return r;
	if (top >= JOB_NUMBER_MAX)
		return -ENOSPC;
	*out = top + 1;
	return 0;
}

int job_write(struct job *j)
{
	VSD_CLOSE int spool = -1;
	int r = job_spool(&spool);

	if (r == 0 && j->number == 0)
		r = new_number(&j->number);
	return r < 0 ? r : job_put(spool, j);
}

static void import_file(unsigned number, char out[JOB_FILE_MAX])
{
	(void)snprintf(out, JOB_FILE_MAX, "%0*u.tar", JOB_DIGITS, number);
}

int job_write_with(struct job *j, const char *file)
{
	VSD_CLOSE int spool = -1;
	char own[JOB_FILE_MAX];
	int r = job_spool(&spool);

	if (r == 0)
		r = new_number(&j->number);
	if (r < 0)
		return r;
	import_file(j->number, own);
	if ((size_t)snprintf(j->import, sizeof(j->import), "%s/%s", vsd_path_spool, own) >=
	    sizeof(j->import))
		return -ENAMETOOLONG;
	/* One that a killed run left under this number belongs to no job. */
	if (renameat(spool, file, spool, own) < 0)
		return -errno;
	return job_put(spool, j);
}

int job_file_make(const char *file, int *out_fd)
{
	VSD_CLOSE int spool = -1;
	int r = job_spool(&spool);

	if (r < 0)
		return r;
	if (unlinkat(spool, file, 0) < 0 && errno != ENOENT)
		return -errno;
	return vsd_safe_open_beneath(spool, file, O_WRONLY | O_CREAT | O_EXCL, 0600, out_fd);
}

void job_file_remove(const char *file)
{
	VSD_CLOSE int spool = -1;

	if (job_spool(&spool) == 0)
		(void)unlinkat(spool, file, 0); /* what stays is overwritten by the next */
}

int job_remove(enum job_kind kind, unsigned number)
{
	VSD_CLOSE int spool = -1;
	char file[JOB_FILE_MAX], own[JOB_FILE_MAX];
	int r = job_spool(&spool);

	if (r < 0)
		return r;
	job_file(kind, number, file);
	import_file(number, own);
	if (unlinkat(spool, file, 0) < 0 || fsync(spool) < 0)
		return -errno;
	return unlinkat(spool, own, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Never over another: two jobs of one number would become one. */
static int turn(int spool, unsigned number, enum job_kind from, enum job_kind to)
{
	char old[JOB_FILE_MAX], new[JOB_FILE_MAX];

	job_file(from, number, old);
	job_file(to, number, new);
	if (renameat2(spool, old, spool, new, RENAME_NOREPLACE) < 0 || fsync(spool) < 0)
		return -errno;
	return 0;
}

int job_fail(unsigned number, const char *why)
{
	char unused[VSD_WHY_MAX];
	VSD_CLOSE int spool = -1;
	struct job j;
	int r = job_spool(&spool);

	if (r < 0)
		return r;
	if (job_read(JOB_QUEUED, number, &j, unused) == 0) {
		(void)snprintf(j.why, sizeof(j.why), "%s", why);
		r = job_put(spool, &j);
	}
	/* Its reason takes room, which may be just what is missing; a rename takes none. */
	if (r < 0 && r != -ENOSPC && r != -EDQUOT)
		return r;
	return turn(spool, number, JOB_QUEUED, JOB_FAILED);
}

int job_retry(unsigned number)
{
	VSD_CLOSE int spool = -1;
	int r = job_spool(&spool);

	return r < 0 ? r : turn(spool, number, JOB_FAILED, JOB_QUEUED);
}

int job_forget(uint32_t id)
{
	static const enum job_kind kinds[] = { JOB_QUEUED, JOB_FAILED };
	char unused[VSD_WHY_MAX];
	struct job j;

	for (int i = 0; i < 2; i++)
		for (unsigned n = 0; job_next(kinds[i], n, &n) == 0;) {
			int r = job_read(kinds[i], n, &j, unused);

			if (r == 0 && j.id == id)
				r = job_remove(kinds[i], n);
			if (r < 0 && r != -EBADMSG && r != -EPROTONOSUPPORT)
				return r;
		}
	return 0;
}
