/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: redirects in force, by what vsredirect says of them. */

#include "check.h"
#include "check_run.h"

struct told {
	struct check *c;
	unsigned n;
};

static void tell(void *to, char *line)
{
	struct told *t = to;

	check_wrong(t->c, "redirects", line);
	t->n++;
}

void check_redirects(struct check *c)
{
	static const char *const argv[] = { "vsredirect", "--check", NULL };
	struct told told = { .c = c };

	if (check_run(argv, tell, &told) < 0 && told.n == 0)
		check_wrong(c, "redirects", "vsredirect --check failed");
	else if (told.n > 0)
		check_note(c, "vsredirect --apply puts the redirects right");
}
