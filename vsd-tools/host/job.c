/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "safe.h"

#define JOB_BYTES_MAX 2048
#define JOB_NUMBER_MAX 99999999
#define JOB_FILE_MAX 32

__attribute__((format(printf, 3, 4)))
static int because(char why[VSD_WHY_MAX], int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, VSD_WHY_MAX, fmt, ap);
	va_end(ap);
	return r;
}

static void file_name(unsigned number, const char *suffix, char out[JOB_FILE_MAX])
{
	(void)snprintf(out, JOB_FILE_MAX, "%08u.%s", number, suffix);
}

static int set_address(const char *text, char out[VSD_ADDR_TEXT_MAX])
{
	struct vsd_addr a;

	if (vsd_addr_parse(text, strlen(text), &a) < 0 || !vsd_addr_is_usable(&a))
		return -EINVAL;
	vsd_addr_format(&a, out);
	return 0;
}

static int set_u32(struct vsd_span v, uint32_t *out)
{
	uint64_t n;

	if (vsd_number_parse(v.p, v.len, UINT32_MAX, &n) < 0)
		return -EINVAL;
	*out = (uint32_t)n;
	return 0;
}

/* -ENOENT: no such key; -EINVAL: no such value. */
static int set_key(struct job *j, struct vsd_span k, struct vsd_span v)
{
	char text[VSD_FQDN_MAX + 1];

	if (vsd_span_is(k, "quota_mb"))
		return vsd_number_parse(v.p, v.len, INT64_MAX >> 20, &j->quota_mb) < 0 ? -EINVAL : 0;
	if (vsd_span_is(k, "max_users"))
		return set_u32(v, &j->max_users);
	if (vsd_span_is(k, "id"))
		return set_u32(v, &j->id);
	if (vsd_span_is(k, "uid"))
		return set_u32(v, &j->uid_first);
	if (vsd_span_is(k, "name"))
		return vsd_name_is_vs(v.p, v.len) ? vsd_span_copy(v, j->name, sizeof(j->name))
						  : -EINVAL;
	if (vsd_span_is(k, "fqdn"))
		return vsd_name_is_fqdn(v.p, v.len) ? vsd_span_copy(v, j->fqdn, sizeof(j->fqdn))
						    : -EINVAL;
	if (vsd_span_is(k, "address"))
		return vsd_span_copy(v, text, sizeof(text)) < 0 ? -EINVAL
								: set_address(text, j->address);
	return -ENOENT;
}

int job_parse(char *const argv[5], struct job *out, char why[VSD_WHY_MAX])
{
	static const struct {
		const char *key, *bad;
	} part[] = {
		{ "name", "is no server's name ([a-z][a-z0-9-]{0,31})" },
		{ "address", "is no address that a server could have" },
		{ "fqdn", "is no host name" },
		{ "quota_mb", "is no number of MB" },
		{ "max_users", "is no number of users" },
	};
	struct job j = { .number = 0 };

	for (int i = 0; i < 5; i++) {
		struct vsd_span k = { part[i].key, strlen(part[i].key) };
		struct vsd_span v = { argv[i], strlen(argv[i]) };

		if (set_key(&j, k, v) < 0)
			return because(why, -EINVAL, "'%.100s' %s", argv[i], part[i].bad);
	}
	*out = j;
	return 0;
}

static int spool_open(int *out_fd)
{
	return vsd_safe_open_root(vsd_path_spool, out_fd);
}

static DIR *spool_list(void)
{
	VSD_CLOSE int root = -1;
	DIR *d = NULL;
	int fd, r = spool_open(&root);

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		d = fdopendir(fd);
	if (fd >= 0 && !d)
		(void)close(fd); /* nothing was read from it */
	return d;
}

/* NNNNNNNN.SUFFIX, and nothing else. */
static bool number_of(const char *file, const char *suffix, unsigned *out)
{
	uint64_t n;
	size_t zeros = strspn(file, "0");

	if (strlen(file) < 9 || file[8] != '.' || strcmp(file + 9, suffix) != 0 || zeros > 7 ||
	    vsd_number_parse(file + zeros, 8 - zeros, JOB_NUMBER_MAX, &n) < 0)
		return false;
	*out = (unsigned)n;
	return true;
}

int job_next(unsigned after, unsigned *out)
{
	DIR *d = spool_list();
	unsigned best = 0, n;
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)) != NULL)
		if (number_of(e->d_name, "job", &n) && n > after && (best == 0 || n < best))
			best = n;
	(void)closedir(d); /* only read */
	if (best == 0)
		return -ENOENT;
	*out = best;
	return 0;
}

/* One above every number in use, the failed ones' included. */
static int new_number(unsigned *out)
{
	DIR *d = spool_list();
	unsigned top = 0, n;
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)) != NULL)
		if ((number_of(e->d_name, "job", &n) || number_of(e->d_name, "failed", &n)) &&
		    n > top)
			top = n;
	(void)closedir(d); /* only read */
	if (top >= JOB_NUMBER_MAX)
		return -ENOSPC;
	*out = top + 1;
	return 0;
}

int job_write(struct job *j)
{
	char text[JOB_BYTES_MAX], file[JOB_FILE_MAX];
	VSD_CLOSE int spool = -1;
	int n, r = spool_open(&spool);

	if (r == 0 && j->number == 0)
		r = new_number(&j->number);
	if (r < 0)
		return r;
	n = snprintf(text, sizeof(text),
		     "name = %s\naddress = %s\nfqdn = %s\nquota_mb = %" PRIu64
		     "\nmax_users = %" PRIu32 "\nid = %" PRIu32 "\nuid = %" PRIu32 "\n",
		     j->name, j->address, j->fqdn, j->quota_mb, j->max_users, j->id, j->uid_first);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENOSPC;
	file_name(j->number, "job", file);
	return vsd_safe_replace_file(spool, file, text, (size_t)n, 0, 0, 0600);
}

int job_read(unsigned number, struct job *out, char why[VSD_WHY_MAX])
{
	struct job j = { .number = number };
	VSD_CLOSE int spool = -1;
	VSD_FREE char *text = NULL;
	char file[JOB_FILE_MAX];
	struct vsd_keyval kv;
	size_t len;
	int r = spool_open(&spool);

	file_name(number, "job", file);
	if (r == 0)
		r = vsd_safe_read_file(spool, file, JOB_BYTES_MAX, &text, &len);
	if (r < 0)
		return because(why, r, "%s: %s", file, strerror(-r));
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0)
		if (set_key(&j, kv.key, kv.value) < 0) {
			vsd_keyval_why(&kv, "unknown key or bad value", why);
			return -EBADMSG;
		}
	if (r < 0)
		return -EBADMSG;
	if (j.name[0] == '\0' || j.address[0] == '\0' || j.fqdn[0] == '\0')
		return because(why, -EBADMSG, "name, address or fqdn is missing");
	*out = j;
	return 0;
}

int job_done(unsigned number, bool failed)
{
	char from[JOB_FILE_MAX], to[JOB_FILE_MAX];
	VSD_CLOSE int spool = -1;
	int r = spool_open(&spool);

	if (r < 0)
		return r;
	file_name(number, "job", from);
	file_name(number, "failed", to);
	if (failed)
		return renameat(spool, from, spool, to) < 0 ? -errno : 0;
	return unlinkat(spool, from, 0) < 0 ? -errno : 0;
}
