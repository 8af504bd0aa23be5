/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

int vsd_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (len == 0 || (len > 1 && s[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		uint64_t d = (uint64_t)(s[i] - '0');

		if (n > UINT64_MAX / 10 || n * 10 > UINT64_MAX - d)
			return -ERANGE;
		n = n * 10 + d;
	}
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
