/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_exec.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "exec.h"
#include "paths.h"
#include "pattern.h"
#include "scope.h"
#include "tool.h"

/* Every name of the file: another name of the same inode would be another way in. */
static int hold(struct plan *p, const struct plan_item *program, gid_t gid)
{
	for (uint32_t n = 1; n < p->nitem; n++) {
		struct plan_item *i = &p->item[n];

		if (i->gone || (i != program && (i->type != PLAN_FILE || i->text || i->host ||
						 program->ino == 0 || i->ino != program->ino ||
						 i->dev != program->dev)))
			continue;
		if (i->gid != 0 && i->gid != gid)
			return tool_error("hold", i->path, "two exec rights of vsd.conf name it");
		i->gid = gid;
		i->mode = VSD_EXEC_MODE;
	}
	return TOOL_OK;
}

static int hold_pattern(struct plan *p, const char *pattern, gid_t gid)
{
	int status = TOOL_OK;

	for (uint32_t n = 1; status == TOOL_OK && n < p->nitem; n++) {
		const struct plan_item *i = &p->item[n];

		if (!i->gone && i->type == PLAN_FILE && !i->is_private && pattern_matches(pattern, i->path))
			status = hold(p, i, gid);
	}
	return status;
}

static int hold_program(struct plan *p, const char *path, gid_t gid)
{
	VSD_FREE char *at = NULL;
	const struct plan_item *i;

	if (strchr(path, '*'))
		return hold_pattern(p, path, gid);
	/* What is not installed needs no holding. */
	if (plan_canonical_link(p, path, &at) < 0)
		return TOOL_OK;
	i = plan_find(p, at);
	if (!i || i->type != PLAN_FILE)
		return TOOL_OK;
	if (i->is_private)
		return tool_error("hold", path, "it is no shared file: servers have their own of it");
	return hold(p, i, gid);
}

int skel_exec_put(struct plan *p)
{
	struct vsd_exec_groups groups;
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int status = TOOL_OK, r = vsd_conf_load(&c, why);

	if (r < 0)
		return tool_error("read", vsd_path_conf, why);
	r = vsd_exec_read(&groups);
	if (r < 0)
		status = tool_errno("read", vsd_path_exec, r);
	for (unsigned i = 0; status == TOOL_OK && i < c->nexec; i++) {
		const char *name = c->exec[i].name;
		uint32_t gid = vsd_exec_gid(&groups, (struct vsd_span){ name, strlen(name) });

		if (gid == 0)
			status = tool_error("hold the exec right", name,
					    "it has no group: run vsd-install first");
		for (unsigned n = 0; status == TOOL_OK && n < c->exec[i].nprogram; n++)
			status = hold_program(p, c->exec[i].program[n], gid);
	}
	vsd_conf_free(c);
	return status;
}
