/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keyval.h"
#include "redirect.h"
#include "safe.h"

#define DEFAULTS "/etc/default/vsd" /* the init script's */
#define UNIT "/etc/systemd/system/vsd.target.wants/vsd-redirect.service"

/* Is the table to be there after a boot?  A file that cannot be read is none to the
 * init script either. */
static bool comes_at_boot(void)
{
	VSD_FREE char *text = NULL;
	struct vsd_span rest, word;
	size_t len = 0;
	bool wanted = access(UNIT, F_OK) == 0;

	if (wanted || vsd_safe_read_path(DEFAULTS, 65536, &text, &len) < 0)
		return wanted;
	rest = (struct vsd_span){ text, len };
	while (rest.len > 0) {
		const char *end = memchr(rest.p, '\n', rest.len);

		word = (struct vsd_span){ rest.p, end ? (size_t)(end - rest.p) : rest.len };
		rest.p += word.len + (end ? 1 : 0);
		rest.len -= word.len + (end ? 1 : 0);
		if (word.len >= 11 && memcmp(word.p, "VSREDIRECT=", 11) == 0)
			wanted = vsd_span_is(word, "VSREDIRECT=yes");
	}
	return wanted;
}

struct telling {
	void (*tell)(const char *what);
	int n;
};

static void say(struct telling *t, const struct redirect *r, const char *what)
{
	char address[VSD_ADDR_TEXT_MAX], text[VSD_ADDR_TEXT_MAX + 64];

	vsd_addr_format(&r->addr, address);
	(void)snprintf(text, sizeof(text), "%s: %u to %u %s", address, (unsigned)r->from,
		       (unsigned)r->to, what); /* fits */
	t->tell(text);
	t->n++;
}

static void damaged(const char *name, int error, void *arg)
{
	struct telling *t = arg;
	char why[VSD_WHY_MAX], text[VSD_WHY_MAX + 64];

	vsd_registry_why(name, error, why);
	(void)snprintf(text, sizeof(text), "%.32s: its redirects are not known: %s", name, why);
	t->tell(text);
	t->n++;
}

/* Both are sorted. */
static void compare(struct telling *t, const struct redirect *want, size_t nwant,
		    const struct redirect *is, size_t nis)
{
	while (nwant > 0 || nis > 0) {
		int c = nwant == 0 ? 1 : nis == 0 ? -1 : redirect_compare(want, is);

		if (c < 0)
			say(t, want, "is missing");
		else if (c > 0)
			say(t, is, "should not be there");
		else if (want->to != is->to)
			say(t, is, "goes elsewhere than it should");
		if (c <= 0) {
			want++;
			nwant--;
		}
		if (c >= 0) {
			is++;
			nis--;
		}
	}
}

int redirect_check(const struct vsd_conf *c, void (*tell)(const char *what),
		   char why[VSD_WHY_MAX])
{
	VSD_FREE struct redirect *want = NULL, *is = NULL;
	struct telling t = { tell, 0 };
	size_t nwant = 0, nis = 0;
	bool whole = false;
	int r = redirect_list(&is, &nis, &whole, why);

	if (r == -ENOENT) {
		if (!comes_at_boot())
			return 0;
		tell("the table is gone");
		return 1;
	}
	if (r < 0)
		return r;
	if (!whole) {
		tell("a chain or rule of the table is gone");
		t.n++;
	}
	r = redirect_wanted(c, damaged, &t, &want, &nwant);
	if (r < 0) {
		vsd_registry_why(NULL, r, why);
		return r;
	}
	compare(&t, want, nwant, is, nis);
	return t.n;
}
