/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "account.h"

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input whatever. */
#define MUST(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const struct vsd_range fuzz_range = { 2000000, 200 };

static inline struct vsd_span fuzz_span(const uint8_t *data, size_t size)
{
	return (struct vsd_span){ (const char *)data, size };
}

static inline int fuzz_in_range(uint32_t id)
{
	return id >= fuzz_range.first && id - fuzz_range.first < fuzz_range.count;
}

/* Borrowed text lies in the line that it came from. */
static inline int fuzz_within(struct vsd_span part, struct vsd_span whole)
{
	return part.p >= whole.p && part.len <= whole.len &&
	       (size_t)(part.p - whole.p) <= whole.len - part.len;
}

#endif
