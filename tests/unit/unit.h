/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

/* cmocka.h names types that it does not include. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
