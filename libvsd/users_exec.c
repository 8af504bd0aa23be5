/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server's files say of exec rights: that there are such, which its admin has
 * to begin with, and the groups' names. */
#include <stdio.h>
#include <string.h>

#include "users_impl.h"

#define GROUP_PREFIX "vsd-" /* the host's groups are called so, too */

static int add(const struct vsd_exec_group *e, struct vsd_text *group, struct vsd_text *priv)
{
	char name[sizeof(GROUP_PREFIX) + VSD_NAME_MAX], line[VSD_NAME_MAX * 2 + 32];
	int r = 0;

	(void)snprintf(name, sizeof(name), GROUP_PREFIX "%s", e->name); /* all three fit */
	(void)snprintf(line, sizeof(line), "%s:x:%lu:", name, (unsigned long)e->gid);
	if (!vsd_text_has_line(group, name))
		r = vsd_text_append(group, line);
	(void)snprintf(line, sizeof(line), "%s:x::admin", e->name);
	if (r == 0 && !vsd_text_has_line(priv, e->name))
		r = vsd_text_append(priv, line);
	return r;
}

int vsd_users_settle_exec(int rootfd, const struct vsd_exec_groups *g, char why[VSD_WHY_MAX])
{
	struct vsd_text group = { .p = NULL }, priv = { .p = NULL };
	size_t group_len, priv_len;
	VSD_CLOSE int lock = -1;
	int r;

	why[0] = '\0';
	if (g->n == 0)
		return 0;
	r = vsd_users_lock(rootfd, &lock, why);
	if (r < 0)
		return r;
	r = vsd_text_read(rootfd, "etc/group", false, &group);
	if (r == 0)
		r = vsd_text_read(rootfd, "etc/vsd/priv", true, &priv);
	group_len = group.len;
	priv_len = priv.len;
	for (unsigned i = 0; r == 0 && i < g->n; i++)
		r = add(&g->group[i], &group, &priv);
	if (r == 0 && group.len != group_len)
		r = vsd_text_write(rootfd, "etc", "group", &group);
	if (r == 0 && priv.len != priv_len)
		r = vsd_text_write(rootfd, "etc/vsd", "priv", &priv);
	vsd_text_free(&group);
	vsd_text_free(&priv);
	return r < 0 ? vsd_because(why, r, "etc/group, etc/vsd/priv: %s", strerror(-r)) : 0;
}
