/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways to files: out of the root, to shared inodes, to power planted in a file. */
#include "escape.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SHARED "/usr/share/escape-shared" /* one inode with the other server's */

static int opened(const char *path, int flags)
{
	return outcome(open(path, flags | O_CLOEXEC | O_NONBLOCK));
}

static int own_file(void)
{
	int fd = open("escape-own", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		exit(4); /* nothing that follows would mean anything */
	return fd;
}

static int host_file(const struct aims *a, long arg)
{
	(void)arg;
	return opened(a->file, O_RDONLY);
}

static int dotdot(const struct aims *a, long arg)
{
	(void)arg;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return -errno;
	return opened(a->file + 1, O_RDONLY);
}

static int double_chroot(const struct aims *a, long arg)
{
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)arg;
	(void)mkdir("escape-root", 0700);
	if (here < 0 || chroot("escape-root") < 0)
		return -errno;
	if (fchdir(here) < 0)
		return -errno;
	return dotdot(a, 0);
}

static int leaked(const struct aims *a, long arg)
{
	struct stat st;
	char link[32], to[256] = "";

	(void)arg;
	for (int fd = 0; fd < 1024; fd++) {
		if (fstat(fd, &st) < 0 || fcntl(fd, F_GETFD) == FD_CLOEXEC)
			continue; /* our own have it, one that was handed in has not */
		if (S_ISDIR(st.st_mode))
			return outcome(openat(fd, a->file + 1, O_RDONLY | O_CLOEXEC));
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (fd > 2 && readlink(link, to, sizeof(to) - 1) > 0) {
			fprintf(stderr, "descriptor %d: %s\n", fd, to);
			return THROUGH;
		}
	}
	return -EBADF;
}

