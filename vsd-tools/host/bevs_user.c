/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "account.h"
#include "bevs.h"
#include "exec.h"
#include "safe.h"

static int copy(struct vsd_span from, char *to, size_t size)
{
	if (from.len == 0 || from.len >= size || from.p[0] != '/')
		return -EINVAL;
	memcpy(to, from.p, from.len);
	to[from.len] = '\0';
	return 0;
}

/* Groups out of the range are passed over here, and fenced again on entering. */
static void add_groups(struct vsd_span file, const struct vsd_server *s, const char *user,
		       struct vsd_enter_who *who)
{
	struct vsd_span line;
	struct vsd_group_line g;
	size_t cursor = 0;

	who->group[who->ngroup++] = who->gid;
	while (who->ngroup < VSD_ENTER_GROUPS_MAX && vsd_lines_next(file, &cursor, &line))
		if (vsd_group_parse(line, &g) == 0 && vsd_server_has_id(s, g.gid) &&
		    g.gid != who->gid && vsd_members_has(g.members, user))
			who->group[who->ngroup++] = g.gid;
}

/* As sshd's sessions have them, by nss_vsd. */
static void add_rights(int root, const char *user, struct vsd_enter_who *who)
{
	struct vsd_exec_groups exec;
	uint32_t gid[VSD_EXEC_MAX];
	VSD_FREE char *priv = NULL;
	size_t len;
	unsigned n = 0;

	if (vsd_exec_read(&exec) == 0 &&
	    vsd_safe_read_file(root, "etc/vsd/priv", VSD_ACCOUNT_FILE_MAX, &priv, &len) == 0)
		n = vsd_exec_of_user(&exec, (struct vsd_span){ priv, len }, user, gid);
	for (unsigned i = 0; i < n && who->ngroup < VSD_ENTER_GROUPS_MAX; i++)
		who->group[who->ngroup++] = gid[i];
}

int bevs_find_user(const struct vsd_server *s, const char *name, struct bevs_user *out)
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	const struct vsd_span user = { name, strlen(name) };
	struct bevs_user u = { .who = { .ngroup = 0 } };
	struct vsd_passwd_line p = { .uid = 0 };
	VSD_CLOSE int root = -1;
	VSD_FREE char *passwd = NULL;
	VSD_FREE char *group = NULL;
	size_t passwd_len, group_len = 0;
	int r;

	if (!vsd_name_is_user(name, user.len))
		return -ENOENT;
	r = vsd_safe_open_root(s->root, &root);
	if (r == 0)
		r = vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &passwd, &passwd_len);
	if (r == 0)
		r = vsd_safe_read_file(root, "etc/group", VSD_ACCOUNT_FILE_MAX, &group, &group_len);
	if (r == 0)
		r = vsd_passwd_find_name((struct vsd_span){ passwd, passwd_len }, range, user, &p);
	if (r == 0)
		r = copy(p.dir, u.home, sizeof(u.home));
	if (r == 0 && p.shell.len)
		r = copy(p.shell, u.shell, sizeof(u.shell));
	if (r < 0)
		return r;
	if (!p.shell.len)
		memcpy(u.shell, "/bin/sh", sizeof("/bin/sh"));
	memcpy(u.name, name, user.len + 1); /* vsd_name_is_user: it fits */
	u.who.uid = p.uid;
	u.who.gid = p.gid;
	add_groups((struct vsd_span){ group, group_len }, s, name, &u.who);
	add_rights(root, name, &u.who);
	*out = u;
	return 0;
}
