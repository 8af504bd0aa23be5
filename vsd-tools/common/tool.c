/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry.h"

#define LINE_BYTES 2048

static const char *tool_name = "vsd";

void tool_rename(const char *name)
{
	tool_name = name;
}

void tool_init(const char *name)
{
	int fd;

	tool_name = name;
	/* A file opened later must not land on 0, 1 or 2, where a message would
	 * be written into it. */
	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			(void)dprintf(STDERR_FILENO, "%s: open '/dev/null': %s\n", name,
				      strerror(errno)); /* there may be no stderr */
			_exit(TOOL_FAILED);
		}
		if (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) < 0)
			_exit(TOOL_FAILED);
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	(void)umask(022);
	for (int sig = 1; sig < SIGRTMIN; sig++)
		(void)signal(sig, SIG_DFL); /* KILL and STOP refuse: no harm */
}

bool tool_version(const char *name, int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "--version") != 0)
		return false;
	(void)printf("%s (VSD) " VSD_VERSION "\n", name);
	return true;
}

/* One line, and written by one call: vsboot's children speak at the same time. */
struct line {
	char text[LINE_BYTES];
	size_t n;
};

static void put(struct line *l, const char *s)
{
	size_t room = sizeof(l->text) - 1 - l->n, n = strlen(s); /* 1 for the newline */

	if (n > room)
		n = room; /* cut: for people */
	memcpy(l->text + l->n, s, n);
	l->n += n;
}

/* Text from elsewhere may hold escape sequences for root's terminal. */
static void put_escaped(struct line *l, const char *s)
{
	char one[8];

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		(void)snprintf(one, sizeof(one), c < 0x20 || c == 0x7f ? "\\x%02x" : "%c", c); /* fits */
		put(l, one);
	}
}

int tool_error(const char *action, const char *object, const char *reason)
{
	struct line l = { .n = 0 };

	(void)fflush(stdout);
	put(&l, tool_name);
	put(&l, ": ");
	put(&l, action);
	put(&l, " '");
	put_escaped(&l, object);
	put(&l, "': ");
	put_escaped(&l, reason);
	l.text[l.n++] = '\n';
	(void)fwrite(l.text, 1, l.n, stderr); /* there may be no stderr */
	return TOOL_FAILED;
}

int tool_errno(const char *action, const char *object, int error)
{
	return tool_error(action, object, vsd_error_text(error));
}

int tool_misuse(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: ", tool_name);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\nTry '%s --help'.\n", tool_name);
	return TOOL_MISUSE;
}

void tool_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	(void)fflush(stdout);
}
