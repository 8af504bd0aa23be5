/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gshadow, for euid 0 alone. */
#include "entry.h"

#include "lookup.h"
#include "pack.h"
#include "secret.h"
#include "state.h"
#include "walk.h"
#include "who.h"

struct gshadow_line {
	struct vsd_span name, hash, admins, members;
};

static bool parse(struct vsd_span line, struct gshadow_line *out)
{
	struct vsd_span field[4], rest = line;

	if (line.len > VSD_ACCOUNT_LINE_MAX || memchr(line.p, '\0', line.len))
		return false;
	for (int i = 0; i < 4; i++) {
		const char *colon = memchr(rest.p, ':', rest.len);

		if (!colon != (i == 3))
			return false;
		field[i] = rest;
		if (!colon)
			break;
		field[i].len = (size_t)(colon - rest.p);
		rest.len -= field[i].len + 1;
		rest.p = colon + 1;
	}
	*out = (struct gshadow_line){ field[0], field[1], field[2], field[3] };
	return vsd_name_is_user(out->name.p, out->name.len);
}

static size_t list_count(struct vsd_span list, size_t *bytes)
{
	struct vsd_span m;
	size_t cursor = 0, n = 0;

	while (n < VSD_ACCOUNT_MEMBER_MAX && vsd_members_next(list, &cursor, &m)) {
		*bytes += m.len;
		n++;
	}
	return n;
}

static char **list_put(struct nss_buf *b, struct vsd_span list, size_t n, char **to,
		       const struct nss_server *s)
{
	struct vsd_span m;
	size_t cursor = 0;

	for (size_t i = 0; i < n && vsd_members_next(list, &cursor, &m); i++)
		*to++ = nss_put_qualified(b, m, s);
	*to++ = NULL;
	return to;
}

/* Errors: -ERANGE; -EINVAL a bad line */
static int pack(struct vsd_span line, const struct nss_server *s, const char *asked,
		const struct nss_out *out)
{
	struct nss_buf b = { out->buffer, out->buflen };
	struct sgrp *sg = out->result;
	struct gshadow_line l;
	size_t need, bytes = 0, nadmin, nmember;
	char **list;

	(void)asked; /* a group is always named in full */
	if (!parse(line, &l))
		return -EINVAL;
	nadmin = list_count(l.admins, &bytes);
	nmember = list_count(l.members, &bytes);
	need = nss_qualified_bytes(l.name, s) + l.hash.len + 1 + bytes +
	       (nadmin + nmember) * (strlen(s->name) + 2);
	list = nss_put_pointers(&b, nadmin + nmember + 2);
	if (!list || b.left < need)
		return -ERANGE;
	sg->sg_namp = nss_put_qualified(&b, l.name, s);
	sg->sg_passwd = nss_put(&b, l.hash.p, l.hash.len);
	sg->sg_adm = list;
	sg->sg_mem = list_put(&b, l.admins, nadmin, list, s);
	(void)list_put(&b, l.members, nmember, sg->sg_mem, s);
	return 0;
}

/* Only a group within the range has one. */
static int is_group(const struct nss_server *s, struct vsd_span name)
{
	struct nss_snap *snap;
	struct nss_group g;
	int r = nss_groups_hold(s, FILE_GROUP, &snap);

	if (r < 0)
		return r;
	r = nss_groups_by_name(snap->groups, name, &g) ? 0 : -ENOENT;
	nss_snap_drop(snap);
	return r;
}

static int by_name(const char *asked, const struct nss_out *out)
{
	struct nss_server s;
	struct vsd_span name;
	int r = nss_whose_group(asked, &s, &name);

	if (r < 0)
		return r;
	if (geteuid() != 0)
		return -EACCES;
	r = is_group(&s, name);
	if (r < 0)
		return r;
	/* A server may do without the file. */
	return nss_secret_find(&s, FILE_GSHADOW, name, NULL, -ENOENT, pack, out);
}

static int emit(const struct nss_item *item, void *arg)
{
	return pack(item->line, item->server, NULL, arg);
}

enum nss_status _nss_vsd_getsgnam_r(const char *name, struct sgrp *result, char *buffer,
				    size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_name(name, &out), saved, errnop);
}

enum nss_status _nss_vsd_setsgent(int stayopen)
{
	int saved = errno;

	(void)stayopen; /* no file stays open anyway */
	return nss_status(geteuid() ? -EACCES : nss_walk_start(GUARD_GSHADOW), saved, NULL);
}

enum nss_status _nss_vsd_getsgent_r(struct sgrp *result, char *buffer, size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(geteuid() ? -EACCES : nss_walk_next(GUARD_GSHADOW, emit, &out), saved,
			  errnop);
}

enum nss_status _nss_vsd_endsgent(void)
{
	int saved = errno;

	nss_walk_end(GUARD_GSHADOW);
	return nss_status(0, saved, NULL);
}
