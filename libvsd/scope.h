/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SCOPE_H
#define VSD_SCOPE_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Scope cleanup: variables that release what they hold when they leave their
 * block, with errno kept.  Preset them to -1 or NULL. */
static inline void vsd_scope_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd); /* nothing was written through it unflushed */
		errno = saved;
	}
}

static inline void vsd_scope_free(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

/* Hand a descriptor on: the scope no longer closes it. */
static inline int vsd_take_fd(int *fd)
{
	int got = *fd;

	*fd = -1;
	return got;
}

#ifdef __cppcheck__
/* cppcheck does not know the cleanup attribute and would call each of these a
 * leak.  What it never calls one is a static variable. */
#define VSD_CLOSE static
#define VSD_FREE static
#else
#define VSD_CLOSE __attribute__((cleanup(vsd_scope_close)))
#define VSD_FREE __attribute__((cleanup(vsd_scope_free)))
#endif
/* Around the one statement after which gcc's -fanalyzer loses sight of memory that a
 * caller's structure holds, and calls it a leak.  Each use says who holds it. */
#if defined(__GNUC__) && !defined(__clang__)
#define VSD_HELD_BEGIN \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wanalyzer-malloc-leak\"") \
	_Pragma("GCC diagnostic ignored \"-Wanalyzer-file-leak\"")
#define VSD_HELD_END _Pragma("GCC diagnostic pop")
#else
#define VSD_HELD_BEGIN
#define VSD_HELD_END
#endif

#define VSD_MUST_CHECK __attribute__((warn_unused_result))

#endif
