/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every server of a skeleton, one after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "refresh.h"
#include "tree_impl.h"
#include "why.h"

/* Names alone: each server is read anew when its turn comes. */
struct names {
	const char *skel;
	char (*name)[VSD_NAME_MAX + 1];
	size_t n;
	struct refresh_opts *o;
	struct refresh_result *result;
};

static int collect(const struct vsd_server *s, void *arg)
{
	struct names *l = arg;

	if (strcmp(s->skel, l->skel) != 0)
		return 0;
	if ((l->n & (l->n - 1)) == 0) {
		void *p = realloc(l->name, (l->n ? l->n * 2 : 1) * sizeof(*l->name));

		if (!p)
			return -ENOMEM;
		l->name = p;
	}
	memcpy(l->name[l->n++], s->name, sizeof(s->name));
	return 0;
}

static void fail(const struct names *l, const char *name, const char *why)
{
	if (l->o->only_dangerous)
		return; /* the pass for all meets it again */
	l->result->failed++;
	if (l->o->failed)
		l->o->failed(name, why, l->o->arg);
}

static void damaged(const char *name, int error, void *arg)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	fail(arg, name, why);
}

static void do_one(const struct names *l, const char *name, const struct refresh_diff *d)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int lock = -1;
	struct vsd_server s;
	int r = tree_lock(name, true, &lock);

	if (r < 0) {
		fail(l, name, strerror(-r));
		return;
	}
	r = vsd_registry_find_name(name, &s);
	if (r == -ENOENT || (r == 0 && strcmp(s.skel, l->skel) != 0))
		return; /* deleted meanwhile */
	if (r == 0)
		r = refresh_server(&s, d, l->o, why);
	if (r < 0)
		fail(l, name, why[0] ? why : strerror(-r));
	else if (!l->o->only_dangerous)
		l->result->servers++;
}

int refresh_servers(const char *skel, const struct refresh_diff *d, struct refresh_opts *o,
		    struct refresh_result *result, char why[VSD_WHY_MAX])
{
	struct names l = { .skel = skel, .o = o, .result = result };
	int r = vsd_registry_each(collect, damaged, &l);

	if (r < 0)
		vsd_registry_why(NULL, r, why);
	for (size_t i = 0; r == 0 && i < l.n; i++) {
		do_one(&l, l.name[i], d);
		if (o->progress && !o->only_dangerous)
			o->progress(i + 1, l.n, o->arg);
	}
	free(l.name);
	return r;
}

static int count(const struct vsd_server *s, void *arg)
{
	(void)s;
	++*(uint64_t *)arg;
	return 0;
}

int refresh_count(uint64_t *out)
{
	*out = 0;
	return vsd_registry_each(count, NULL, out);
}
