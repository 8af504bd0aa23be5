/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check_run.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check_lines.h"
#include "spawn_tool.h"

int check_run(const char *const argv[], check_run_line *told, void *to)
{
	int pipefd[2];
	struct check_lines l = { .f = NULL };
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return -errno;
	pid = spawn_tool(argv, pipefd[1]);
	(void)close(pipefd[1]); /* the child's end */
	if (pid > 0)
		l.f = fdopen(pipefd[0], "r");
	if (!l.f)
		(void)close(pipefd[0]); /* nothing was read */
	while (check_lines_next(&l))
		told(to, l.line);
	check_lines_close(&l);
	return wait_tool(pid);
}
