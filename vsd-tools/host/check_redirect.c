/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: redirects in force, by what vsredirect says of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "check_lines.h"
#include "spawn.h"

void check_redirects(struct check *c)
{
	static const char *const argv[] = { "vsredirect", "--check", NULL };
	struct check_lines l = { .f = NULL };
	int pipefd[2], status = 0;
	unsigned told = 0;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0) {
		check_wrong(c, "redirects", strerror(errno));
		return;
	}
	pid = spawn_tool(argv, pipefd[1]);
	(void)close(pipefd[1]); /* the child's end */
	l.f = fdopen(pipefd[0], "r");
	while (check_lines_next(&l)) {
		check_wrong(c, "redirects", l.line);
		told++;
	}
	check_lines_close(&l);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (pid < 0 || (status != 0 && told == 0))
		check_wrong(c, "redirects", "vsredirect --check failed");
	else if (told > 0)
		check_note(c, "vsredirect --apply puts the redirects right");
}
