/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's etc/shadow: the hash that is found is that of the name asked for. */
#include "fuzz.h"

#include <string.h>

#include "name.h"

static void check_line(struct vsd_span file, struct vsd_span line)
{
	struct vsd_shadow_line one, found;

	if (vsd_shadow_parse(line, &one) < 0)
		return;
	MUST(vsd_name_is_user(one.name.p, one.name.len));
	MUST(fuzz_within(one.name, line) && fuzz_within(one.hash, line));
	MUST(one.last_change >= -1 && one.min >= -1 && one.max >= -1 && one.warn >= -1 &&
	     one.inactive >= -1 && one.expire >= -1);
	MUST(vsd_shadow_find_name(file, one.name, &found) == 0);
	MUST(found.name.len == one.name.len &&
	     memcmp(found.name.p, one.name.p, one.name.len) == 0);
	MUST(!memchr(found.hash.p, ':', found.hash.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_span file = fuzz_span(data, size), line;
	size_t cursor = 0, lines = 0;

	while (lines++ < 64 && vsd_lines_next(file, &cursor, &line))
		check_line(file, line);
	return 0;
}
