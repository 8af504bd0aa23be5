/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shadow, for euid 0 alone: the files' modes say the same, but a process may hold
 * CAP_DAC_READ_SEARCH for other reasons.  Nothing of it stays in memory.
 *
 * A login service that vsd.conf lists gets "*" for the hash.  It is to ask PAM: when
 * pam_vsd refuses a user, some go on to compare the hash themselves (proftpd's
 * mod_auth_unix), and would serve that user on the host, without a session. */
#include "entry.h"

#include "lookup.h"
#include "pack.h"
#include "secret.h"
#include "walk.h"
#include "who.h"

/* Errors: -ERANGE; -EINVAL a bad line */
static int pack(struct vsd_span line, const struct nss_server *s, const char *asked,
		const struct nss_out *out)
{
	struct nss_buf b = { out->buffer, out->buflen };
	struct spwd *sp = out->result;
	struct vsd_shadow_line l;
	int r = vsd_shadow_parse(line, &l);

	if (r < 0)
		return -EINVAL;
	if (nss_is_service())
		l.hash = (struct vsd_span){ "*", 1 };
	if (out->buflen < (asked ? strlen(asked) + 1 : nss_qualified_bytes(l.name, s)) +
				   l.hash.len + 1)
		return -ERANGE;
	sp->sp_namp = asked ? nss_put(&b, asked, strlen(asked)) : nss_put_qualified(&b, l.name, s);
	sp->sp_pwdp = nss_put(&b, l.hash.p, l.hash.len);
	sp->sp_lstchg = l.last_change;
	sp->sp_min = l.min;
	sp->sp_max = l.max;
	sp->sp_warn = l.warn;
	sp->sp_inact = l.inactive;
	sp->sp_expire = l.expire;
	sp->sp_flag = l.flag;
	return 0;
}

/* Only who is in passwd within the range has a shadow line.
 * Errors: -ENOENT */
static int is_user(const struct nss_server *s, struct vsd_span name)
{
	struct nss_snap *snap;
	struct nss_user u;
	int r = nss_user_by_name(s, name, &snap, &u);

	if (r == 0)
		nss_snap_drop(snap);
	return r;
}

static int by_name(const char *asked, const struct nss_out *out)
{
	struct nss_server s;
	struct vsd_span name;
	int r = nss_who(asked, &s, &name);

	if (r < 0)
		return r;
	if (geteuid() != 0)
		return -EACCES;
	r = is_user(&s, name);
	if (r < 0)
		return r;
	return nss_secret_find(&s, FILE_SHADOW, name, asked[name.len] == '@' ? NULL : asked, -EIO,
			       pack, out);
}

static int emit(const struct nss_item *item, void *arg)
{
	return pack(item->line, item->server, NULL, arg);
}

enum nss_status _nss_vsd_getspnam_r(const char *name, struct spwd *result, char *buffer,
				    size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(by_name(name, &out), saved, errnop);
}

enum nss_status _nss_vsd_setspent(int stayopen)
{
	int saved = errno;

	(void)stayopen; /* no file stays open anyway */
	return nss_status(geteuid() ? -EACCES : nss_walk_start(GUARD_SHADOW), saved, NULL);
}

enum nss_status _nss_vsd_getspent_r(struct spwd *result, char *buffer, size_t buflen, int *errnop)
{
	struct nss_out out = { result, buffer, buflen };
	int saved = errno;

	return nss_status(geteuid() ? -EACCES : nss_walk_next(GUARD_SHADOW, emit, &out), saved,
			  errnop);
}

enum nss_status _nss_vsd_endspent(void)
{
	int saved = errno;

	nss_walk_end(GUARD_SHADOW);
	return nss_status(0, saved, NULL);
}
