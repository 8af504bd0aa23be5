/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's etc/passwd is its admin's: no line may give an id out of the range,
 * and what is found by name is found by id. */
#include "fuzz.h"

#include <string.h>

#include "name.h"

static void check_line(struct vsd_span file, struct vsd_span line)
{
	struct vsd_passwd_line one, found;
	char gecos[64];

	if (vsd_passwd_parse(line, &one) < 0)
		return;
	MUST(vsd_name_is_user(one.name.p, one.name.len));
	MUST(one.uid != UINT32_MAX && one.gid != UINT32_MAX);
	MUST(fuzz_within(one.name, line) && fuzz_within(one.gecos, line) &&
	     fuzz_within(one.dir, line) && fuzz_within(one.shell, line));
	MUST(vsd_gecos_clean(one.gecos, gecos, sizeof(gecos)) < sizeof(gecos));
	MUST(!strpbrk(gecos, ",=:\n"));
	if (vsd_passwd_find_name(file, fuzz_range, one.name, &found) == 0) {
		MUST(fuzz_in_range(found.uid) && fuzz_in_range(found.gid));
		MUST(found.name.len == one.name.len &&
		     memcmp(found.name.p, one.name.p, one.name.len) == 0);
	} else {
		MUST(!fuzz_in_range(one.uid) || !fuzz_in_range(one.gid));
	}
	if (vsd_passwd_find_uid(file, fuzz_range, one.uid, &found) == 0)
		MUST(found.uid == one.uid && fuzz_in_range(found.uid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_span file = fuzz_span(data, size), line;
	size_t cursor = 0, lines = 0;

	while (lines++ < 64 && vsd_lines_next(file, &cursor, &line))
		check_line(file, line);
	return 0;
}
