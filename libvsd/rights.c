/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* etc/vsd/priv: lines RIGHT:x::USER,USER */
#include <stdio.h>
#include <string.h>

#include "safe.h"
#include "users_impl.h"

#define PRIV "etc/vsd/priv"

/* The members of the right's first line, and where they stand.  -ENOENT */
static int find_right(struct vsd_span file, const char *right, struct vsd_span *out)
{
	size_t cursor = 0, n = strlen(right);
	struct vsd_span line;

	while (vsd_lines_next(file, &cursor, &line)) {
		const char *end = line.p + line.len;
		const char *p = line.p + n;

		if (line.len <= n || memcmp(line.p, right, n) != 0 || *p != ':')
			continue;
		for (int i = 0; p && i < 2; i++)
			p = memchr(p + 1, ':', (size_t)(end - p - 1));
		if (!p || memchr(p + 1, ':', (size_t)(end - p - 1)))
			continue; /* not three colons: not a line of ours */
		*out = (struct vsd_span){ p + 1, (size_t)(end - p - 1) };
		return 0;
	}
	return -ENOENT;
}

int vsd_rights_has(int rootfd, const char *right, const char *user)
{
	VSD_FREE char *text = NULL;
	struct vsd_span members;
	size_t len;
	int r;

	if (!vsd_name_is_user(right, strlen(right)) || !vsd_name_is_user(user, strlen(user)))
		return 0;
	r = vsd_safe_read_file(rootfd, PRIV, VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return find_right((struct vsd_span){ text, len }, right, &members) == 0 &&
	       vsd_members_has(members, user);
}

/* 1: the text says something new */
static int grant_to(struct vsd_text *t, const char *right, const char *user)
{
	char text[VSD_NAME_MAX * 2 + 8];
	struct vsd_span members;
	int r;

	if (find_right(vsd_text_span(t), right, &members) < 0) {
		(void)snprintf(text, sizeof(text), "%s:x::%s", right, user);
		r = vsd_text_append(t, text);
		return r < 0 ? r : 1;
	}
	if (vsd_members_has(members, user))
		return 0;
	(void)snprintf(text, sizeof(text), "%s%s", members.len ? "," : "", user);
	r = vsd_text_splice(t, (size_t)(members.p - t->p) + members.len, 0, text, strlen(text));
	return r < 0 ? r : 1;
}

/* Every mention of the user in the right's line, leaving other rights alone.
 * 1: there was one */
static int revoke_from(struct vsd_text *t, const char *right, const char *user)
{
	struct vsd_text part = { .p = NULL };
	struct vsd_span members;
	size_t at, len;
	int r;

	if (find_right(vsd_text_span(t), right, &members) < 0)
		return 0;
	at = (size_t)(members.p - t->p) - 1; /* with its colon */
	len = members.len + 1;
	r = vsd_text_splice(&part, 0, 0, t->p + at, len);
	if (r == 0)
		r = vsd_text_drop_member(&part, user);
	if (r == 0)
		r = vsd_text_splice(t, at, len, part.p, part.len);
	if (r == 0 && part.len != len)
		r = 1;
	vsd_text_free(&part);
	return r;
}

int vsd_rights_set(int rootfd, const char *right, const char *user, bool on,
		   char why[VSD_WHY_MAX])
{
	struct vsd_text t = { .p = NULL };
	VSD_CLOSE int lock = -1;
	int r;

	why[0] = '\0';
	if (!vsd_name_is_user(right, strlen(right)) || !vsd_name_is_user(user, strlen(user))) {
		(void)snprintf(why, VSD_WHY_MAX, "not a name");
		return -EINVAL;
	}
	r = vsd_users_lock(rootfd, &lock, why);
	if (r < 0)
		return r;
	r = vsd_text_read(rootfd, PRIV, true, &t);
	if (r == 0)
		r = on ? grant_to(&t, right, user) : revoke_from(&t, right, user);
	if (r > 0) {
		int w = vsd_text_write(rootfd, "etc/vsd", "priv", &t);

		r = w < 0 ? w : r;
	}
	vsd_text_free(&t);
	if (r < 0)
		(void)snprintf(why, VSD_WHY_MAX, PRIV ": %s", strerror(-r));
	return r;
}
