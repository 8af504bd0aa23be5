/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "logins_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "number.h"
#include "safe.h"

/* utmp has the start of the server first, then terminal 0, 1, ... */
enum { BOOT_PLACE = 0, WTMP_MAX_BYTES = 1 << 20 };

static const char utmp_name[] = "utmp", wtmp_name[] = "wtmp";

/* /run is a mount of its own; "/" and it are root's, so that the name is what it says. */
static int open_run(int rootfd, int *out_fd)
{
	int fd = openat(rootfd, "run", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

static int open_file(int dir, const char *name, int flags, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_beneath(dir, name, flags, 0, &fd);

	if (r == 0)
		r = check_file(fd);
	if (r == 0)
		*out_fd = vsd_take_fd(&fd);
	return r;
}

int vsd_logins_open_utmp(int rootfd, int *out_fd)
{
	VSD_CLOSE int run = -1;
	int r = open_run(rootfd, &run);

	return r < 0 ? r : open_file(run, utmp_name, O_RDWR, out_fd);
}

static int open_log(int rootfd, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_beneath(rootfd, "var/log", O_PATH | O_DIRECTORY, 0, &fd);

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH))))
		r = -EPERM;
	if (r == 0)
		*out_fd = vsd_take_fd(&fd);
	return r;
}

static void fill(char *field, size_t size, const char *text)
{
	memcpy(field, text, strnlen(text, size)); /* full, it has no NUL: utmp(5) */
}

static struct utmpx record(short type, const char *user, const char *line, const char *host)
{
	struct utmpx u;

	memset(&u, 0, sizeof(u));
	u.ut_type = type;
	u.ut_tv.tv_sec = (__typeof__(u.ut_tv.tv_sec))time(NULL);
	fill(u.ut_user, sizeof(u.ut_user), user);
	fill(u.ut_line, sizeof(u.ut_line), line);
	fill(u.ut_host, sizeof(u.ut_host), host);
	return u;
}

bool vsd_logins_get(int fd, int place, struct utmpx *out)
{
	return pread(fd, out, sizeof(*out), (off_t)place * (off_t)sizeof(*out)) == (ssize_t)sizeof(*out);
}

int vsd_logins_put(int fd, int place, const struct utmpx *u)
{
	ssize_t n = pwrite(fd, u, sizeof(*u), (off_t)place * (off_t)sizeof(*u));

	return n == (ssize_t)sizeof(*u) ? 0 : n < 0 ? -errno : -ENOSPC;
}

/* Whole records only: what a full disk cut off is taken back. */
static int append(int rootfd, const struct utmpx *u)
{
	VSD_CLOSE int log = -1;
	VSD_CLOSE int fd = -1;
	struct stat st;
	ssize_t n;
	int r = open_log(rootfd, &log);

	if (r == 0)
		r = open_file(log, wtmp_name, O_WRONLY | O_APPEND, &fd);
	if (r < 0)
		return r;
	n = write(fd, u, sizeof(*u));
	if (n == (ssize_t)sizeof(*u))
		return 0;
	r = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && fstat(fd, &st) == 0 && ftruncate(fd, st.st_size - n) < 0)
		return -errno;
	return r;
}

/* The number in "pts/7", or -1: what sshd writes for a terminal of the server. */
static int terminal_number(const struct utmpx *u)
{
	static const char prefix[] = "pts/";
	size_t len = strnlen(u->ut_line, sizeof(u->ut_line));
	uint64_t n;

	if (len < sizeof(prefix) || memcmp(u->ut_line, prefix, sizeof(prefix) - 1) != 0 ||
	    vsd_number_parse(u->ut_line + sizeof(prefix) - 1, len - (sizeof(prefix) - 1),
			     VSD_LOGINS_PTY_MAX - 1, &n) < 0)
		return -1;
	return (int)n;
}

/* As the server's people know it: without the server's name after the user's, and
 * without sshd's pid, which would be another process's inside. */
static struct utmpx seen_inside(const struct utmpx *u)
{
	struct utmpx in = *u;
	size_t len = strnlen(in.ut_user, sizeof(in.ut_user));
	char *at = memchr(in.ut_user, '@', len);

	if (at)
		memset(at, 0, sizeof(in.ut_user) - (size_t)(at - in.ut_user));
	in.ut_pid = 0;
	in.ut_session = 0;
	return in;
}

