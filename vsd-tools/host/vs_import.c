/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's tree from an export.  The archive may be hostile; the tree is new and
 * nobody else is in it.  Each entry is made beneath the root by a folder opened
 * without following a link, and always as a new inode: what is there of that
 * name, shared with other servers perhaps, loses that name and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyval.h"
#include "number.h"
#include "safe.h"
#include "tar.h"
#include "vs_export.h"
#include "why.h"

#define HEAD_MAX_BYTES 4096

struct reader {
	FILE *f;
	const struct vsd_server *s;
	const struct vs_export *from;
	int root;
	struct tar_entry e;
	char *why;
};

static int fail(struct reader *r, int error, const char *what)
{
	why_say(r->why, "%s '%.150s': %s", what, r->e.path,
		error == -EBADMSG ? "no export has this" : strerror(-error));
	return error;
}

/* ---- the head ---- */

static int set_number(struct vsd_span v, uint64_t max, uint64_t *out)
{
	return vsd_number_parse(v.p, v.len, max, out);
}

static int set_u32(struct vsd_span v, uint32_t *out)
{
	uint64_t n;
	int r = set_number(v, UINT32_MAX, &n);

	if (r == 0)
		*out = (uint32_t)n;
	return r;
}

static int set_key(struct vs_export *e, struct vsd_span k, struct vsd_span v)
{
	if (vsd_span_is(k, "version"))
		return vsd_span_is(v, VS_EXPORT_VERSION) ? 0 : -EINVAL;
	if (vsd_span_is(k, "uid"))
		return set_u32(v, &e->uid_first);
	if (vsd_span_is(k, "count"))
		return set_u32(v, &e->uid_count);
	if (vsd_span_is(k, "skeleton"))
		return vsd_span_copy(v, e->skel_id, sizeof(e->skel_id));
	if (vsd_span_is(k, "profile"))
		return vsd_span_copy(v, e->profile, sizeof(e->profile));
	if (vsd_span_is(k, "fqdn"))
		return vsd_name_is_fqdn(v.p, v.len) ? vsd_span_copy(v, e->fqdn, sizeof(e->fqdn))
						    : -EINVAL;
	if (vsd_span_is(k, "quota_mb"))
		return set_number(v, INT64_MAX >> 20, &e->quota_mb);
	if (vsd_span_is(k, "max_users"))
		return set_u32(v, &e->max_users);
	return -EINVAL;
}

static int read_head(const char *text, size_t len, struct vs_export *out, char why[VSD_WHY_MAX])
{
	struct vs_export e = { .uid_first = 0 };
	struct vsd_keyval kv;
	int r;

	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0)
		if (set_key(&e, kv.key, kv.value) < 0) {
			vsd_keyval_why(&kv, "unknown key or bad value", why);
			return vsd_keyval_format(text, len, "version", VS_EXPORT_VERSION, -EBADMSG, why);
		}
	if (r < 0)
		return -EBADMSG;
	if (!e.uid_first || !e.uid_count || !e.max_users || !e.fqdn[0] || !e.skel_id[0] ||
	    e.uid_count > UINT32_MAX - e.uid_first) {
		why_say(why, "not an export: its head is not whole");
		return -EBADMSG;
	}
	*out = e;
	return 0;
}

int vs_import_head(FILE *from, struct vs_export *out, char why[VSD_WHY_MAX])
{
	VSD_FREE struct tar_entry *e = malloc(sizeof(*e));
	VSD_FREE char *text = malloc(HEAD_MAX_BYTES);
	int r = e && text ? tar_read(from, e, why) : -ENOMEM;

	if (r < 0)
		return r;
	if (r == 0 || strcmp(e->path, VS_EXPORT_HEAD) != 0 || e->type != TAR_FILE ||
	    e->size > HEAD_MAX_BYTES || fread(text, 1, (size_t)e->size, from) != e->size ||
	    tar_read_pad(from, e->size) < 0) {
		why_say(why, "not an export: it does not begin with " VS_EXPORT_HEAD);
		return -EBADMSG;
	}
	return read_head(text, (size_t)e->size, out, why);
}

