/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's rpm database: the input is what rpmdb --exportdb writes. */
#include "fuzz_file.h"

#include "skel_rpm_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct skel_conf conf;
	struct plan p = { .conf = &conf, .source = "/", .sourcefd = -1 };
	struct rpm *r = calloc(1, sizeof(*r));
	char *text = malloc(size + 1);
	int error;

	MUST(r && text);
	memcpy(text, data, size);
	r->lock = -1;
	error = rpm_take_headers(r, text, size);
	MUST(error == 0 || error == -EBADMSG);
	for (size_t i = 0; error == 0 && i < r->npackage; i++) {
		const char *name = r->package[i].name;
		int chosen = rpm_choose(r, &p, name);

		MUST(chosen == 0 || chosen == -ENOENT);
	}
	error = rpm_choose_owner(r, &p, "/usr/bin/two");
	MUST(error == 0 || error == -ENOENT);
	rpm_free(r);
	return 0;
}
