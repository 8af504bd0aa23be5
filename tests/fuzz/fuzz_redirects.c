/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Redirected ports: refused, or pairs of ports of which none is 0. */
#include "fuzz.h"

#include "keyval.h"

#define SMALL 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_redirect r[SMALL + 1] = { { 0, 0 } };
	unsigned n = SMALL + 1;

	if (vsd_redirects_parse(fuzz_span(data, size), r, SMALL, &n) < 0) {
		MUST(n == SMALL + 1);
	} else {
		MUST(n <= SMALL);
		for (unsigned i = 0; i < n; i++)
			MUST(r[i].from && r[i].to);
	}
	MUST(r[SMALL].from == 0 && r[SMALL].to == 0); /* not written past the end */
	return 0;
}
