/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "safe.h"

static int write_map(pid_t pid, const char *file, struct vsd_range range, bool root)
{
	const uint32_t first = range.first;
	char path[64], text[96];
	VSD_CLOSE int fd = -1;
	int n;

	if (root)
		n = snprintf(text, sizeof(text), "0 %u 1\n%u %u %u\n", first, first + 1, first + 1,
			     range.count - 1);
	else
		n = snprintf(text, sizeof(text), "%u %u %u\n", first, first, range.count);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file); /* both fit */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, text, (size_t)n) == n ? 0 : -errno;
}

static int open_of(pid_t pid, int *out_fd)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid); /* fits */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

/* Made with euid 0, which thereby owns it: made with admin's, admin would have
 * every capability in it. */
int userns_make(struct vsd_range range, bool root, int *out_fd)
{
	int up[2], down[2], r = 0;
	char byte = 0;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(down, O_CLOEXEC) < 0) {
		r = -errno;
		goto out_up;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(down[1]); /* or the read below would not end */
		if (unshare(CLONE_NEWUSER) == 0 && write(up[1], &byte, 1) == 1)
			(void)!read(down[0], &byte, 1);
		_exit(0);
	}
	(void)close(up[1]); /* the child's end alone remains: its death is an end of file */
	up[1] = -1;
	if (pid < 0 || read(up[0], &byte, 1) != 1)
		r = pid < 0 ? -errno : -EPERM;
	if (r == 0)
		r = write_map(pid, "uid_map", range, root);
	if (r == 0)
		r = write_map(pid, "gid_map", range, root);
	if (r == 0)
		r = open_of(pid, out_fd);
	vsd_scope_close(&down[0]);
	vsd_scope_close(&down[1]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0); /* it ends with the pipe */
out_up:
	vsd_scope_close(&up[0]);
	vsd_scope_close(&up[1]);
	return r;
}
