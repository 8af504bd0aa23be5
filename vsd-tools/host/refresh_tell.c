/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refresh_tell.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "tool.h"

static struct {
	FILE *out;               /* the stdout of before, with --json */
	json_t *changes, *kept, *failed;
	unsigned nkept, servers;
	size_t count[3];
} told;

/* All that is said otherwise goes where messages go. */
int tell_start(bool json)
{
	int fd;

	if (!json)
		return TOOL_OK;
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	told.out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!told.out || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return tool_errno("use", "standard output", errno);
	told.changes = json_array();
	told.kept = json_array();
	told.failed = json_array();
	return TOOL_OK;
}

/* Text that need not be UTF-8; told without memory for it, as NULL, it is left out. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);

	return j ? j : json_string("?");
}

static void append(json_t *array, json_t *o)
{
	if (json_array_append_new(array, o) < 0)
		(void)tool_error("tell of", "all", "no memory for JSON"); /* the work goes on */
}

static void say_kept(const struct vsd_server *s, const char *path, const char *reason, void *arg)
{
	(void)arg;
	told.nkept++;
	progress_clear();
	tool_say("%s: kept %s: %s", s->name, path, reason);
	if (told.out)
		append(told.kept, json_pack("{s:s, s:o, s:o}", "server", s->name, "path", text(path),
					    "reason", text(reason)));
}

static void say_failed(const char *name, const char *why, void *arg)
{
	(void)arg;
	progress_clear();
	(void)tool_error("bring over", name, why); /* counted in the result */
	if (told.out)
		append(told.failed, json_pack("{s:o, s:o}", "server", text(name), "reason", text(why)));
}

struct refresh_opts tell_opts(bool dry)
{
	told.nkept = 0;
	progress_start("servers");
	return (struct refresh_opts){ .dry = dry, .kept = say_kept, .failed = say_failed,
				      .progress = progress_show };
}

unsigned tell_kept(void)
{
	return told.nkept;
}

void tell_diff(const struct refresh_diff *d, bool each)
{
	static const char mark[] = { [REFRESH_MADE] = '+', [REFRESH_CHANGED] = '~',
				     [REFRESH_GONE] = '-' };
	static const char *const kind[] = { [REFRESH_MADE] = "new", [REFRESH_CHANGED] = "changed",
					    [REFRESH_GONE] = "gone" };
	char path[REFRESH_SHOWN_MAX];

	for (size_t i = 0; (each || told.out) && i < d->n; i++) {
		const struct refresh_change *c = &d->change[i];

		refresh_path(c, path);
		if (each)
			tool_say("%c %s%s", mark[c->kind], path, c->is_folder ? "/" : "");
		if (told.out)
			append(told.changes, json_pack("{s:s, s:o, s:b}", "kind", kind[c->kind], "path",
						       text(path), "folder", c->is_folder));
	}
	for (int i = 0; i < 3; i++)
		told.count[i] += d->count[i];
	tool_say("%zu new, %zu changed, %zu gone", d->count[REFRESH_MADE], d->count[REFRESH_CHANGED],
		 d->count[REFRESH_GONE]);
}

void tell_result(const struct refresh_result *r)
{
	progress_end();
	told.servers += r->servers;
}

int tell_end(const char *skel, bool dry, int status)
{
	json_t *j;
	int r;

	progress_end();
	if (!told.out)
		return status;
	j = json_pack("{s:o, s:b, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "skel", text(skel),
		      "done", status == TOOL_OK, "dry_run", dry, "new",
		      (json_int_t)told.count[REFRESH_MADE], "changed",
		      (json_int_t)told.count[REFRESH_CHANGED], "gone",
		      (json_int_t)told.count[REFRESH_GONE], "servers", (json_int_t)told.servers,
		      "changes", told.changes, "kept", told.kept, "failed", told.failed);
	r = j ? json_dumpf(j, told.out, JSON_INDENT(2)) : -1;
	json_decref(j);
	if (fputc('\n', told.out) == EOF)
		r = -1;
	if (fclose(told.out) != 0 || r < 0)
		return tool_error("tell of", skel, "writing JSON failed");
	return status;
}
