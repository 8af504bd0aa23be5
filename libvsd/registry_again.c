/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the registry again.  Making one server asks for all the others some six times;
 * a file that has not changed since is not read each time. */
#include <string.h>
#include <time.h>

#include "registry_impl.h"

/* A file that was changed so lately may be changed again within the same tick of the
 * clock, which its stamp would not show. */
#define SETTLED_SECONDS 2

/* Of this process: what the last whole walk has read. */
static struct vsd_server_list remembered;

struct again {
	struct vsd_server_list old, now;
	uint32_t at;             /* in old */
	time_t settled;          /* changed before: worth remembering */
};

static const struct vsd_server *recall(struct again *a, int dirfd, const char *name)
{
	while (a->at < a->old.n && strcmp(a->old.s[a->at].name, name) < 0)
		a->at++;
	if (a->at == a->old.n || strcmp(a->old.s[a->at].name, name) != 0 ||
	    vsd_stamp_check(dirfd, name, &a->old.s[a->at].entry) < 0)
		return NULL;
	return &a->old.s[a->at];
}

static int read_again(int dirfd, const char *name, struct vsd_server *out, void *reader)
{
	struct again *a = reader;
	const struct vsd_server *known = recall(a, dirfd, name);
	int r = 0;

	if (known)
		*out = *known;
	else
		r = vsd_registry_find_name_at(dirfd, name, out);
	if (r == 0 && out->entry.changed.tv_sec < a->settled)
		r = vsd_server_list_add(&a->now, out);
	return r;
}

int vsd_registry_each_again(int (*fn)(const struct vsd_server *s, void *arg),
			    void (*bad)(const char *name, int error, void *arg), void *arg)
{
	/* taken out meanwhile: fn may ask, too */
	struct again a = { .old = remembered, .settled = time(NULL) - SETTLED_SECONDS };
	int r;

	remembered = (struct vsd_server_list){ .s = NULL };
	r = vsd_registry_walk(read_again, &a, fn, bad, arg);
	vsd_server_list_free(&remembered);
	remembered = r == 0 ? a.now : a.old;
	vsd_server_list_free(r == 0 ? &a.old : &a.now);
	return r;
}
