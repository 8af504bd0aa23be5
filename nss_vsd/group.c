/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "entry.h"

#include "lookup.h"
#include "pack.h"
#include "walk.h"
#include "who.h"

/* Group and members by qualified names, always: sudo matches %sudo by the NAME of
 * any of a user's gids.
 * Errors: -ERANGE */
static int pack(const struct nss_group *g, const struct nss_server *s, const struct nss_out *out)
{
	struct nss_buf b = { out->buffer, out->buflen };
	struct group *gr = out->result;
	size_t each = s->name_len + 2u; /* "@vs" and NUL */
	size_t need = nss_qualified_bytes(g->name, s) + sizeof("x") + g->member_bytes +
		      g->nmember * each;
	char **members = nss_put_pointers(&b, (size_t)g->nmember + 1);
	struct vsd_span m;
	size_t cursor = 0;

	if (!members || b.left < need)
		return -ERANGE;
	gr->gr_name = nss_put_qualified(&b, g->name, s);
	gr->gr_passwd = nss_put(&b, "x", 1);
	gr->gr_gid = g->gid;
	gr->gr_mem = members;
	for (uint32_t i = 0; i < g->nmember && vsd_members_next(g->members, &cursor, &m); i++)
		*members++ = nss_put_qualified(&b, m, s);
	*members = NULL;
	return 0;
}

static int answer(const struct nss_server *s, const struct vsd_span *name, uint32_t gid,
		  const struct nss_out *out)
{
	struct nss_snap *snap;
	struct nss_group g;
	bool found;
	int r = nss_groups_hold(s, FILE_GROUP, &snap);

	if (r < 0)
		return r;
	found = name ? nss_groups_by_name(snap->groups, *name, &g) :
		       nss_groups_by_gid(snap->groups, gid, &g);
	r = found ? pack(&g, s, out) : -ENOENT;
	nss_snap_drop(snap);
	return r;
}

static int by_name(const char *asked, const struct nss_out *out)
{
	struct nss_server s;
	struct vsd_span name;
	int r = nss_whose_group(asked, &s, &name);

	return r < 0 ? r : answer(&s, &name, 0, out);
}

static int by_gid(uint32_t gid, const struct nss_out *out)
{
	struct nss_server s;
	int r = nss_server_by_id(gid, &s);

	return r < 0 ? r : answer(&s, NULL, gid, out);
}

static int emit(const struct nss_item *item, void *arg)
{
	return pack(&item->group, item->server, arg);
}

enum nss_status _nss_vsd_getgrnam_r(const char *name, struct group *result, char *buffer,
				    size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_name(name, &out), saved, errnop);
}

enum nss_status _nss_vsd_getgrgid_r(gid_t gid, struct group *result, char *buffer, size_t buflen,
				    int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_gid(gid, &out), saved, errnop);
}

enum nss_status _nss_vsd_setgrent(int stayopen)
{
	int saved = errno;

	(void)stayopen; /* no file stays open anyway */
	return nss_status(nss_walk_start(GUARD_GROUP), saved, NULL);
}

enum nss_status _nss_vsd_getgrent_r(struct group *result, char *buffer, size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(nss_walk_next(GUARD_GROUP, emit, &out), saved, errnop);
}

enum nss_status _nss_vsd_endgrent(void)
{
	int saved = errno;

	nss_walk_end(GUARD_GROUP);
	return nss_status(0, saved, NULL);
}
