/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vs_verify: a server against its skeleton.  The server may run; what its people
 * may open is opened one component at a time, without following a link. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"
#include "safe.h"
#include "tool.h"
#include "tree_impl.h"
#include "tree_walk.h"
#include "vsdadm.h"

enum finding { ALTERED, MISSING, OWNER, CHANGED, GONE, UNSHARED, FINDINGS };

static const struct {
	const char *word, *text;
	bool is_wrong;
} findings[] = {
	[ALTERED]  = { "altered", "shared by the skeleton, and not as it has it", true },
	[MISSING]  = { "missing", "shared by the skeleton, and not there", true },
	[OWNER]    = { "owner", "owned by an id that is not the server's", true },
	[CHANGED]  = { "changed", "its own copy, and not as the skeleton gave it", false },
	[GONE]     = { "removed", "its own copy, and not there", false },
	[UNSHARED] = { "unshared", "as the skeleton has it, and not linked to it", false },
};

struct verify {
	const struct vsd_server *s;
	int skel, root;
	unsigned long count[FINDINGS], shared, known, seen;
	json_t *list;            /* NULL: print */
	bool no_memory;
};

static void tell(struct verify *v, enum finding what, const char *folder, const char *name)
{
	char path[VSD_PATH_MAX * 2];
	json_t *o;

	v->count[what]++;
	(void)snprintf(path, sizeof(path), "%s%s%s%s", folder[0] == '/' ? "" : "/",
		       strcmp(folder, ".") == 0 ? "" : folder,
		       name[0] && strcmp(folder, ".") != 0 ? "/" : "", name); /* cut: for people */
	if (!v->list) {
		tool_say("%-8s %s", findings[what].word, path);
		return;
	}
	o = json_pack("{s:s, s:s}", "finding", findings[what].word, "path", path);
	if (!o) /* the name is no UTF-8 */
		o = json_pack("{s:s, s:s}", "finding", findings[what].word, "path", "?");
	if (json_array_append_new(v->list, o) < 0)
		v->no_memory = true;
}

static void verify_file(struct verify *v, const struct manifest_entry *e, const char *folder,
			int skel, int here)
{
	bool is_shared = e->kind == MANIFEST_SHARED;
	struct stat its, st;

	if (here < 0 || fstatat(here, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		tell(v, is_shared ? MISSING : GONE, folder, e->name);
		return;
	}
	v->known++;
	if (is_shared && fstatat(skel, e->name, &its, AT_SYMLINK_NOFOLLOW) == 0 &&
	    its.st_ino == st.st_ino && its.st_dev == st.st_dev)
		v->shared++;
	else if (tree_is_as(v->s, skel, 0, 0, e, here, &st)) {
		if (is_shared)
			tell(v, UNSHARED, folder, e->name);
	} else {
		tell(v, is_shared ? ALTERED : CHANGED, folder, e->name);
	}
}

static void verify_all(struct verify *v, const struct manifest *m)
{
	VSD_CLOSE int skel = -1;
	VSD_CLOSE int here = -1;
	const char *folder = ".";
	struct manifest_entry e;
	size_t at = m->body;

	while (manifest_next(m, &at, &e)) {
		if (e.kind != MANIFEST_FOLDER) {
			verify_file(v, &e, folder, skel, here);
			continue;
		}
		vsd_scope_close(&skel);
		vsd_scope_close(&here);
		folder = e.name;
		skel = openat(v->skel, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		here = -1;
		if (vsd_safe_open_beneath(v->root, folder, O_RDONLY | O_DIRECTORY, 0, &here) < 0)
			tell(v, GONE, folder, "");
		else
			v->known++;
	}
}

static void see(void *arg, const char *path, int fd, const struct stat *st)
{
	struct verify *v = arg;

	(void)fd;
	v->seen++;
	if (!tree_is_good_owner(v->s, st))
		tell(v, OWNER, path, "");
}

static void fault(void *arg, const char *path, int error, const char *what)
{
	struct verify *v = arg;

	(void)error;
	(void)tool_error("look into", path[0] ? path : v->s->root, what); /* the rest is told */
}

static int report(struct verify *v)
{
	/* The root is no entry of a folder; its own name in it is VSD's. */
	unsigned long added = v->seen + 1 > v->known ? v->seen + 1 - v->known : 0;
	unsigned long wrong = 0;

	for (int i = 0; i < FINDINGS; i++)
		wrong += findings[i].is_wrong ? v->count[i] : 0;
	if (v->list) {
		json_t *o = json_pack("{s:s, s:b, s:I, s:I, s:o}", "name", v->s->name, "intact",
				      wrong == 0, "shared", (json_int_t)v->shared, "added",
				      (json_int_t)added, "findings", v->list);
		int r = adm_print_json(v->no_memory ? (json_decref(o), NULL) : o);

		return r == TOOL_OK && wrong > 0 ? TOOL_FAILED : r;
	}
	tool_say("%s: %lu files shared with %s, %lu files and folders added", v->s->name, v->shared,
		 v->s->skel, added);
	for (int i = 0; i < FINDINGS; i++)
		if (v->count[i] > 0)
			tool_say("%8lu %s: %s", v->count[i], findings[i].word, findings[i].text);
	return wrong > 0 ? TOOL_FAILED : TOOL_OK;
}

int adm_vs_verify(const struct adm_call *c)
{
	struct manifest m = { .text = NULL };
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int root = -1;
	VSD_CLOSE int skel = -1;
	struct vsd_server s;
	struct verify v = { .s = &s };
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_open_root(s.skel, &skel);
	if (r < 0)
		return tool_errno("open the skeleton", s.skel, r);
	if (manifest_load(skel, &m, why) < 0)
		return tool_error("read the skeleton", s.skel, why);
	v.skel = skel;
	v.root = root;
	v.list = c->json ? json_array() : NULL;
	verify_all(&v, &m);
	tree_walk(root, &(struct tree_visit){ see, fault, &v });
	manifest_free(&m);
	return report(&v);
}