int vs_import_open(const char *path, FILE **out, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_path(path, INT64_MAX, &fd, &st);

	if (r == 0 && !(*out = fdopen(fd, "r")))
		r = -errno;
	if (r < 0) {
		why_say(why, "%s", r == -EPERM ? "it or a folder above it is not root's, or others may "
			"write there" : strerror(-r));
		return r;
	}
	(void)vsd_take_fd(&fd); /* the stream's now */
	return 0;
}

/* ---- the entries ---- */

static int open_folder(struct reader *r, int *out_fd, const char **out_name)
{
	char *slash = strrchr(r->e.path, '/');
	int error;

	*out_name = slash ? slash + 1 : r->e.path;
	if (slash)
		*slash = '\0';
	error = vsd_safe_open_beneath(r->root, slash ? r->e.path : ".", O_RDONLY | O_DIRECTORY, 0,
				      out_fd);
	if (slash)
		*slash = '/';
	return error < 0 ? fail(r, error, "open the folder of") : 0;
}

/* Root's, or the Nth of the range. */
static int id_of(struct reader *r, uint32_t n, uid_t *out)
{
	if (n > r->s->uid_count || n > r->from->uid_count)
		return fail(r, -EBADMSG, "owner of");
	*out = n ? r->s->uid_first + n - 1 : 0;
	return 0;
}

/* A number of the old range becomes the same of the new. */
static void put_id(const struct reader *r, FILE *out, const char *field, size_t len)
{
	uint64_t n;

	if (vsd_number_parse(field, len, UINT32_MAX, &n) == 0 && n >= r->from->uid_first &&
	    n - r->from->uid_first < r->from->uid_count)
		(void)fprintf(out, "%" PRIu64, n - r->from->uid_first + r->s->uid_first);
	else
		(void)fwrite(field, 1, len, out);
}

/* passwd: fields 2 and 3; group: field 2. */
static void put_line(const struct reader *r, FILE *out, const char *line, size_t len, int last)
{
	for (int field = 0;; field++) {
		const char *colon = memchr(line, ':', len);
		size_t n = colon ? (size_t)(colon - line) : len;

		if (field >= 2 && field <= last)
			put_id(r, out, line, n);
		else
			(void)fwrite(line, 1, n, out);
		if (!colon)
			return;
		(void)fputc(':', out);
		line = colon + 1;
		len -= n + 1;
	}
}

static int put_accounts(struct reader *r, FILE *out, int last)
{
	VSD_FREE char *text = NULL;
	size_t len = (size_t)r->e.size;

	if (r->e.size > VSD_ACCOUNT_FILE_MAX)
		return -EFBIG;
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	if (fread(text, 1, len, r->f) != len)
		return -EBADMSG;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		put_line(r, out, text + at, n, last);
		at += n;
		if (end) {
			(void)fputc('\n', out);
			at++;
		}
	}
	return 0;
}

static int put_bytes(struct reader *r, FILE *out)
{
	char buf[2048];

	for (uint64_t left = r->e.size; left > 0;) {
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		if (fread(buf, 1, n, r->f) != n)
			return -EBADMSG;
		if (fwrite(buf, 1, n, out) != n)
			return -errno;
		left -= n;
	}
	return 0;
}

static int fill(struct reader *r, int fd)
{
	int copy = dup(fd), last = strcmp(r->e.path, "etc/passwd") == 0 ? 3
		: strcmp(r->e.path, "etc/group") == 0 ? 2 : 0, error;
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out) {
		error = -errno;
		if (copy >= 0)
			(void)close(copy); /* nothing was written to it */
		return error;
	}
	error = last ? put_accounts(r, out, last) : put_bytes(r, out);
	if (ferror(out) && error == 0)
		error = -EIO;
	if (fclose(out) != 0 && error == 0)
		error = -errno;
	return error;
}

/* Owner, mode and time of what was just made.  Set-id bits stay behind, but a
 * folder's of the server's own that hands its group on; root's is nobody else's to
 * write. */
