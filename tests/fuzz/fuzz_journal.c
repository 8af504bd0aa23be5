/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of a refresh: refused with a reason, or a skeleton's path and a folder. */
#include "fuzz_file.h"

#include "refresh_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "";
	struct refresh_journal j = { .folder = 0 };

	fuzz_data = data;
	fuzz_size = size;
	if (refresh_journal_read(&j, why) < 0) {
		MUST(memchr(why, '\0', sizeof(why)) && why[0] && j.folder == 0);
		return 0;
	}
	MUST(memchr(j.skel, '\0', sizeof(j.skel)) && j.skel[0] == '/' && j.folder != 0);
	return 0;
}
