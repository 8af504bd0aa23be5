/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The marker that says where a process is: refused, or a server's name and its range. */
#include "fuzz.h"

#include <string.h>

#include "inside.h"
#include "name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t num[VSD_INSIDE_NUMBERS];
	struct vsd_inside in;
	int r = vsd_inside_parse((const char *)data, size, &in, num);

	MUST(r == 0 || r == -EPERM || r == -EPROTONOSUPPORT);
	if (r < 0)
		return 0;
	MUST(data[size - 1] == '\n' && memchr(data, '\n', size) == data + size - 1);
	MUST(memchr(in.vs, '\0', sizeof(in.vs)) && vsd_name_is_vs(in.vs, strlen(in.vs)));
	MUST(num[VSD_INSIDE_FIRST] > 0 && num[VSD_INSIDE_COUNT] > 0);
	MUST(num[VSD_INSIDE_FIRST] + num[VSD_INSIDE_COUNT] <= UINT32_MAX);
	return 0;
}
