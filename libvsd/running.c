/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "running.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "safe.h"

#define INIT_FILE_MAX 64
#define STAT_FILE_MAX 2048
#define STAT_START_FIELD 22

/* Does the error say that there is no init file of ours?  A descriptor too many, a
 * lack of memory or of rights say nothing of the server. */
static bool is_absent(int error)
{
	return error == -ENOENT || error == -EPERM || error == -EFBIG || error == -EINVAL ||
	       error == -ELOOP;
}

int vsd_running_open_folder(const char *name, int *out_fd)
{
	char path[VSD_PATH_MAX];
	int n;

	if (!vsd_name_is_vs(name, strlen(name)))
		return -ENOENT;
	n = snprintf(path, sizeof(path), "%s/%s", vsd_path_run, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	return vsd_safe_open_root(path, out_fd);
}

/* Read the init file (or `single`): "PID START\n".  One that says anything else was not written
 * for a server that runs, but for a format that this program does not know. */
static int read_init(int dirfd, const char *file, struct vsd_running *out)
{
	VSD_CLOSE int fd = -1;
	struct vsd_span rest, pid, start;
	char text[INIT_FILE_MAX];
	struct stat st = { 0 };
	uint64_t p, s;
	ssize_t len;
	int r = vsd_safe_open_file(dirfd, file, sizeof(text), &fd, &st);

	if (r < 0)
		return is_absent(r) ? -ESRCH : r;
	len = read(fd, text, sizeof(text));
	if (len < 0)
		return -errno;
	if (len > 7 && memcmp(text, "format ", 7) == 0)
		return -EPROTONOSUPPORT;
	if (len == 0 || len != st.st_size || text[len - 1] != '\n')
		return -ESRCH;
	rest = (struct vsd_span){ text, (size_t)len - 1 };
	if (!vsd_word_next(&rest, &pid) || !vsd_word_next(&rest, &start) || rest.len ||
	    vsd_number_parse(pid.p, pid.len, INT32_MAX, &p) < 0 || p < 2 ||
	    vsd_number_parse(start.p, start.len, INT64_MAX, &s) < 0)
		return -ESRCH;
	out->pid = (pid_t)p;
	out->start = s;
	out->said = vsd_stamp_of(&st);
	out->file = file;
	return 0;
}

static int read_fields(int at, const char *path, int first, uint64_t *out, unsigned n)
{
	VSD_CLOSE int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[STAT_FILE_MAX];
	struct vsd_span rest, word = { NULL, 0 };
	const char *after;
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	got = read(fd, text, sizeof(text) - 1);
	if (got < 0)
		return -errno;
	text[got] = '\0';
	/* The command's name may hold spaces and parentheses: count from the last. */
	after = strrchr(text, ')');
	if (!after)
		return -EBADMSG;
	rest = (struct vsd_span){ after + 1, strlen(after + 1) };
	for (int field = 3; field < first; field++)
		if (!vsd_word_next(&rest, &word))
			return -EBADMSG;
	for (unsigned i = 0; i < n; i++)
		if (!vsd_word_next(&rest, &word) ||
		    vsd_number_parse(word.p, word.len, INT64_MAX, &out[i]) < 0)
			return -EBADMSG;
	return 0;
}

int vsd_process_fields(int procfd, pid_t pid, int first, uint64_t *out, unsigned n)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/stat", (int)pid); /* fits: 11 digits */
	return read_fields(procfd, path, first, out, n);
}

int vsd_process_start(pid_t pid, uint64_t *out)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* the same */
	return read_fields(AT_FDCWD, path, STAT_START_FIELD, out, 1);
}

static int check_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n = poll(&p, 1, 0);

	if (n < 0)
		return -errno;
	return n == 0 ? 0 : -ESRCH;
}

/* The pidfd comes first: the process cannot be replaced under it afterwards, so
 * a start time that agrees then is that process's. */
static int open_file(const char *name, const char *file, struct vsd_running *out)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	VSD_CLOSE int pidfd = -1;
	VSD_CLOSE int dirfd = -1;
	uint64_t now = 0;
	int r = vsd_running_open_folder(name, &dirfd);

	if (r < 0)
		return is_absent(r) || r == -ENAMETOOLONG ? -ESRCH : r;
	r = read_init(dirfd, file, &run);
	if (r < 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, run.pid, 0);
	if (pidfd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	r = vsd_process_start(run.pid, &now);
	if (r < 0)
		return r;
	r = now == run.start ? check_alive(pidfd) : -ESRCH;
	if (r < 0)
		return r;
	run.pidfd = vsd_take_fd(&pidfd);
	run.dirfd = vsd_take_fd(&dirfd);
	*out = run;
	return 0;
}

int vsd_running_open(const char *name, struct vsd_running *out)
{
	return open_file(name, "init", out);
}

int vsd_running_open_single(const char *name, struct vsd_running *out)
{
	return open_file(name, "single", out);
}

int vsd_running_check(const struct vsd_running *r)
{
	int e = r->file ? vsd_stamp_check(r->dirfd, r->file, &r->said) : -ESRCH;

	if (e < 0)
		return e == -ENOENT || e == -ESTALE ? -ESRCH : e;
	return check_alive(r->pidfd);
}

void vsd_running_close(struct vsd_running *r)
{
	vsd_scope_close(&r->pidfd);
	vsd_scope_close(&r->dirfd);
	*r = (struct vsd_running)VSD_RUNNING_NONE;
}
