/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chpasswd_line.h"

#include <errno.h>
#include <string.h>

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* A password, whose line forgot its -e, would stand in etc/shadow for all to see. */
static bool is_hash(const char *text)
{
	return is_clean(text) && !strchr(text, ':') && strlen(text) < PASSWORD_HASH_MAX &&
	       password_is_hash(text);
}

int chpasswd_parse_line(struct vsd_span text, bool hashed, struct chpasswd_line *out,
			char why[VSD_WHY_MAX])
{
	const char *colon = memchr(text.p, ':', text.len);
	struct vsd_span rest;

	if (!colon || memchr(text.p, '\0', text.len) ||
	    vsd_span_copy((struct vsd_span){ text.p, (size_t)(colon - text.p) }, out->name,
			  sizeof(out->name)) < 0) {
		why_say(why, "not USER:%s", hashed ? "HASH" : "PASSWORD");
		return -EINVAL;
	}
	rest = (struct vsd_span){ colon + 1, text.len - (size_t)(colon + 1 - text.p) };
	if (vsd_span_copy(rest, out->password, sizeof(out->password)) < 0 ||
	    !out->password[0] || !(hashed ? is_hash(out->password) : is_clean(out->password))) {
		why_say(why, "%s", hashed ? "that is no hash" : password_reason(-EINVAL));
		return -EINVAL;
	}
	return 0;
}
