/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inside.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "number.h"

#define MARKER_MAX 256 /* bytes */
static int ns_inode(int fd, uint64_t *out)
{
	struct stat st;

	if (fd < 0) {
		*out = 0; /* isolation=chroot: the host's own, not compared */
		return 0;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	*out = st.st_ino;
	return 0;
}

int vsd_inside_write(int run_vsd_fd, int rootfd, int mntns, int pidns, const char *vs,
		     struct vsd_range range)
{
	VSD_CLOSE int fd = -1;
	char line[MARKER_MAX];
	struct stat st;
	uint64_t mnt = 0, pid = 0;
	int n, r;

	if (!vsd_name_is_vs(vs, strlen(vs)))
		return -EINVAL;
	if (fstat(rootfd, &st) < 0)
		return -errno;
	r = ns_inode(mntns, &mnt);
	if (r == 0)
		r = ns_inode(pidns, &pid);
	if (r < 0)
		return r;
	n = snprintf(line, sizeof(line), "vsd1 %s %ju %ju %ju %ju %ju %ju\n", vs,
		     (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (uintmax_t)mnt,
		     (uintmax_t)pid, (uintmax_t)range.first, (uintmax_t)range.count);
	if (n < 0 || (size_t)n >= sizeof(line))
		return -ENAMETOOLONG;
	if (unlinkat(run_vsd_fd, "self", 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(run_vsd_fd, "self", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return -errno;
	if (write(fd, line, (size_t)n) != n)
		return -EIO;
	return fchmod(fd, 0444) < 0 || fchown(fd, 0, 0) < 0 ? -errno : 0;
}

/* "vsd1 NAME" and six numbers with one space between, a newline, no more. */
int vsd_inside_parse(const char *p, size_t len, struct vsd_inside *out,
		     uint64_t num[VSD_INSIDE_NUMBERS])
{
	const char *end = p + len, *stop;

	if (len < 6 || memcmp(p, "vsd", 3) != 0 || end[-1] != '\n')
		return -EPERM;
	if (memcmp(p, "vsd1 ", 5) != 0)
		return -EPROTONOSUPPORT;
	p += 5;
	stop = memchr(p, ' ', (size_t)(end - p));
	if (!stop || !vsd_name_is_vs(p, (size_t)(stop - p)))
		return -EPERM;
	memcpy(out->vs, p, (size_t)(stop - p));
	out->vs[stop - p] = '\0';
	for (int i = 0; i < VSD_INSIDE_NUMBERS; i++) {
		p = stop + 1;
		stop = memchr(p, i == VSD_INSIDE_NUMBERS - 1 ? '\n' : ' ', (size_t)(end - p));
		if (!stop || vsd_number_parse(p, (size_t)(stop - p), UINT64_MAX, &num[i]) < 0)
			return -EPERM;
	}
	if (stop + 1 != end || !num[VSD_INSIDE_FIRST] || !num[VSD_INSIDE_COUNT] ||
	    num[VSD_INSIDE_FIRST] >= UINT32_MAX ||
	    num[VSD_INSIDE_COUNT] > UINT32_MAX - num[VSD_INSIDE_FIRST])
		return -EPERM;
	return 0;
}

/* Errors that say nothing about the place are told as what they are; all others mean
 * that this is not it. */
static int refusal(int error)
{
	static const int no_answer[] = { EMFILE, ENFILE, ENOMEM, EAGAIN, EIO };

	for (size_t i = 0; i < sizeof(no_answer) / sizeof(*no_answer); i++)
		if (error == no_answer[i])
			return -error;
	return -EPERM;
}

static bool is_roots(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == 0 &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Step by step: /run is admin's to write in (sticky), so that a link named
 * `vsd` would be possible wherever vsboot had not made the folder first. */
static ssize_t read_marker(char *buf, size_t size)
{
	VSD_CLOSE int run = -1;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int fd = -1;
	struct statfs fs;
	ssize_t n;

	run = open("/run", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (run >= 0)
		dir = openat(run, "vsd", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, "self", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return refusal(errno);
	if (!is_roots(dir, S_IFDIR) || !is_roots(fd, S_IFREG))
		return -EPERM;
	if (fstatfs(fd, &fs) < 0)
		return refusal(errno);
	if (fs.f_type != TMPFS_MAGIC)
		return -EPERM;
	n = read(fd, buf, size);
	return n < 0 ? refusal(errno) : n;
}

/* /proc/self names the reader only in a pid namespace that it lies in.  The
 * shell that sshd execs has joined the server's for its children alone, so a
 * child asks; system calls only.  Its exit status is 0 or an errno. */
static int child_compares(const uint64_t num[VSD_INSIDE_NUMBERS])
{
	static const struct {
		const char *path;
		int n;
	} ns[] = {
		{ "/proc/self/ns/mnt", VSD_INSIDE_MNT },
		{ "/proc/self/ns/pid", VSD_INSIDE_PID },
	};
	struct statfs fs;
	struct stat st;

	if (statfs("/proc", &fs) < 0)
		return -refusal(errno);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return EPERM;
	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++) {
		if (stat(ns[i].path, &st) < 0)
			return -refusal(errno);
		if (st.st_ino != num[ns[i].n])
			return EPERM;
	}
	return 0;
}

static int compare_namespaces(const uint64_t num[VSD_INSIDE_NUMBERS])
{
	int status = -1;
	pid_t child;

	if (num[VSD_INSIDE_MNT] == 0 && num[VSD_INSIDE_PID] == 0)
		return 0; /* isolation=chroot: root made the marker say so */
	/* No termination signal: a caller who ignores SIGCHLD would have the
	 * kernel throw the answer away. */
	child = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
	if (child < 0)
		return refusal(errno);
	if (child == 0)
		_exit(child_compares(num));
	while (waitpid(child, &status, __WALL) < 0)
		if (errno != EINTR)
			return -EPERM;
	if (!WIFEXITED(status))
		return -EPERM;
	return WEXITSTATUS(status) == 0 ? 0 : refusal(WEXITSTATUS(status));
}

static int check_as(uid_t uid, struct vsd_inside *out)
{
	struct vsd_inside in;
	uint64_t num[VSD_INSIDE_NUMBERS];
	char buf[MARKER_MAX];
	struct stat st;
	ssize_t len = read_marker(buf, sizeof(buf));
	int r;

	if (len < 0)
		return (int)len;
	if (len == 0 || (size_t)len >= sizeof(buf))
		return -EPERM;
	r = vsd_inside_parse(buf, (size_t)len, &in, num);
	if (r < 0)
		return r;
	if (stat("/", &st) < 0 || st.st_dev != num[VSD_INSIDE_DEV] ||
	    st.st_ino != num[VSD_INSIDE_INO])
		return -EPERM;
	in.range.first = (uint32_t)num[VSD_INSIDE_FIRST];
	in.range.count = (uint32_t)num[VSD_INSIDE_COUNT];
	in.own_pids = num[VSD_INSIDE_PID] != 0;
	if (uid < in.range.first || uid - in.range.first >= in.range.count)
		return -EPERM;
	r = compare_namespaces(num);
	if (r < 0)
		return r;
	*out = in;
	return 0;
}

int vsd_inside_check(struct vsd_inside *out)
{
	return check_as(getuid(), out);
}

int vsd_inside_check_uid(uint32_t uid, struct vsd_inside *out)
{
	return check_as(uid, out);
}
