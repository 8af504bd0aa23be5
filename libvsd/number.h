/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_NUMBER_H
#define VSD_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "scope.h"

/* Read a decimal number and nothing else: digits only, no sign, space, hex or
 * leading zero before another digit.
 * Shape:  len bytes, no NUL needed
 * Errors: -EINVAL not a number; -ERANGE above max; out untouched
 * Safe:   PAM / NSS / tool */
int vsd_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out) VSD_MUST_CHECK;

/* The same for a uid or gid: 4294967295 (the "no change" of chown) is -ERANGE. */
int vsd_number_id(const char *s, size_t len, uint32_t *out) VSD_MUST_CHECK;

#endif
