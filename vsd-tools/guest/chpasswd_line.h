/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CHPASSWD_LINE_H
#define VSD_CHPASSWD_LINE_H

#include "keyval.h"
#include "name.h"
#include "password.h"
#include "why.h"

struct chpasswd_line {
	char name[VSD_NAME_MAX + 1];
	char password[PASSWORD_MAX]; /* or its hash */
	uint32_t uid;                /* once it is looked up */
};

/* USER:PASSWORD, or USER:HASH.  Whether there is such a user is not asked.  -EINVAL with
 * why; what *out holds is to be wiped by the caller in either case. */
int chpasswd_parse_line(struct vsd_span text, bool hashed, struct chpasswd_line *out,
			char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
