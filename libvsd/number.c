/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

#include <stdbool.h>

enum { SAFE_DIGITS = 19 }; /* 10^19 - 1 fits 64 bits */

int vsd_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	bool too_large = false;

	if (len == 0 || (len > 1 && s[0] == '0'))
		return -EINVAL;
	/* Read all of it first: what is no number at all is not "too large". */
	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned)(unsigned char)s[i] - '0';

		if (d > 9)
			return -EINVAL;
		if (i >= SAFE_DIGITS && (n > UINT64_MAX / 10 || n * 10 > UINT64_MAX - d))
			too_large = true;
		else
			n = n * 10 + d;
	}
	if (too_large)
		return -ERANGE;
	if (n > max)
		return -ERANGE;
	*out = n;
	return 0;
}

int vsd_number_id(const char *s, size_t len, uint32_t *out)
{
	uint64_t n;
	int ret = vsd_number_parse(s, len, UINT32_MAX - 1, &n);

	if (ret < 0)
		return ret;
	*out = (uint32_t)n;
	return 0;
}
