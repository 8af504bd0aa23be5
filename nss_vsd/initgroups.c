/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user's supplementary groups: those of the server's own group file whose gid
 * lies in the range, and the host's groups of the exec rights that they have
 * (exec.h), which no group of the server's own can name.  Saying SUCCESS ends glibc's
 * search under `initgroups: vsd [SUCCESS=return] files`, so that no other database adds
 * one; NOTFOUND for everybody else lets the host's users keep theirs. */
#include "entry.h"

#include <stdlib.h>

#include "lookup.h"
#include "pack.h"
#include "rights.h"
#include "who.h"

/* glibc's array: *start used of *size, at most limit when that is positive. */
struct list {
	long *start, *size, limit;
	gid_t **groups;
};

static bool holds(const struct list *l, gid_t gid)
{
	for (long i = 0; i < *l->start; i++)
		if ((*l->groups)[i] == gid)
			return true;
	return false;
}

/* Errors: -ENOMEM; -ENOSPC the limit is reached */
static int append(struct list *l, gid_t gid)
{
	long want;
	gid_t *more;

	if (holds(l, gid))
		return 0;
	if (l->limit > 0 && *l->start >= l->limit)
		return -ENOSPC;
	if (*l->start >= *l->size) {
		want = *l->size > 0 ? *l->size * 2 : 16;
		if (l->limit > 0 && want > l->limit)
			want = l->limit;
		more = reallocarray(*l->groups, (size_t)want, sizeof(gid_t));
		if (!more)
			return -ENOMEM;
		*l->groups = more;
		*l->size = want;
	}
	VSD_HELD_BEGIN /* by glibc, through l->groups */
	(*l->groups)[(*l->start)++] = gid;
	VSD_HELD_END
	return 0;
}

static int append_all(const struct nss_groups *t, struct vsd_span user, gid_t primary,
		      struct list *l)
{
	uint32_t cursor = 0, gid;
	int r = 0;

	while (r == 0 && nss_groups_of(t, user, &cursor, &gid))
		if (gid != primary)
			r = append(l, gid);
	return r == -ENOSPC ? 0 : r; /* glibc's own modules cut there as well */
}

/* The host's groups of the exec rights that the server's priv gives the user.  Who
 * cannot be told to have one has none. */
static int append_rights(const struct nss_server *s, struct vsd_span user, gid_t primary,
			 struct list *l)
{
	struct vsd_exec_groups exec = { .n = 0 };
	struct nss_group right;
	struct nss_snap *snap;
	uint32_t cursor = 0, number;
	bool asked = false;
	int r = 0;

	if (nss_groups_hold(s, FILE_PRIV, &snap) < 0)
		return 0;
	while (r == 0 && nss_groups_of(snap->groups, user, &cursor, &number)) {
		gid_t gid;

		if (!asked)
			nss_exec_list(&exec);
		asked = true;
		gid = nss_groups_by_gid(snap->groups, number, &right) ? vsd_exec_gid(&exec, right.name) : 0;
		if (gid != 0 && gid != primary)
			r = append(l, gid);
	}
	nss_snap_drop(snap);
	return r == -ENOSPC ? 0 : r;
}

static int groups_of(const char *asked, gid_t primary, struct list *l)
{
	struct nss_server s;
	struct vsd_span user;
	struct nss_snap *snap;
	struct nss_user u;
	int r = nss_who(asked, &s, &user);

	if (r < 0)
		return r;
	r = nss_user_by_name(&s, user, &snap, &u);
	if (r < 0)
		return r;
	nss_snap_drop(snap);
	r = nss_groups_hold(&s, FILE_GROUP, &snap);
	if (r < 0)
		return r;
	r = append_all(snap->groups, user, primary, l);
	nss_snap_drop(snap);
	return r < 0 ? r : append_rights(&s, user, primary, l);
}

enum nss_status _nss_vsd_initgroups_dyn(const char *user, gid_t group, long *start, long *size,
					gid_t **groupsp, long limit, int *errnop)
{
	struct list l = { start, size, limit, groupsp };
	int saved = errno;

	return nss_status(groups_of(user, group, &l), saved, errnop);
}
