/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_rpm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "skel_rpm_impl.h"
#include "spawn_tool.h"
#include "tool.h"
#include "tree_impl.h"

#define EXPORT_MAX_BYTES (1ul << 30)
#define RPMDB "/usr/bin/rpmdb"

/* Where the link that most have leads, too. */
const char *rpm_find_database(int rootfd)
{
	static const char *const folders[] = { "usr/lib/sysimage/rpm", "var/lib/rpm" };
	static const char *const names[] = { "rpmdb.sqlite", "Packages.db", "Packages" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
			VSD_FREE char *path = plan_format("%s/%s", folders[i], names[n]);
			struct stat st;

			if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
				return folders[i];
		}
	return NULL;
}

bool rpm_has_tool(void)
{
	return access(RPMDB, X_OK) == 0;
}

/* It exits with 0 when it could not open a database. */
int rpm_run(const char *options, const char *folder, const char *in, const char *out)
{
	static const char script[] =
		"umask 077\n"
		"rpmdb $1 --dbpath \"$2\" <\"$3\" >\"$4\" 2>" RPM_WORK "/said\n"
		"r=$?\n"
		"cat " RPM_WORK "/said >&2\n"
		"[ $r -eq 0 ] && ! grep -q '^error:' " RPM_WORK "/said\n";
	const char *const argv[] = { "/bin/sh", "-c", script, "rpm", options, folder, in, out, NULL };
	int r = wait_tool(spawn_tool(argv, STDERR_FILENO));

	return r == -EIO ? -ECHILD : r;
}

static int by_name(const void *a, const void *b)
{
	const struct rpm_package *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : strcmp(y->arch, x->arch);
}

static int index_file(const struct rpm_package *k, const struct rpm_file *f, void *arg)
{
	struct rpm *r = arg;

	skel_index_add(&r->files, skel_index_path(f->path), (uint32_t)(k - r->package));
	return 0;
}

/* From the last to the first: the first is then found first. */
static int index_all(struct rpm *r)
{
	int error = 0;

	for (size_t i = r->npackage; error == 0 && i-- > 0; ) {
		const struct rpm_package *k = &r->package[i];
		struct rpm_texts t = rpm_head_texts(&k->head, RPM_PROVIDENAME);
		const char *name;

		while ((name = rpm_texts_next(&t)))
			skel_index_add(&r->provides, name, (uint32_t)i);
		error = rpm_each_file(k, index_file, r);
	}
	return error;
}

int rpm_take_headers(struct rpm *r, char *text, size_t len)
{
	r->text = text;
	r->len = len;
	for (size_t at = 0; at < len; ) {
		struct rpm_package k = { .chosen = false };
		int error = rpm_head_read(text + at, len - at, &k.head);

		if (error < 0)
			return error;
		at += k.head.len;
		k.name = rpm_head_text(&k.head, RPM_NAME);
		k.arch = rpm_head_text(&k.head, RPM_ARCH);
		if (r->npackage == r->room) {
			r->room = r->room ? r->room * 2 : 512;
			r->package = plan_memory(realloc(r->package, r->room * sizeof(*r->package)));
		}
		r->package[r->npackage++] = k;
	}
	if (r->npackage > 0)
		qsort(r->package, r->npackage, sizeof(*r->package), by_name);
	return index_all(r);
}

/* The headers, by way of a file: a pipe would have warnings among them. */
static int export(struct rpm *r, const struct plan *p)
{
	VSD_FREE char *folder = plan_format("%s%s", strcmp(p->source, "/") ? p->source : "", r->database);
	size_t len = 0;
	char *text = NULL;
	int error;

	if (skel_cache_clear(RPM_FOLDER) != TOOL_OK || mkdir(RPM_WORK, 0700) < 0)
		return -ECHILD;
	error = rpm_run("--exportdb", folder, "/dev/null", RPM_WORK "/all");
	if (error == -ECHILD)
		(void)tool_error("read package database", folder, "rpmdb failed: see above");
	if (error == 0)
		error = vsd_safe_read_path(RPM_WORK "/all", EXPORT_MAX_BYTES, &text, &len);
	if (error < 0)
		return error;
	(void)unlink(RPM_WORK "/all"); /* it goes with the folder at the latest */
	return rpm_take_headers(r, text, len);
}

int rpm_load(struct plan *p, struct rpm **out)
{
	VSD_FREE char *folder = plan_format("/%s", rpm_find_database(p->sourcefd));
	struct rpm *r = plan_memory(calloc(1, sizeof(*r)));
	int error;

	r->lock = -1;
	error = plan_canonical_link(p, folder, &r->database);
	if (error == 0)
		error = tree_lock(TREE_LOCK_PACKAGES, true, &r->lock);
	if (error == 0)
		error = export(r, p);
	if (error < 0)
		rpm_free(r);
	else
		*out = r;
	return error;
}

void rpm_free(struct rpm *r)
{
	if (!r)
		return;
	if (r->lock >= 0)
		(void)skel_cache_clear(RPM_FOLDER); /* it has said what is left */
	vsd_scope_close(&r->lock);
	skel_index_free(&r->provides);
	skel_index_free(&r->files);
	free(r->package);
	free(r->text);
	free(r->database);
	free(r);
}

static void choose(struct rpm *r, struct rpm_package *k, void *arg)
{
	struct rpm_texts name = rpm_head_texts(&k->head, RPM_REQUIRENAME);
	struct rpm_texts version = rpm_head_texts(&k->head, RPM_REQUIREVERSION);
	const struct plan *p = arg;
	const char *n, *v;

	if (k->chosen || skelconf_names(p->conf, SKEL_PACKAGE_EXCLUDE, k->name))
		return;
	k->chosen = true; /* before its dependencies: they may go in circles */
	for (uint32_t i = 0; (n = rpm_texts_next(&name)); i++) {
		v = rpm_texts_next(&version);
		rpm_need(r, n, rpm_head_number(&k->head, RPM_REQUIREFLAGS, i), v ? v : "", choose, arg);
	}
}

int rpm_choose(struct rpm *r, struct plan *p, const char *name)
{
	struct rpm_package *k = rpm_find(r, name, 0, "");

	if (!k)
		return -ENOENT;
	choose(r, k, p);
	return 0;
}

int rpm_choose_owner(struct rpm *r, struct plan *p, const char *path)
{
	const struct skel_index_entry *e = skel_index_find(&r->files, skel_index_path(path), NULL);

	if (!e)
		return -ENOENT;
	choose(r, &r->package[e->value], p);
	return 0;
}
