/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "entry.h"

#include "lookup.h"
#include "pack.h"
#include "walk.h"
#include "who.h"

/* asked: the bare name that was asked, or NULL for the qualified one.
 * pw_dir is ROOT/./home/alice: right on the host, right inside (a link there leads
 * from ROOT to /), and where ftpds read "chroot to ROOT".
 * pw_passwd is "x" whatever the file says: an empty field there would be a login
 * without a password to a host program, a hash in it public.
 * Errors: -ERANGE */
static int pack(const struct nss_user *u, const struct nss_server *s, const char *asked,
		const struct nss_out *out)
{
	struct nss_buf b = { out->buffer, out->buflen };
	struct passwd *pw = out->result;
	size_t root = s->root_len, asked_len = asked ? strlen(asked) : 0;
	size_t need = (asked ? asked_len + 1 : nss_qualified_bytes(u->name, s)) + sizeof("x") +
		      u->gecos.len + 1 + root + 2 + u->dir.len + 1 + sizeof(VSD_GUARD_SHELL);

	if (out->buflen < need)
		return -ERANGE;
	pw->pw_name = asked ? nss_put(&b, asked, asked_len) : nss_put_qualified(&b, u->name, s);
	pw->pw_passwd = nss_put(&b, "x", 1);
	pw->pw_uid = u->uid;
	pw->pw_gid = u->gid;
	pw->pw_gecos = nss_put(&b, u->gecos.p, u->gecos.len);
	pw->pw_dir = b.p;
	memcpy(b.p, s->root, root);
	memcpy(b.p + root, "/.", 2);
	b.p += root + 2;
	(void)nss_put(&b, u->dir.p, u->dir.len);
	pw->pw_shell = nss_put(&b, VSD_GUARD_SHELL, sizeof(VSD_GUARD_SHELL) - 1);
	return 0;
}

static int by_name(const char *asked, const struct nss_out *out)
{
	struct nss_server s;
	struct nss_snap *snap;
	struct vsd_span name;
	struct nss_user u;
	int r = nss_who(asked, &s, &name);

	if (r < 0)
		return r;
	r = nss_user_by_name(&s, name, &snap, &u);
	if (r < 0)
		return r;
	r = pack(&u, &s, asked[name.len] == '@' ? NULL : asked, out);
	nss_snap_drop(snap);
	return r;
}

static int by_uid(uint32_t uid, const struct nss_out *out)
{
	struct nss_server s;
	struct nss_snap *snap;
	struct nss_user u;
	int r = nss_server_by_id(uid, &s);

	if (r < 0)
		return r;
	r = nss_user_by_uid(&s, uid, &snap, &u);
	if (r < 0)
		return r;
	r = pack(&u, &s, NULL, out);
	nss_snap_drop(snap);
	return r;
}

static int emit(const struct nss_item *item, void *arg)
{
	return pack(&item->user, item->server, NULL, arg);
}

enum nss_status _nss_vsd_getpwnam_r(const char *name, struct passwd *result, char *buffer,
				    size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_name(name, &out), saved, errnop);
}

enum nss_status _nss_vsd_getpwuid_r(uid_t uid, struct passwd *result, char *buffer,
				    size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_uid(uid, &out), saved, errnop);
}

enum nss_status _nss_vsd_setpwent(int stayopen)
{
	int saved = errno;

	(void)stayopen; /* no file stays open anyway */
	return nss_status(nss_walk_start(GUARD_PASSWD), saved, NULL);
}

enum nss_status _nss_vsd_getpwent_r(struct passwd *result, char *buffer, size_t buflen,
				    int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(nss_walk_next(GUARD_PASSWD, emit, &out), saved, errnop);
}

enum nss_status _nss_vsd_endpwent(void)
{
	int saved = errno;

	nss_walk_end(GUARD_PASSWD);
	return nss_status(0, saved, NULL);
}
