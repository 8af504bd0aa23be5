/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting state: the caller's ids, limits and signals, no power. */
#include "crontab_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define CRONTAB "/usr/bin/crontab"
#define TEMPLATE "/tmp/crontab.XXXXXX"

/* The caller's editor, or the first that there is. */
static const char editor_script[] =
	"e=${VISUAL:-$EDITOR}\n"
	"for i in editor nano vim vi; do\n"
	"\t[ -z \"$e\" ] && command -v $i >/dev/null && e=$i\n"
	"done\n"
	"[ -n \"$e\" ] || { echo 'crontab: no editor: set EDITOR' >&2; exit 1; }\n"
	"exec $e \"$1\"\n";

/* crontab's own arguments: take standard input. */
static char **arguments(char *user)
{
	static char name[] = "crontab", u[] = "-u", dash[] = "-";
	static char *argv[5];
	int n = 0;

	argv[n++] = name;
	if (user) {
		argv[n++] = u;
		argv[n++] = user;
	}
	argv[n++] = dash;
	argv[n] = NULL;
	return argv;
}

int crontab_take_file(char *user, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return tool_errno("open", file, errno);
	(void)execve(CRONTAB, arguments(user), environ);
	return tool_errno("run", CRONTAB, errno);
}

/* Its exit status, or 1.  in: its standard input; -1, ours */
static int run(const char *path, char **argv, int in)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (in < 0 || dup2(in, STDIN_FILENO) >= 0)
			(void)execve(path, argv, environ);
		_exit(tool_errno("run", path, errno));
	}
	if (pid < 0)
		return tool_errno("run", path, errno);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return TOOL_FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : TOOL_FAILED;
}

/* ^C in the editor is the editor's. */
static int run_editor(const char *file)
{
	static char sh[] = "sh", c[] = "-c", script[sizeof(editor_script)], path[sizeof(TEMPLATE)];
	char *argv[] = { sh, c, script, sh, path, NULL };
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	int status;

	memcpy(script, editor_script, sizeof(script));
	memcpy(path, file, sizeof(path));
	status = run("/bin/sh", argv, -1);
	(void)signal(SIGINT, interrupt); /* as they were */
	(void)signal(SIGQUIT, quit);
	return status;
}

static bool ask_again(void)
{
	int answer, c;

	if (!isatty(STDIN_FILENO))
		return false;
	(void)fputs("Edit it again (y/n)? ", stderr);
	answer = getchar();
	for (c = answer; c != '\n' && c != EOF;)
		c = getchar();
	return answer == 'y' || answer == 'Y';
}

/* Edit until it is taken, given up or left as it was. */
static int edit(char *user, const char *file)
{
	struct stat before, after;
	int status;

	if (stat(file, &before) < 0)
		return tool_errno("look at", file, errno);
	do {
		VSD_CLOSE int fd = -1;

		status = run_editor(file);
		if (status != 0)
			return tool_error("edit", file, "the editor ended with an error; nothing is changed");
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &after) < 0)
			return tool_errno("open", file, errno);
		if (after.st_ino == before.st_ino && after.st_size == before.st_size &&
		    after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
		    after.st_mtim.tv_nsec == before.st_mtim.tv_nsec) {
			tool_say("no changes");
			return TOOL_OK;
		}
		status = run(CRONTAB, arguments(user), fd);
	} while (status != TOOL_OK && ask_again());
	return status;
}

int crontab_edit(char *user, struct vsd_span text)
{
	static const char hint[] = "# minute hour day-of-month month day-of-week command\n";
	const struct vsd_span old = text.p ? text : (struct vsd_span){ hint, sizeof(hint) - 1 };
	char file[] = TEMPLATE;
	VSD_CLOSE int fd = -1;
	int status;

	(void)umask(077);
	fd = mkstemp(file);
	if (fd < 0)
		return tool_errno("make", file, errno);
	if (write(fd, old.p, old.len) != (ssize_t)old.len)
		status = tool_errno("write", file, errno);
	else
		status = edit(user, file);
	(void)unlink(file); /* in /tmp: no harm */
	return status;
}
