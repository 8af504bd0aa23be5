/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "paths.h"
#include "state.h"

enum { LINE_MORE = 16 }; /* what a line grows by, at most: ":x:", a number */

const struct vsd_range nss_rights_range = { 1, UINT32_MAX - 1 };

static struct {
	bool known, young;
	struct vsd_stamp stamp; /* all zero: there was no file */
	struct vsd_exec_groups groups;
} list; /* GUARD_RIGHTS */

int nss_rights_text(struct vsd_span priv, char **out, size_t *out_len)
{
	struct vsd_span line, right, members;
	size_t cursor = 0, at = 1, size = priv.len + 2;
	unsigned number = 0;
	char *text;

	while (vsd_lines_next(priv, &cursor, &line))
		size += LINE_MORE;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	text[0] = '\n';
	cursor = 0;
	while (vsd_lines_next(priv, &cursor, &line)) {
		int n;

		if (!vsd_rights_line(line, &right, &members) || vsd_right_is_way_in(right))
			continue;
		n = snprintf(text + at, size - at, "%.*s:x:%u:%.*s\n", (int)right.len, right.p,
			     ++number, (int)members.len, members.p);
		if (n < 0 || (size_t)n >= size - at)
			break;
		at += (size_t)n;
	}
	*out = text;
	*out_len = at;
	return 0;
}

static void enter(void)
{
	if (nss_guard_enter(GUARD_RIGHTS))
		list.known = false;
}

static struct vsd_stamp stamp_now(void)
{
	struct stat st;

	if (lstat(vsd_path_exec, &st) < 0)
		return (struct vsd_stamp){ .ino = 0 };
	return vsd_stamp_of(&st);
}

/* Out of memory: into *out what is known, if it is of that stamp (NULL: whatever it is). */
static bool recall(const struct vsd_stamp *stamp, struct vsd_exec_groups *out)
{
	bool good;

	enter();
	good = list.known && (!stamp || (!list.young && vsd_stamp_same(stamp, &list.stamp)));
	if (good) {
		out->n = list.groups.n;
		memcpy(out->group, list.groups.group, out->n * sizeof(*out->group));
	}
	nss_guard_leave(GUARD_RIGHTS);
	return good;
}

void nss_exec_list(struct vsd_exec_groups *out)
{
	struct vsd_stamp stamp = stamp_now(); /* before the read: a change after is seen */
	bool young = nss_stamp_young(&stamp);

	out->n = 0;
	if (recall(&stamp, out))
		return;
	if (nss_root_changed()) {
		(void)recall(NULL, out);
		return;
	}
	if (vsd_exec_read(out) < 0) {
		out->n = 0;
		return;
	}
	enter();
	list.stamp = stamp;
	list.young = young;
	list.groups = *out;
	list.known = true;
	nss_guard_leave(GUARD_RIGHTS);
}