/* The end of whoever had that terminal. */
static int close_place(int rootfd, int utmp, int n, const struct utmpx *was)
{
	struct utmpx u = record(DEAD_PROCESS, "", "", "");
	int r;

	memcpy(u.ut_line, was->ut_line, sizeof(u.ut_line));
	memcpy(u.ut_id, was->ut_id, sizeof(u.ut_id));
	r = vsd_logins_put(utmp, 1 + n, &u);
	return r < 0 ? r : append(rootfd, &u);
}

/* One terminal, as the host has it, into the server's files where they differ. */
static int carry_over(int rootfd, int utmp, int n, const struct utmpx *outside)
{
	struct utmpx now, u = seen_inside(outside);
	bool known = vsd_logins_get(utmp, 1 + n, &now) && now.ut_type == USER_PROCESS;
	int r = 0;

	if (known)
		u.ut_pid = now.ut_pid;
	/* Fillers count too: were they to differ, it is written once more. */
	if (known && memcmp((const char *)&now, (const char *)&u, sizeof(u)) == 0)
		return 0;
	u.ut_pid = 0;
	if (known)
		r = close_place(rootfd, utmp, n, &now);
	if (r < 0 || u.ut_type != USER_PROCESS)
		return r;
	r = vsd_logins_put(utmp, 1 + n, &u);
	return r < 0 ? r : append(rootfd, &u);
}

static bool has_terminal(int ptsfd, int n)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", n);
	return faccessat(ptsfd, name, F_OK, 0) == 0 || errno != ENOENT;
}

/* Outside, where sshd's monitor may have been killed before it could say so. */
static int check_terminal(int hostfd, int place, int ptsfd, int n, struct utmpx *u)
{
	if (u->ut_type != USER_PROCESS || has_terminal(ptsfd, n))
		return 0;
	u->ut_type = DEAD_PROCESS;
	return vsd_logins_put(hostfd, place, u);
}

int vsd_logins_sync(int rootfd, int ptsfd, int hostfd)
{
	VSD_CLOSE int utmp = -1;
	struct utmpx u;
	int r = vsd_logins_open_utmp(rootfd, &utmp), n;

	for (int i = 0; r == 0 && i < VSD_LOGINS_PTY_MAX; i++) {
		if (!vsd_logins_get(hostfd, i, &u))
			break; /* the end */
		n = terminal_number(&u);
		if (n < 0)
			continue;
		r = check_terminal(hostfd, i, ptsfd, n, &u);
		if (r == 0)
			r = carry_over(rootfd, utmp, n, &u);
	}
	return r;
}

/* Only ever by the server's first process: of two, one would lose the other's. */
static int keep_wtmp_small(int log)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = open_file(log, wtmp_name, O_RDONLY, &fd);

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && st.st_size > WTMP_MAX_BYTES) {
		if (renameat(log, wtmp_name, log, "wtmp.1") < 0)
			return -errno;
		r = -ENOENT;
	}
	if (r != -ENOENT)
		return r;
	vsd_scope_close(&fd);
	return vsd_safe_open_beneath(log, wtmp_name, O_WRONLY | O_CREAT | O_EXCL, 0644, &fd);
}

static struct utmpx machine(short type, const char *user, const char *line)
{
	struct utsname name;

	if (uname(&name) < 0)
		name.release[0] = '\0';
	return record(type, user, line, name.release);
}

int vsd_logins_boot(int rootfd)
{
	VSD_CLOSE int fd = -1;
	VSD_CLOSE int log = -1;
	struct utmpx u = machine(BOOT_TIME, "reboot", "~");
	int r = vsd_logins_open_utmp(rootfd, &fd), w;

	if (r == 0 && ftruncate(fd, 0) < 0)
		r = -errno;
	if (r == 0)
		r = vsd_logins_put(fd, BOOT_PLACE, &u);
	w = open_log(rootfd, &log);
	if (w == 0)
		w = keep_wtmp_small(log);
	if (w == 0)
		w = append(rootfd, &u);
	return r < 0 ? r : w;
}

int vsd_logins_shutdown(int rootfd)
{
	struct utmpx u = machine(RUN_LVL, "shutdown", "~");

	return append(rootfd, &u);
}
