/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a job, and what a job says on the command line. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "job_impl.h"
#include "keyval.h"
#include "number.h"
#include "safe.h"
#include "why.h"

#define JOB_BYTES_MAX 2048
#define JOB_FORMAT "1" /* of a job that does not say, too */

static int set_address(struct vsd_span v, char out[VSD_ADDR_TEXT_MAX])
{
	struct vsd_addr a;

	if (vsd_addr_parse(v.p, v.len, &a) < 0 || !vsd_addr_is_usable(&a))
		return -EINVAL;
	vsd_addr_format(&a, out); /* one form for each, so that equal ones look equal */
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

static int set_text(bool good, struct vsd_span v, char *out, size_t size)
{
	return good ? vsd_span_copy(v, out, size) : -EINVAL;
}

/* -ENOENT: no such key; -EINVAL: no such value. */
static int set_key(struct job *j, struct vsd_span k, struct vsd_span v)
{
	if (vsd_span_is(k, "format"))
		return vsd_span_is(v, JOB_FORMAT) ? 0 : -EINVAL;
	if (vsd_span_is(k, "name"))
		return set_text(vsd_name_is_vs(v.p, v.len), v, j->name, sizeof(j->name));
	if (vsd_span_is(k, "address"))
		return set_address(v, j->address);
	if (vsd_span_is(k, "fqdn"))
		return set_text(vsd_name_is_fqdn(v.p, v.len), v, j->fqdn, sizeof(j->fqdn));
	if (vsd_span_is(k, "quota_mb"))
		return vsd_number_parse(v.p, v.len, INT64_MAX >> 20, &j->quota_mb) < 0 ? -EINVAL : 0;
	if (vsd_span_is(k, "max_users"))
		return set_u32(v, &j->max_users) < 0 || j->max_users == 0 ? -EINVAL : 0;
	if (vsd_span_is(k, "id"))
		return set_u32(v, &j->id);
	if (vsd_span_is(k, "uid"))
		return set_u32(v, &j->uid_first);
	if (vsd_span_is(k, "count"))
		return set_u32(v, &j->uid_count);
	if (vsd_span_is(k, "import"))
		return set_text(vsd_path_is_plain(v), v, j->import, sizeof(j->import));
	if (vsd_span_is(k, "why"))
		return set_text(true, v, j->why, sizeof(j->why));
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

		if (set_key(&j, k, v) < 0) {
			why_say(why, "'%.100s' %s", argv[i], part[i].bad);
			return -EINVAL;
		}
	}
	*out = j;
	return 0;
}

/* A reason may quote what somebody else wrote: no line of it becomes a key. */
static void one_line(const char *text, char out[VSD_WHY_MAX])
{
	size_t n = 0;

	for (; *text && n + 1 < VSD_WHY_MAX; text++)
		out[n++] = (char)((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	out[n] = '\0';
}

int job_put(int spool, struct job *j)
{
	char text[JOB_BYTES_MAX], file[JOB_FILE_MAX], why[VSD_WHY_MAX];
	int n;

	one_line(j->why, why);
	n = snprintf(text, sizeof(text),
		     "name = %s\naddress = %s\nfqdn = %s\nquota_mb = %" PRIu64
		     "\nmax_users = %" PRIu32 "\nid = %" PRIu32 "\nuid = %" PRIu32
		     "\ncount = %" PRIu32 "\n%s%s%s%s%s%s",
		     j->name, j->address, j->fqdn, j->quota_mb, j->max_users, j->id, j->uid_first,
		     j->uid_count, j->import[0] ? "import = " : "", j->import,
		     j->import[0] ? "\n" : "", why[0] ? "why = " : "", why, why[0] ? "\n" : "");
	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENOSPC;
	job_file(JOB_QUEUED, j->number, file);
	return vsd_safe_replace_file(spool, file, text, (size_t)n, 0, 0, 0600);
}

/* What is missing, or does not go together; NULL: nothing. */
static const char *fault(const struct job *j)
{
	if (j->name[0] == '\0' || j->address[0] == '\0' || j->fqdn[0] == '\0' || j->max_users == 0)
		return "name, address, fqdn or max_users is missing";
	if ((j->id == 0) != (j->uid_first == 0) || (j->id == 0) != (j->uid_count == 0))
		return "id, uid and count belong together";
	return NULL;
}

int job_read(enum job_kind kind, unsigned number, struct job *out, char why[VSD_WHY_MAX])
{
	struct job j = { .number = number };
	VSD_CLOSE int spool = -1;
	VSD_FREE char *text = NULL;
	char file[JOB_FILE_MAX];
	struct vsd_keyval kv;
	size_t len = 0;
	int r = job_spool(&spool);

	job_file(kind, number, file);
	if (r == 0)
		r = vsd_safe_read_file(spool, file, JOB_BYTES_MAX, &text, &len);
	if (r < 0) {
		why_say(why, "%s: %s", file, strerror(-r));
		return r;
	}
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0)
		if (set_key(&j, kv.key, kv.value) < 0) {
			vsd_keyval_why(&kv, "unknown key or bad value", why);
			return vsd_keyval_format(text, len, "format", JOB_FORMAT, -EBADMSG, why);
		}
	if (r < 0)
		return -EBADMSG;
	if (fault(&j)) {
		why_say(why, "%s", fault(&j));
		return -EBADMSG;
	}
	*out = j;
	return 0;
}
