/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "killer.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static pid_t start(int (*work)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(99);
		(void)raise(SIGSTOP);
		_exit(work());
	}
	return pid;
}

int killer_run(int (*work)(void), unsigned n)
{
	pid_t pid = start(work);
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Two stops a call: going in, coming out. */
	for (unsigned stop = 0; WIFSTOPPED(status) && stop < 2 * n - 1; stop++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	if (!WIFSTOPPED(status)) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return 0;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return 1;
}

void killer_holds_only(const char *path, const char *one, const char *two)
{
	DIR *d = opendir(path);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !(one && strcmp(e->d_name, one) == 0) && !(two && strcmp(e->d_name, two) == 0))
			fail_msg("%s holds %s", path, e->d_name);
	closedir(d);
}
