/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

/* cmocka.h names types that it does not include. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* What main answers where all tests are root's. */
#define RUN_AS_ROOT(tests) \
	(geteuid() != 0 ? (puts("1..0 # SKIP not root"), 0) : \
			  cmocka_run_group_tests(tests, NULL, NULL))

#endif
