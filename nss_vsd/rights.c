/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"
#include "paths.h"

enum { LINE_MORE = VSD_NAME_MAX + 24 }; /* of a line, beside its members */

struct nss_stamp nss_exec_stamp(void)
{
	struct stat st;

	if (lstat(vsd_path_exec, &st) < 0)
		return (struct nss_stamp){ .ino = 0 };
	return nss_stamp_of(&st);
}

/* One line of priv for each right; a second of the same name says nothing. */
static size_t put_lines(struct vsd_exec_groups *g, struct vsd_span priv, char *out, size_t size)
{
	struct vsd_span line, right, members;
	size_t cursor = 0, at = 1;

	out[0] = '\n';
	while (vsd_lines_next(priv, &cursor, &line)) {
		uint32_t gid = vsd_rights_line(line, &right, &members) ? vsd_exec_gid(g, right) : 0;
		int n;

		if (gid == 0)
			continue;
		n = snprintf(out + at, size - at, "%.*s:x:%lu:%.*s\n", (int)right.len, right.p,
			     (unsigned long)gid, (int)members.len, members.p);
		if (n < 0 || (size_t)n >= size - at)
			break;
		at += (size_t)n;
		for (unsigned i = 0; i < g->n; i++)
			if (g->group[i].gid == gid)
				g->group[i] = g->group[--g->n];
	}
	return at;
}

int nss_rights_text(struct vsd_span priv, char **out, size_t *out_len, struct nss_stamp *out_stamp)
{
	struct nss_stamp stamp = nss_exec_stamp(); /* before the read: a change after is seen */
	struct vsd_exec_groups g;
	size_t size = priv.len + 2 + VSD_EXEC_MAX * LINE_MORE;
	char *text;
	int r = vsd_exec_read(&g);

	if (r < 0)
		return r;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	*out_len = put_lines(&g, priv, text, size);
	*out = text;
	*out_stamp = stamp;
	return 0;
}
