/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_MASKS_H
#define VSD_MASKS_H

#include "bytes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What stands where in 32 bytes of an account file: bit n is byte n. */
#define VSD_MASKS_BYTES 32

struct vsd_masks {
	uint64_t colon;
	uint64_t stop; /* newline or NUL */
	uint64_t dot;
	uint64_t odd;  /* no printable ASCII (a newline neither), or '=' */
};

/* The marks of a word, one bit a byte. */
static inline uint64_t vsd_masks_gather(uint64_t marks)
{
	return (marks >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline void vsd_masks_by_words(const char *p, struct vsd_masks *out)
{
	*out = (struct vsd_masks){ 0 };
	for (unsigned i = 0; i < VSD_MASKS_BYTES; i += 8) {
		uint64_t w = vsd_bytes_load(p + i);
		uint64_t odd = vsd_bytes_control(w) | vsd_bytes_are(w, '=') | (w & VSD_BYTES_TOP);
		uint64_t stop = vsd_bytes_are(w, '\n') | vsd_bytes_zero(w);

		out->colon |= vsd_masks_gather(vsd_bytes_are(w, ':')) << i;
		out->dot |= vsd_masks_gather(vsd_bytes_are(w, '.')) << i;
		out->stop |= vsd_masks_gather(stop) << i;
		out->odd |= vsd_masks_gather(odd) << i;
	}
}

#ifdef __SSE2__
static inline uint64_t vsd_masks_bits(__m128i v)
{
	return (uint16_t)_mm_movemask_epi8(v);
}

static inline __m128i vsd_masks_are(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static inline void vsd_masks_by_vectors(const char *p, struct vsd_masks *out)
{
	*out = (struct vsd_masks){ 0 };
	for (unsigned i = 0; i < VSD_MASKS_BYTES; i += 16) {
		__m128i v = _mm_loadu_si128((const void *)(p + i));
		/* signed: a byte with its top bit set is below a space too */
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
					   _mm_or_si128(vsd_masks_are(v, 0x7f),
							vsd_masks_are(v, '=')));
		__m128i stop = _mm_or_si128(vsd_masks_are(v, '\n'), vsd_masks_are(v, '\0'));

		out->colon |= vsd_masks_bits(vsd_masks_are(v, ':')) << i;
		out->dot |= vsd_masks_bits(vsd_masks_are(v, '.')) << i;
		out->stop |= vsd_masks_bits(stop) << i;
		out->odd |= vsd_masks_bits(odd) << i;
	}
}
#endif

/* Of the bytes from p to end; newlines stand after them. */
static inline void vsd_masks_at(const char *p, const char *end, struct vsd_masks *out)
{
	char tail[VSD_MASKS_BYTES];

	if ((size_t)(end - p) < sizeof(tail)) {
		memset(tail, '\n', sizeof(tail));
		memcpy(tail, p, (size_t)(end - p));
		p = tail;
	}
#ifdef __SSE2__
	vsd_masks_by_vectors(p, out);
#else
	vsd_masks_by_words(p, out);
#endif
}

#endif
