/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chpasswd's lines: refused with a reason, or what goes on into etc/shadow has no line's
 * end and, as a hash, no colon.  The first byte chooses between password and hash. */
#include "fuzz.h"

#include <string.h>

#include "chpasswd_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool hashed = size > 0 && data[0] == 'e';
	struct vsd_span text = fuzz_span(data + (size > 0), size - (size > 0)), at;
	size_t cursor = 0;

	while (vsd_lines_next(text, &cursor, &at)) {
		char why[VSD_WHY_MAX] = "";
		struct chpasswd_line l;

		if (chpasswd_parse_line(at, hashed, &l, why) < 0) {
			MUST(why[0] != '\0');
			continue;
		}
		MUST(strlen(l.name) + 1 + strlen(l.password) == at.len);
		MUST(memcmp(l.name, at.p, strlen(l.name)) == 0 && !strchr(l.name, ':'));
		MUST(l.password[0] != '\0' && !strchr(l.password, '\n'));
		MUST(!hashed || !strchr(l.password, ':'));
	}
	return 0;
}
