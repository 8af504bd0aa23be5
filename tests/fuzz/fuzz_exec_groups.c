/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/vsd/exec-groups: refused, or each right has one gid, which is nobody's else. */
#include "fuzz.h"

#include <string.h>

#include "exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_exec_groups g = { .n = 0 };
	uint32_t gid[VSD_EXEC_MAX];

	if (vsd_exec_parse(fuzz_span(data, size), &g) < 0) {
		MUST(g.n == 0);
		return 0;
	}
	MUST(g.n <= VSD_EXEC_MAX);
	for (unsigned i = 0; i < g.n; i++) {
		const struct vsd_exec_group *e = &g.group[i];
		struct vsd_span name = { e->name, strlen(e->name) };

		MUST(vsd_name_is_user(name.p, name.len) && e->gid != 0 && e->gid != UINT32_MAX);
		MUST(vsd_exec_gid(&g, name) == e->gid && vsd_exec_has_gid(&g, e->gid));
	}
	/* the same text as a server's etc/vsd/priv */
	MUST(vsd_exec_of_user(&g, fuzz_span(data, size), "alice", gid) <= VSD_EXEC_MAX);
	return 0;
}
