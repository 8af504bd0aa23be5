/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_BYTES_H
#define VSD_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes at a time, for fields too short to call memchr on.  The first byte
 * in memory is the lowest of the word; an answer has 0x80 in each byte that is
 * meant, exactly. */
#define VSD_BYTES_EACH(b) (UINT64_C(0x0101010101010101) * (uint8_t)(b))
#define VSD_BYTES_TOP VSD_BYTES_EACH(0x80)

static inline uint64_t vsd_bytes_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* The len < 8 bytes at p, zeros after them; nothing beyond is read. */
static inline uint64_t vsd_bytes_load_few(const char *p, size_t len)
{
	uint64_t w = 0;
	uint32_t low, high;

	if (len >= sizeof(low)) { /* two halves that may overlap */
		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + len - sizeof(high), sizeof(high));
		return le32toh(low) | (uint64_t)le32toh(high) << (8 * (len - sizeof(high)));
	}
	for (size_t i = 0; i < len; i++)
		w |= (uint64_t)(uint8_t)p[i] << (8 * i);
	return w;
}

static inline uint64_t vsd_bytes_zero(uint64_t w)
{
	uint64_t low = ~VSD_BYTES_TOP;

	return ~(((w & low) + low) | w | low);
}

static inline uint64_t vsd_bytes_are(uint64_t w, char c)
{
	return vsd_bytes_zero(w ^ VSD_BYTES_EACH(c));
}

/* Below a space, or DEL. */
static inline uint64_t vsd_bytes_control(uint64_t w)
{
	uint64_t low = w & ~VSD_BYTES_TOP;
	uint64_t below = ~((low | VSD_BYTES_TOP) - VSD_BYTES_EACH(' '));
	uint64_t del = low + VSD_BYTES_EACH(1);

	return (below | del) & ~w & VSD_BYTES_TOP;
}

#endif
