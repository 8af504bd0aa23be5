/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job's file: refused with a reason, or a server that could be. */
#include "fuzz_file.h"

#include "job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "";
	struct job j = { .number = 0 };

	fuzz_data = data;
	fuzz_size = size;
	if (job_read(JOB_QUEUED, 1, &j, why) < 0) {
		MUST(memchr(why, '\0', sizeof(why)) && why[0] && j.number == 0);
		return 0;
	}
	MUST(j.number == 1 && j.max_users > 0);
	MUST(vsd_name_is_vs(j.name, strlen(j.name)));
	MUST(vsd_name_is_fqdn(j.fqdn, strlen(j.fqdn)));
	MUST(memchr(j.address, '\0', sizeof(j.address)) && j.address[0]);
	MUST(memchr(j.import, '\0', sizeof(j.import)) && memchr(j.why, '\0', sizeof(j.why)));
	MUST(j.import[0] == '\0' || j.import[0] == '/');
	MUST((j.id == 0) == (j.uid_first == 0) && (j.id == 0) == (j.uid_count == 0));
	return 0;
}
