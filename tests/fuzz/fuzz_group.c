/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's etc/group is its admin's: no gid out of the range, and no member
 * that is no name. */
#include "fuzz.h"

#include <string.h>

#include "name.h"

static void check_members(struct vsd_span members)
{
	struct vsd_span name;
	size_t cursor = 0, last = 0;

	while (vsd_members_next(members, &cursor, &name)) {
		MUST(cursor > last); /* or it would never end */
		last = cursor;
		MUST(fuzz_within(name, members) && vsd_name_is_user(name.p, name.len));
	}
}

static void check_line(struct vsd_span file, struct vsd_span line)
{
	struct vsd_group_line one, found;

	if (vsd_group_parse(line, &one) < 0)
		return;
	MUST(vsd_name_is_user(one.name.p, one.name.len) && one.gid != UINT32_MAX);
	MUST(fuzz_within(one.name, line) && fuzz_within(one.members, line));
	check_members(one.members);
	if (vsd_group_find_name(file, fuzz_range, one.name, &found) == 0)
		MUST(fuzz_in_range(found.gid) && found.name.len == one.name.len &&
		     memcmp(found.name.p, one.name.p, one.name.len) == 0);
	else
		MUST(!fuzz_in_range(one.gid));
	if (vsd_group_find_gid(file, fuzz_range, one.gid, &found) == 0)
		MUST(found.gid == one.gid && fuzz_in_range(found.gid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_span file = fuzz_span(data, size), line;
	size_t cursor = 0, lines = 0;

	while (lines++ < 64 && vsd_lines_next(file, &cursor, &line))
		check_line(file, line);
	return 0;
}
