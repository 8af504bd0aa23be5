/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "exec.h"
#include "manifest.h"
#include "safe.h"
#include "skel_closure.h"
#include "skel_own.h"
#include "tool.h"
#include "why.h"

/* `lacked`: its source lacked it too. */
typedef void tell_fn(const char *object, const char *what, bool lacked, void *arg);

struct look {
	struct plan p;           /* all that the manifest names */
	struct manifest m;
	struct vsd_exec_groups exec;
	tell_fn *tell;
	void *arg;
};

static char *path_of(const char *folder, const char *name)
{
	if (strcmp(folder, ".") == 0)
		return plan_format("/%s", name);
	return plan_format("/%s%s%s", folder, name[0] ? "/" : "", name);
}

/* A shared file that an exec right's group may run, and nobody read. */
static bool is_held(const struct look *l, const struct manifest_entry *e, const struct stat *st)
{
	return e->kind == MANIFEST_SHARED && S_ISREG(st->st_mode) &&
	       (st->st_mode & 07777) == VSD_EXEC_MODE && vsd_exec_has_gid(&l->exec, st->st_gid);
}

/* What is wrong with an entry, or NULL. */
static const char *fault(const struct look *l, const struct manifest_entry *e, const char *path, int fd,
			 const struct stat *st)
{
	if (st->st_uid != 0 || (st->st_gid != 0 && !is_held(l, e, st)))
		return "is not root's";
	if (e->kind == MANIFEST_FOLDER)
		return S_ISDIR(st->st_mode) ? NULL : "is no folder";
	if (S_ISLNK(st->st_mode))
		return e->kind == MANIFEST_SHARED ? NULL : "is a link, and not to be shared";
	if (!S_ISREG(st->st_mode))
		return "is neither a file nor a link";
	if ((st->st_mode & (S_ISUID | S_ISGID)) && strcmp(path + 1, SKEL_HELPER) != 0)
		return "has a set-id bit";
	if (st->st_mode & 022)
		return "may be written by others than root";
	if (e->kind != MANIFEST_SHARED && e->kind != MANIFEST_TEMPLATE && (st->st_mode & 07777) != e->mode)
		return "has not the mode that the manifest says";
	if (fgetxattr(fd, "security.capability", NULL, 0) >= 0)
		return "has a file capability";
	return NULL;
}

static void check_entry(struct look *l, int folder, const char *path, const struct manifest_entry *e)
{
	const char *name = e->kind == MANIFEST_FOLDER ? "." : e->name, *what;
	VSD_CLOSE int fd = -1;
	struct plan_item *i;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		l->tell(path, strerror(errno), false, l->arg);
		return;
	}
	i = plan_put(&l->p, path, S_ISDIR(st.st_mode) ? PLAN_FOLDER : S_ISLNK(st.st_mode) ? PLAN_LINK
		     : PLAN_FILE, st.st_mode & 07777);
	if (e->kind == MANIFEST_TEMPLATE || e->kind == MANIFEST_EMPTY)
		i->done = true; /* no program */
	if (S_ISREG(st.st_mode))
		fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	what = fault(l, e, path, fd, &st);
	if (what)
		l->tell(path, what, false, l->arg);
}

static void check_unknown(struct look *l, int folder, const char *name)
{
	struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(folder, &d);

	if (r < 0) {
		l->tell(name, strerror(-r), false, l->arg);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		VSD_FREE char *path = path_of(name, e->d_name);

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    strcmp(path, "/" MANIFEST_NAME) == 0)
			continue;
		if (!plan_find(&l->p, path))
			l->tell(path, "is not in the manifest", false, l->arg);
	}
	(void)closedir(d); /* only read */
}

/* With `put`, look at each entry; without, for what is in no manifest. */
static void walk(struct look *l, bool put)
{
	VSD_CLOSE int folder = -1;
	const char *in = ".";
	struct manifest_entry e;
	size_t at = l->m.body;

	while (manifest_next(&l->m, &at, &e)) {
		VSD_FREE char *path = NULL;

		if (e.kind == MANIFEST_FOLDER) {
			vsd_scope_close(&folder);
			folder = -1;
			in = e.name;
			path = strcmp(in, ".") == 0 ? plan_text("/") : path_of(in, "");
			if (vsd_safe_open_beneath(l->p.sourcefd, in, O_RDONLY | O_DIRECTORY, 0,
						  &folder) < 0) {
				if (put)
					l->tell(path, strerror(errno), false, l->arg);
				continue;
			}
			if (!put)
				check_unknown(l, folder, in);
		} else {
			path = path_of(in, e.name);
		}
		if (put && folder >= 0)
			check_entry(l, folder, path, &e);
	}
}

static void tell_needed(const char *path, const char *what, void *arg)
{
	const struct look *l = arg;
	VSD_FREE char *text = plan_format("needs %s, which is not there", what);
	VSD_FREE char *line = plan_format("lacks %s %s", path, what);

	l->tell(path, text, manifest_has_line(&l->m, line), l->arg);
}

static int look(const char *path, tell_fn *tell, void *arg, char why[VSD_WHY_MAX])
{
	static const struct skel_conf none = { 0 };
	struct look l = { .tell = tell, .arg = arg };
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_root(path, &fd);

	if (vsd_exec_read(&l.exec) < 0)
		l.exec.n = 0; /* what a group holds is told as a fault */
	if (r < 0) {
		why_say(why, "%s", strerror(-r));
		return r;
	}
	r = manifest_load(fd, &l.m, why);
	if (r < 0)
		return r;
	plan_init(&l.p, &none, path, fd);
	walk(&l, true);
	walk(&l, false);
	r = closure_check(&l.p, tell_needed, &l);
	if (r < 0)
		why_say(why, "read its programs: %s", strerror(-r));
	plan_free(&l.p);
	manifest_free(&l.m);
	return r;
}

/* ---- telling ---- */

struct lines {
	char **line;
	size_t n;
	const struct lines *known;
	int told;
};

static void note(const char *object, const char *what, bool lacked, void *arg)
{
	struct lines *l = arg;

	(void)lacked; /* wrong all the same */
	if ((l->n & (l->n - 1)) == 0)
		l->line = plan_memory(realloc(l->line, (l->n ? l->n * 2 : 1) * sizeof(*l->line)));
	l->line[l->n++] = plan_format("%s: %s", object, what);
}

static void say(const char *object, const char *what, bool lacked, void *arg)
{
	struct lines *l = arg;
	VSD_FREE char *line = plan_format("%s: %s", object, what);

	if (lacked && !l->known) {
		tool_say("note: %s, nor was it in its source", line);
		return;
	}
	for (size_t i = 0; l->known && i < l->known->n; i++)
		if (strcmp(l->known->line[i], line) == 0)
			return;
	l->told++;
	(void)tool_error("check", object, what); /* counted instead */
}

int skel_check(const char *path, const char *before, char why[VSD_WHY_MAX])
{
	struct lines old = { .n = 0 };
	struct lines l = { .known = before ? &old : NULL };
	int r = before ? look(before, note, &old, why) : 0;

	if (r == 0)
		r = look(path, say, &l, why);
	for (size_t i = 0; i < old.n; i++)
		free(old.line[i]);
	free(old.line);
	return r < 0 ? r : l.told;
}
