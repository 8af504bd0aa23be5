/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freevsd.conf: refused with a reason, or rules that can be asked. */
#include "fuzz.h"

#include <string.h>

#include "skelconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "";
	struct skel_conf c;

	if (skelconf_parse((const char *)data, size, "standard", &c, why) < 0) {
		MUST(memchr(why, '\0', sizeof(why)) && why[0]);
		return 0;
	}
	for (size_t i = 0; i < c.nrule; i++) {
		MUST(c.rule[i].text[0] && c.rule[i].line > 0);
		MUST(skelconf_names(&c, c.rule[i].kind, c.rule[i].text));
		(void)skelconf_matches(&c, c.rule[i].kind, "/usr/share/doc/a/b.c");
	}
	skelconf_free(&c);
	return 0;
}
