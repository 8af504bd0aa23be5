/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Account files as text: read whole, edited in memory, written whole. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "safe.h"
#include "users_impl.h"

#define LOCK_WAIT_MS 5000
#define LOCK_STEP_MS 20

int vsd_users_lock(int rootfd, int *out_fd, char why[VSD_WHY_MAX])
{
	struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r;

	r = vsd_safe_open_beneath(rootfd, "etc/.pwd.lock", O_RDWR | O_CREAT, 0600, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	/* Who else can open it could hold it for ever. */
	if (r == 0 && (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 077)))
		r = -EPERM;
	/* Open-file-description locks exclude shadow's own, and unlike those
	 * survive another close of the file by the host process we are in. */
	for (int waited = 0; r == 0 && fcntl(fd, F_OFD_SETLK, &lock) < 0; waited += LOCK_STEP_MS) {
		if (errno != EAGAIN && errno != EACCES)
			r = -errno;
		else if (waited >= LOCK_WAIT_MS)
			r = -EBUSY;
		else
			(void)nanosleep(&step, NULL); /* cut short, it tries sooner */
	}
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "etc/.pwd.lock: %s",
			       r == -EBUSY ? "held by another program" : strerror(-r));
		return r;
	}
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

void vsd_text_free(struct vsd_text *t)
{
	if (t->p)
		explicit_bzero(t->p, t->len);
	vsd_scope_free(&t->p);
	t->p = NULL;
	t->len = t->size = 0;
}

int vsd_text_read(int rootfd, const char *path, bool may_miss, struct vsd_text *out)
{
	struct vsd_text t = { .mode = 0644 };
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r;

	r = vsd_safe_open_file(rootfd, path, VSD_ACCOUNT_FILE_MAX, &fd, &st);
	if (r == -ENOENT && may_miss) {
		*out = t;
		return 0;
	}
	if (r == 0)
		r = vsd_safe_read_file(rootfd, path, VSD_ACCOUNT_FILE_MAX, &t.p, &t.len);
	if (r < 0)
		return r;
	t.size = t.len + 1;
	t.uid = st.st_uid;
	t.gid = st.st_gid;
	t.mode = st.st_mode & 07777;
	*out = t;
	return 0;
}

int vsd_text_splice(struct vsd_text *t, size_t at, size_t len, const char *ins, size_t ins_len)
{
	size_t size = t->len - len + ins_len + 1;
	char *p;

	if (at > t->len || len > t->len - at)
		return -EINVAL;
	if (size > VSD_ACCOUNT_FILE_MAX)
		return -EFBIG;
	p = malloc(size); /* not realloc: the old copy must be wiped */
	if (!p)
		return -ENOMEM;
	if (at > 0)
		memcpy(p, t->p, at);
	if (ins_len > 0)
		memcpy(p + at, ins, ins_len);
	if (t->len > at + len)
		memcpy(p + at + ins_len, t->p + at + len, t->len - at - len);
	p[size - 1] = '\0';
	vsd_text_free(t);
	t->p = p;
	t->len = size - 1;
	t->size = size;
	return 0;
}

int vsd_text_append(struct vsd_text *t, const char *line)
{
	int r = 0;

	if (t->len > 0 && t->p[t->len - 1] != '\n')
		r = vsd_text_splice(t, t->len, 0, "\n", 1);
	if (r == 0)
		r = vsd_text_splice(t, t->len, 0, line, strlen(line));
	return r < 0 ? r : vsd_text_splice(t, t->len, 0, "\n", 1);
}

int vsd_text_write(int rootfd, const char *dir, const char *name, const struct vsd_text *t)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r;

	r = vsd_safe_open_beneath(rootfd, dir, O_PATH | O_DIRECTORY, 0, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && (st.st_uid != 0 || (st.st_mode & 022)))
		r = -EPERM;
	if (r < 0)
		return r;
	return vsd_safe_replace_file(fd, name, t->p ? t->p : "", t->len, t->uid, t->gid, t->mode);
}

/* One member of the list [at, end), with one of the commas beside it. */
static int drop_one(struct vsd_text *t, size_t list, size_t end, const char *name, bool *out_more)
{
	size_t n = strlen(name), at = list;

	*out_more = false;
	while (at < end) {
		const char *comma = memchr(t->p + at, ',', end - at);
		size_t stop = comma ? (size_t)(comma - t->p) : end;

		if (stop - at == n && memcmp(t->p + at, name, n) == 0) {
			size_t from = at > list && stop == end ? at - 1 : at;

			*out_more = true;
			return vsd_text_splice(t, from, (stop < end ? stop + 1 : stop) - from, "", 0);
		}
		at = stop + 1;
	}
	return 0;
}

int vsd_text_drop_member(struct vsd_text *t, const char *name)
{
	size_t line = 0;

	while (line < t->len) {
		const char *nl = memchr(t->p + line, '\n', t->len - line);
		size_t end = nl ? (size_t)(nl - t->p) : t->len;
		const char *colon = memrchr(t->p + line, ':', end - line);
		bool more = false;
		int r = 0;

		if (colon)
			r = drop_one(t, (size_t)(colon - t->p) + 1, end, name, &more);
		if (r < 0)
			return r;
		if (!more)
			line = end + 1; /* else the same line again, now shorter */
	}
	return 0;
}

int vsd_text_drop_line(struct vsd_text *t, const char *name, bool *out_found)
{
	size_t at = 0, n = strlen(name);
	int r = 0;

	while (r == 0 && at < t->len) {
		const char *nl = memchr(t->p + at, '\n', t->len - at);
		size_t next = nl ? (size_t)(nl - t->p) + 1 : t->len;

		if (next - at > n && t->p[at + n] == ':' && memcmp(t->p + at, name, n) == 0) {
			r = vsd_text_splice(t, at, next - at, "", 0);
			*out_found = true;
		} else {
			at = next;
		}
	}
	return r;
}

/* A field that cannot become two fields or two lines. */
bool vsd_users_is_field(const char *s, bool path)
{
	if (path && s[0] != '/')
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f || *s == ':')
			return false;
	return true;
}

int vsd_because(char why[VSD_WHY_MAX], int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, VSD_WHY_MAX, fmt, ap); /* cut on purpose */
	va_end(ap);
	return r;
}

void vsd_users_files_free(struct vsd_users_files *f)
{
	vsd_text_free(&f->passwd);
	vsd_text_free(&f->group);
	vsd_text_free(&f->shadow);
}
