/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TOOL_H
#define VSD_TOOL_H

/* What every command does alike.  Unlike libvsd, this may write and exit. */

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_MISUSE = 2 };

/* Remember the name for messages; make sure descriptors 0-2 are open, reset
 * umask to 022 and signals to their defaults.  First call in main. */
void tool_init(const char *name);

/* Another name from here on: what the caller has typed, where one program has many. */
void tool_rename(const char *name);

/* "tool: action 'object': reason\n" to stderr; foreign text has its control
 * bytes escaped.  tool_error returns TOOL_FAILED, tool_misuse TOOL_MISUSE with a
 * pointer to --help, so that `return tool_error(...)` reads well. */
int tool_error(const char *action, const char *object, const char *reason);
int tool_errno(const char *action, const char *object, int error); /* error: errno or -errno */
int tool_misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Plain progress and facts, to stdout. */
void tool_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
