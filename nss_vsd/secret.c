/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static int find_and_pack(struct vsd_span text, struct vsd_span name, const struct nss_server *s,
			 const char *asked, nss_pack_fn *pack, const struct nss_out *out)
{
	struct vsd_span line;
	size_t cursor = 0;
	int r;

	while (vsd_lines_next(text, &cursor, &line)) {
		if (line.len > VSD_ACCOUNT_LINE_MAX || line.len <= name.len ||
		    line.p[name.len] != ':' || memcmp(line.p, name.p, name.len) != 0)
			continue;
		r = pack(line, s, asked, out);
		if (r != -EINVAL)
			return r;
	}
	return -ENOENT;
}

int nss_secret_find(const struct nss_server *s, enum nss_file f, struct vsd_span name,
		    const char *asked, int missing, nss_pack_fn *pack, const struct nss_out *out)
{
	struct vsd_stamp stamp;
	size_t len;
	char *text;
	bool young;
	int r;

	if (nss_root_changed())
		return -ENOENT;
	r = nss_file_read(s, f, &text, &len, &stamp, &young);
	if (r < 0)
		return r == -ENOENT ? missing : r;
	r = find_and_pack((struct vsd_span){ text, len }, name, s, asked, pack, out);
	explicit_bzero(text, len);
	free(text);
	return r;
}