static int finish(struct reader *r, int fd, bool is_folder)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)r->e.mtime } };
	mode_t mode = r->e.mode & 01777;
	uid_t uid = 0, gid = 0;
	int error = id_of(r, r->e.uid, &uid);

	if (error == 0)
		error = id_of(r, r->e.gid, &gid);
	if (error < 0)
		return error;
	if (uid == 0)
		mode &= 0755;
	else if (gid == 0)
		gid = uid;
	else if (is_folder)
		mode |= r->e.mode & S_ISGID;
	if (fchown(fd, uid, uid == 0 ? 0 : gid) < 0 || fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		return fail(r, -errno, "finish");
	return 0;
}

static int make_file(struct reader *r, int folder, const char *name)
{
	VSD_CLOSE int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				  0600);
	int error;

	if (fd < 0)
		return fail(r, -errno, "make");
	error = fill(r, fd);
	if (error == 0)
		error = tar_read_pad(r->f, r->e.size);
	return error < 0 ? fail(r, error, "write") : finish(r, fd, false);
}

/* A folder that the skeleton gives stays root's, or admin's, as it gives it; of
 * admin's own the mode is theirs. */
static int make_folder(struct reader *r, int folder, const char *name)
{
	VSD_CLOSE int fd = -1;
	bool fresh = mkdirat(folder, name, 0700) == 0;
	struct stat st;
	int error;

	if (!fresh && errno != EEXIST)
		return fail(r, -errno, "make");
	error = vsd_safe_open_beneath(folder, name, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (error < 0 || fstat(fd, &st) < 0)
		return fail(r, error < 0 ? error : -errno, "open");
	if (fresh)
		return finish(r, fd, true);
	if (st.st_uid == r->s->uid_first && r->e.uid == 1 && fchmod(fd, r->e.mode & 03777) < 0)
		return fail(r, -errno, "finish");
	return 0;
}

static int make_other(struct reader *r, int folder, const char *name)
{
	uid_t uid = 0, gid = 0;
	int error = id_of(r, r->e.uid, &uid);

	if (error == 0)
		error = id_of(r, r->e.gid, &gid);
	if (error < 0)
		return error;
	if (uid == 0 || gid == 0)
		gid = uid;
	if (r->e.type == TAR_LINK ? symlinkat(r->e.link, folder, name) < 0
				  : mkfifoat(folder, name, r->e.mode & 0777) < 0)
		return fail(r, -errno, "make");
	return fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? fail(r, -errno, "give") : 0;
}

static int make_entry(struct reader *r)
{
	VSD_CLOSE int folder = -1;
	const char *name;
	struct stat st;
	int error;

	if (vs_export_is_barred(r->e.path))
		return fail(r, -EBADMSG, "make");
	error = open_folder(r, &folder, &name);
	if (error < 0)
		return error;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !(S_ISDIR(st.st_mode) && r->e.type == TAR_FOLDER) &&
	    unlinkat(folder, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return fail(r, -errno, "make room for");
	switch (r->e.type) {
	case TAR_FILE:   return make_file(r, folder, name);
	case TAR_FOLDER: return make_folder(r, folder, name);
	default:         return make_other(r, folder, name);
	}
}

/* The account files must be root's, or nobody could log in. */
static int check_accounts(struct reader *r)
{
	static const char *const files[] = { "etc/passwd", "etc/group", "etc/shadow" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		VSD_CLOSE int fd = -1;
		struct stat st;
		int error = vsd_safe_open_file(r->root, files[i], VSD_ACCOUNT_FILE_MAX, &fd, &st);

		if (error < 0) {
			why_say(r->why, "its %s: %s", files[i], strerror(-error));
			return error;
		}
	}
	return 0;
}

int vs_import_tree(FILE *from, const struct vs_export *e, const struct vsd_server *s, int root,
		   char why[VSD_WHY_MAX])
{
	struct reader *r = calloc(1, sizeof(*r)); /* two paths: more than a frame should hold */
	int error = r ? 1 : -ENOMEM;

	if (r) {
		r->f = from;
		r->s = s;
		r->from = e;
		r->root = root;
		r->why = why;
		while ((error = tar_read(from, &r->e, why)) > 0) {
			error = make_entry(r);
			if (error < 0)
				break;
		}
		if (error == 0)
			error = check_accounts(r);
	}
	free(r);
	return error;
}
