/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PATTERN_H
#define VSD_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Does the pattern match the path or one of the folders above it?  A pattern
 * that names a folder thus means all that lies in it.
 * Shape:  absolute paths without a closing slash; `?` and `*` match within one
 *         component, `**` across them; every other character is itself
 * Safe:   tool; takes at most length times length steps, whatever the pattern */
bool pattern_matches(const char *pattern, const char *path);

/* Length of the longest folder that all matches lie in (or are): the part of
 * the pattern before the component with the first wildcard, without the slash. */
size_t pattern_literal_len(const char *pattern);

/* Has it a wildcard? */
bool pattern_is_wild(const char *pattern);

#endif
