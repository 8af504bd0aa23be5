/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what was asked to a server and a user's name in it. */
#include "who.h"

#include <string.h>

static int split(const char *asked, const char *at, struct nss_server *out,
		 struct vsd_span *out_name)
{
	struct vsd_span name = { asked, (size_t)(at - asked) };
	size_t vs_len = strnlen(at + 1, VSD_NAME_MAX + 1);
	int r;

	if (!vsd_name_is_user(name.p, name.len))
		return -ENOENT;
	r = nss_server_by_name(at + 1, vs_len, out);
	if (r < 0)
		return r;
	*out_name = name;
	return 0;
}

int nss_who(const char *asked, struct nss_server *out, struct vsd_span *out_user)
{
	size_t len = strnlen(asked, VSD_QUALIFIED_MAX + 1);
	const char *at = memchr(asked, '@', len);
	int r;

	if (at)
		return split(asked, at, out, out_user);
	if (!vsd_name_is_user(asked, len))
		return -ENOENT;
	r = nss_bare_server(out);
	if (r < 0)
		return r;
	*out_user = (struct vsd_span){ asked, len };
	return 0;
}

int nss_whose_group(const char *asked, struct nss_server *out, struct vsd_span *out_group)
{
	const char *at = memchr(asked, '@', strnlen(asked, VSD_QUALIFIED_MAX + 1));

	return at ? split(asked, at, out, out_group) : -ENOENT;
}