static int by_handle(const struct aims *a, long arg)
{
	unsigned char bytes[256] = { 0 };
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct file_handle *h = (struct file_handle *)bytes;

	(void)arg;
	for (size_t i = 0; i < sizeof(bytes) && a->handle[2 * i]; i++) {
		char digits[3] = { a->handle[2 * i], a->handle[2 * i + 1], 0 };

		bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return outcome(open_by_handle_at(root, h, O_RDONLY | O_CLOEXEC));
}

static int make_device(const struct aims *a, long arg)
{
	(void)a;
	(void)unlink("escape-device");
	if (mknod("escape-device", S_IFCHR | 0666, makedev(1, (unsigned)arg)) < 0)
		return -errno;
	return opened("escape-device", O_RDWR);
}

static int open_it(const struct aims *a, long arg)
{
	static const struct {
		const char *path;
		int flags;
	} of[] = {
		{ "/etc/escape-device", O_RDONLY }, { "/dev/kmsg", O_WRONLY },
		{ "/etc/shadow", O_RDONLY },
		{ "/etc/passwd", O_WRONLY },	    { "/etc/vsd/priv", O_WRONLY },
		{ SHARED, O_WRONLY },		    { "/usr/bin/env", O_RDWR },
		{ "/etc/escape-group", O_RDONLY }, /* a group's of the host */
	};

	(void)a;
	return opened(of[arg].path, of[arg].flags);
}

static int run_planted(const struct aims *a, long arg)
{
	static const char *const path[] = { "/etc/escape-setuid", "/etc/escape-capable",
					    "/home/httpd/escape-tarred" };
	char caps[20] = "0";
	int status = 0;
	uid_t me = outside(getuid()) ? getuid() : a->first + 9;
	pid_t pid;

	if (outside(getuid()) != 0)
		(void)snprintf(caps, sizeof(caps), "%llx", power());
	pid = fork();
	if (pid == 0) {
		if (outside(getuid()) == 0 && setresuid(me, me, me) < 0)
			_exit(1);
		(void)execl(path[arg], "escape", "who", caps, NULL);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? THROUGH : -EACCES;
}

static int change_shared(const struct aims *a, long arg)
{
	int lease;

	(void)a;
	switch (arg) {
	case 0: return outcome(chmod(SHARED, 04755));
	case 1: return outcome(chown(SHARED, getuid(), getgid()));
	case 2: return outcome(truncate(SHARED, 0));
	case 3: return outcome(utimensat(AT_FDCWD, SHARED, NULL, 0));
	case 4: return outcome(setxattr(SHARED, "user.escape", "x", 1, 0));
	case 5: (void)unlink("escape-link"); return outcome(link(SHARED, "escape-link"));
	case 6:
		lease = open(SHARED, O_RDONLY | O_CLOEXEC);
		if (lease < 0)
			return -errno;
		return outcome(fcntl(lease, F_SETLEASE, F_RDLCK));
	case 7:
		(void)close(own_file());
		return outcome(rename("escape-own", SHARED));
	default: return outcome(unlink(SHARED));
	}
}

static int move_root_owned(const struct aims *a, long arg)
{
	static const char *const path[] = { "/run/vsd", "/home/vsd", "/etc", "/var/log" };
	char to[64];

	(void)a;
	(void)snprintf(to, sizeof(to), "%s.escape", path[arg]);
	if (rename(path[arg], to) < 0)
		return -errno;
	return outcome(rename(to, path[arg]));
}

static int empower(const struct aims *a, long arg)
{
	static struct {
		unsigned magic;
		struct {
			unsigned permitted, inheritable;
		} data[2];
		unsigned rootid;
	} cap = { 0x03000001, { { 0xffffffff, 0 }, { 0xffffffff, 0 } }, 0 };
	int fd = own_file(), flags = 0;
	struct fsxattr x = { .fsx_projid = 7 };

	switch (arg) {
	case 0:
		cap.magic = 0x02000001;
		return outcome(fsetxattr(fd, "security.capability", &cap, 20, 0));
	case 1: return outcome(fsetxattr(fd, "security.capability", &cap, 24, 0));
	case 2: return outcome(fsetxattr(fd, "trusted.escape", "x", 1, 0));
	case 3: return outside(0) ? MOOT : outcome(fchown(fd, 0, (gid_t)-1));
	case 4: return outside(0) ? MOOT : outcome(fchown(fd, (uid_t)-1, 0));
	case 5: return outcome(fchown(fd, a->first + 200, (gid_t)-1));
	case 6:
		if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
			return -errno;
		flags |= FS_NODUMP_FL;
		return outcome(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	default: return outcome_past(ioctl(fd, FS_IOC_FSSETXATTR, &x), EOPNOTSUPP);
	}
}

const struct attack attacks_tree[] = {
	{ "host-file", host_file, 0 },
	{ "dotdot", dotdot, 0 },
	{ "double-chroot", double_chroot, 0 },
	{ "leaked-descriptor", leaked, 0 },
	{ "open-by-handle", by_handle, 0 },
	{ "mknod-kmsg", make_device, 11 },
	{ "mknod-null", make_device, 3 },
	{ "planted-device", open_it, 0 },
	{ "dev-kmsg", open_it, 1 },
	{ "read-shadow", open_it, 2 },
	{ "write-passwd", open_it, 3 },
	{ "write-priv", open_it, 4 },
	{ "write-shared", open_it, 5 },
	{ "write-program", open_it, 6 },
	{ "group-file", open_it, 7 },
	{ "planted-setuid", run_planted, 0 },
	{ "planted-capability", run_planted, 1 },
	{ "tarred-setuid", run_planted, 2 },
	{ "chmod-shared", change_shared, 0 },
	{ "chown-shared", change_shared, 1 },
	{ "truncate-shared", change_shared, 2 },
	{ "touch-shared", change_shared, 3 },
	{ "xattr-shared", change_shared, 4 },
	{ "link-shared", change_shared, 5 },
	{ "lease-shared", change_shared, 6 },
	{ "rename-over-shared", change_shared, 7 },
	{ "unlink-shared", change_shared, 8 },
	{ "rename-marker", move_root_owned, 0 },
	{ "rename-host-link", move_root_owned, 1 },
	{ "rename-etc", move_root_owned, 2 },
	{ "rename-log", move_root_owned, 3 },
	{ "capability-v2", empower, 0 },
	{ "capability-v3", empower, 1 },
	{ "trusted-xattr", empower, 2 },
	{ "chown-root", empower, 3 },
	{ "chgrp-root", empower, 4 },
	{ "chown-other", empower, 5 },
	{ "inode-flags", empower, 6 },
	{ "project-id", empower, 7 },
	{ NULL, NULL, 0 },
};
