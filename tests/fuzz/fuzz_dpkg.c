/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's package database: the input is its status file and each package's list. */
#include "fuzz_file.h"

#include "skel_dpkg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct skel_conf conf;
	struct plan p = { .conf = &conf, .source = "/", .sourcefd = -1 };
	struct dpkg *d = NULL;
	int r;

	fuzz_data = data;
	fuzz_size = size;
	MUST(dpkg_load(&p, &d) == 0);
	r = dpkg_choose(d, &p, "one");
	MUST(r == 0 || r == -ENOENT);
	r = dpkg_choose_owner(d, &p, "/usr/bin/two");
	MUST(r == 0 || r == -ENOENT);
	dpkg_free(d);
	return 0;
}
