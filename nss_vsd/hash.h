/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_HASH_H
#define NSS_VSD_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* Keyed, since tenants choose the names: without the key nobody can write a
 * file of names that all collide. */
static inline uint64_t nss_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

static inline uint32_t nss_hash_bytes(uint64_t seed, const char *p, size_t len)
{
	uint64_t h = nss_mix(seed, len), word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		word = vsd_bytes_load(p);
		h = nss_mix(h, word);
	}
	word = vsd_bytes_load_few(p, len);
	h = nss_mix(h, word);
	return (uint32_t)(nss_mix(h, seed) >> 32);
}

static inline uint32_t nss_hash_id(uint64_t seed, uint32_t id)
{
	return (uint32_t)(nss_mix(nss_mix(seed, id), seed) >> 32);
}

#endif
