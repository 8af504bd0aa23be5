/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TOOL_H
#define VSD_TOOL_H

#include <stdbool.h>

/* What every command does alike.  Unlike libvsd, this may write and exit. */

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_MISUSE = 2 };

/* Remember the name for messages; make sure descriptors 0-2 are open, reset
 * umask to 022 and signals to their defaults.  First call in main. */
void tool_init(const char *name);

/* Is --version all that was asked?  Then it has been answered: "NAME (VSD) VERSION". */
bool tool_version(const char *name, int argc, char **argv);

/* Another name from here on: what the caller has typed, where one program has many. */
void tool_rename(const char *name);

/* "tool: action 'object': reason\n" to stderr; foreign text has its control
 * bytes escaped.  tool_error returns TOOL_FAILED, tool_misuse TOOL_MISUSE with a
 * pointer to --help, so that `return tool_error(...)` reads well. */
int tool_error(const char *action, const char *object, const char *reason);
int tool_errno(const char *action, const char *object, int error); /* error: errno or -errno */
int tool_misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The end of a noun that stands behind a number. */
#define TOOL_S(n) ((n) == 1 ? "" : "s")

/* Plain progress and facts, to stdout. */
void tool_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
