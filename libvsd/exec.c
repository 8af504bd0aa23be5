/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec.h"

#include <errno.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "safe.h"

#define FILE_MAX_BYTES 4096

static int add(struct vsd_span line, struct vsd_exec_groups *g)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct vsd_exec_group *e = &g->group[g->n];
	struct vsd_span name = { line.p, colon ? (size_t)(colon - line.p) : 0 };
	uint32_t gid;

	if (g->n == VSD_EXEC_MAX || !vsd_name_is_user(name.p, name.len) ||
	    vsd_right_is_way_in(name) ||
	    vsd_number_id(colon + 1, line.len - name.len - 1, &gid) < 0 || gid == 0 ||
	    vsd_exec_has_gid(g, gid) || vsd_exec_gid(g, name) != 0)
		return -EINVAL;
	memcpy(e->name, name.p, name.len);
	e->name[name.len] = '\0';
	e->gid = gid;
	g->n++;
	return 0;
}

int vsd_exec_parse(struct vsd_span text, struct vsd_exec_groups *out)
{
	struct vsd_exec_groups got = { .n = 0 };
	struct vsd_span line;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && vsd_lines_next(text, &cursor, &line))
		r = add(line, &got);
	if (r == 0)
		*out = got;
	return r;
}

int vsd_exec_read(struct vsd_exec_groups *out)
{
	VSD_FREE char *text = NULL;
	size_t len = 0;
	int r = vsd_safe_read_path(vsd_path_exec, FILE_MAX_BYTES, &text, &len);

	if (r < 0 && r != -ENOENT)
		return r;
	return vsd_exec_parse((struct vsd_span){ text ? text : "", len }, out);
}

bool vsd_exec_has_gid(const struct vsd_exec_groups *g, uint32_t gid)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->group[i].gid == gid)
			return true;
	return false;
}

uint32_t vsd_exec_gid(const struct vsd_exec_groups *g, struct vsd_span name)
{
	for (unsigned i = 0; i < g->n; i++)
		if (vsd_span_is(name, g->group[i].name))
			return g->group[i].gid;
	return 0;
}

unsigned vsd_exec_of_user(const struct vsd_exec_groups *g, struct vsd_span priv, const char *user,
			  uint32_t *out)
{
	struct vsd_span line, right, members;
	size_t cursor = 0;
	unsigned n = 0;

	while (n < VSD_EXEC_MAX && vsd_lines_next(priv, &cursor, &line)) {
		uint32_t gid = vsd_rights_line(line, &right, &members) ? vsd_exec_gid(g, right) : 0;

		if (gid != 0 && vsd_members_has(members, user))
			out[n++] = gid;
	}
	return n;
}
