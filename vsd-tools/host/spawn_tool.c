/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spawn_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t spawn_tool(const char *const argv[], int out)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", home[] = "HOME=/root";
	char *const env[] = { path, home, NULL };
	sigset_t none;
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	(void)sigemptyset(&none);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (out < 0)
		out = null;
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(127);
	(void)execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
	(void)dprintf(1, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int wait_tool(pid_t pid)
{
	int status;

	if (pid < 0)
		return (int)pid;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int run_tool(const char *const argv[])
{
	return wait_tool(spawn_tool(argv, -1));
}
