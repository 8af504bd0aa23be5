/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_WHY_H
#define VSD_WHY_H

#include <stdarg.h>
#include <stdio.h>

#include "conf.h"

/* Write the reason of a failure; one that is too long is cut: it is for people. */
__attribute__((format(printf, 2, 3)))
static inline void why_say(char why[VSD_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, VSD_WHY_MAX, fmt, ap); /* cut on purpose */
	va_end(ap);
}

#endif
