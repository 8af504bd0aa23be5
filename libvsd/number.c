/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

#include <stdbool.h>

#include "bytes.h"

/* Up to eight digits at once, as ids are: the number, or -1 where one is none. */
static inline int64_t parse_short(const char *s, size_t len)
{
	uint64_t w = len < 8 ? vsd_bytes_load_few(s, len) : vsd_bytes_load(s);

	/* Zeros in front, so that the last digit is the highest byte. */
	if (len < 8)
		w = w << (8 * (8 - len)) | VSD_BYTES_EACH('0') >> (8 * len);
	if ((w & VSD_BYTES_EACH(0xf0)) != VSD_BYTES_EACH('0') ||
	    ((w + VSD_BYTES_EACH(6)) & VSD_BYTES_EACH(0xf0)) != VSD_BYTES_EACH('0'))
		return -1;
	/* Add neighbours: digits to pairs, pairs to fours, fours to the number. */
	w &= VSD_BYTES_EACH(0x0f);
	w = (w * (1 + (10 << 8))) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	w = (w * (1 + (100 << 16))) >> 16 & UINT64_C(0x0000ffff0000ffff);
	return (int64_t)((w * (1 + (UINT64_C(10000) << 32))) >> 32);
}

/* Errors: -EINVAL: not all digits, which is never "too large" */
static int parse_long(const char *s, size_t len, uint64_t *out)
{
	uint64_t n = 0;
	bool too_large = false;

	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned)(unsigned char)s[i] - '0';

		if (d > 9)
			return -EINVAL;
		if (n > UINT64_MAX / 10 || n * 10 > UINT64_MAX - d)
			too_large = true;
		else
			n = n * 10 + d;
	}
	*out = n;
	return too_large ? -ERANGE : 0;
}

int vsd_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	int64_t few;
	int r;

	if (len == 0 || (len > 1 && s[0] == '0'))
		return -EINVAL;
	if (len <= 8) {
		few = parse_short(s, len);
		if (few < 0)
			return -EINVAL;
		n = (uint64_t)few;
	} else {
		r = parse_long(s, len, &n);
		if (r < 0)
			return r;
	}
	if (n > max)
		return -ERANGE;
	*out = n;
	return 0;
}

int vsd_number_id(const char *s, size_t len, uint32_t *out)
{
	uint64_t n;
	int64_t few;
	int ret;

	if (len > 0 && len <= 8 && (s[0] != '0' || len == 1)) { /* no id of it is too large */
		few = parse_short(s, len);
		if (few < 0)
			return -EINVAL;
		*out = (uint32_t)few;
		return 0;
	}
	ret = vsd_number_parse(s, len, UINT32_MAX - 1, &n);
	if (ret < 0)
		return ret;
	*out = (uint32_t)n;
	return 0;
}
