/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server's files say now: from the cache when one stat proves it, else read. */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#include "rights.h"
#include "state.h"

enum { SMALL_BYTES = 4096 }; /* of a file whose table costs less than a second reading */

/* A snapshot of a text: of all of it, or (users) of the one line that was asked
 * for, which may be empty. */
static int snap_of(const struct nss_server *s, enum nss_file f, struct vsd_span text,
		   bool partial, struct nss_snap **out)
{
	const struct vsd_range groups = f == FILE_PRIV ? nss_rights_range : s->range;
	struct nss_snap *snap = nss_snap_new(s, f);
	size_t bytes = 0;
	int r;

	if (!snap)
		return -ENOMEM;
	if (f == FILE_PASSWD)
		r = nss_users_build(text, s->range, &snap->users, &bytes);
	else
		r = nss_groups_build(text, groups, &snap->groups, &bytes);
	if (r < 0) {
		nss_snap_drop(snap);
		return r;
	}
	snap->partial = partial;
	snap->bytes += bytes;
	*out = snap;
	return 0;
}

/* What is asked of a passwd: a name or a uid; NULL: everything. */
struct want {
	const struct vsd_span *name;
	uint32_t uid;
};

static bool search(const struct nss_snap *snap, const struct want *w, struct nss_user *out)
{
	return w->name ? nss_users_by_name(snap->users, *w->name, out) :
			 nss_users_by_uid(snap->users, w->uid, out);
}

/* The part of a text that a first touch needs: the user's line or nothing; all of
 * it when only a table can tell.  The answer says whether it is a part. */
static bool narrow(const struct nss_server *s, const struct want *w, struct vsd_span *text)
{
	struct nss_user u;
	int r = w->name ? nss_users_scan_name(*text, s->range, *w->name, &u) :
			  nss_users_scan_uid(*text, s->range, w->uid, &u);

	if (r == -EAGAIN)
		return false;
	*text = r == 0 ? nss_users_line(*text, &u) : (struct vsd_span){ text->p, 0 };
	return true;
}

/* Read a file; with `first` keep of a large one only what that asks for. */
static int read_new(const struct nss_server *s, enum nss_file f, const struct want *first,
		    struct nss_snap **out)
{
	VSD_FREE char *text = NULL;
	VSD_FREE char *rights = NULL;
	struct vsd_stamp stamp;
	struct vsd_span span;
	bool young, partial = false;
	int r = nss_file_read(s, f, &text, &span.len, &stamp, &young);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? -EIO : r;
	span.p = text;
	if (f == FILE_PRIV) {
		r = nss_rights_text(span, &rights, &span.len);
		if (r < 0)
			return r;
		span.p = rights;
	}
	if (first && span.len > SMALL_BYTES)
		partial = narrow(s, first, &span);
	r = snap_of(s, f, span, partial, out);
	if (r < 0)
		return r;
	(*out)->stamp = stamp;
	(*out)->young = young;
	return 0;
}

/* Is the file still what the snapshot says?
 * Errors: -ENOENT: no, but it may not be read again; -ESTALE: no */
static int validate(const struct nss_server *s, enum nss_file f, const struct nss_snap *snap)
{
	if (snap && !snap->young && nss_file_is(s, f, &snap->stamp))
		return 0;
	if (!nss_root_changed())
		return -ESTALE;
	return snap ? 0 : -ENOENT; /* what was asked before */
}

static int read_and_put(const struct nss_server *s, enum nss_file f, const struct want *first,
			struct nss_snap **out)
{
	int r = read_new(s, f, first, out);

	if (r == 0)
		nss_cache_put(*out);
	return r;
}

static int find_user(const struct nss_server *s, const struct want *w, struct nss_snap **out_hold,
		     struct nss_user *out)
{
	struct nss_snap *snap = nss_cache_get(s, FILE_PASSWD);
	int r = validate(s, FILE_PASSWD, snap);
	bool found = r == 0 && search(snap, w, out);

	/* A part that lacks the user says nothing of the rest, unless that may not
	 * be read any more. */
	if (r == -ESTALE || (r == 0 && !found && snap->partial && !nss_root_changed())) {
		const struct want *first = snap ? NULL : w;

		nss_snap_drop(snap);
		snap = NULL;
		r = read_and_put(s, FILE_PASSWD, first, &snap);
		found = r == 0 && search(snap, w, out);
	}
	if (!found) {
		nss_snap_drop(snap);
		return r < 0 ? r : -ENOENT;
	}
	*out_hold = snap;
	return 0;
}

int nss_user_by_name(const struct nss_server *s, struct vsd_span name, struct nss_snap **out_hold,
		     struct nss_user *out)
{
	struct want w = { .name = &name };

	return find_user(s, &w, out_hold, out);
}

int nss_user_by_uid(const struct nss_server *s, uint32_t uid, struct nss_snap **out_hold,
		    struct nss_user *out)
{
	struct want w = { .uid = uid };

	return find_user(s, &w, out_hold, out);
}

int nss_groups_hold(const struct nss_server *s, enum nss_file f, struct nss_snap **out_hold)
{
	struct nss_snap *snap = nss_cache_get(s, f);
	int r = validate(s, f, snap);

	if (r < 0) {
		nss_snap_drop(snap);
		snap = NULL;
		if (r == -ESTALE)
			r = read_and_put(s, f, NULL, &snap);
	}
	if (r < 0)
		return r;
	*out_hold = snap;
	return 0;
}

int nss_snap_read(const struct nss_server *s, enum nss_file f, struct nss_snap **out)
{
	return read_new(s, f, NULL, out);
}
