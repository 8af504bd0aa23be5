/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patterns: what of the source they match. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"
#include "pattern.h"
#include "safe.h"
#include "skel_plan.h"

static int walk(struct plan *p, const char *folder, const char *pattern, unsigned *found);

static int walk_entry(struct plan *p, const char *path, const char *pattern, unsigned *found)
{
	struct stat st;
	int r;

	if (!plan_is_allowed(path) || skelconf_matches(p->conf, SKEL_EXCLUDE, path))
		return 0;
	r = plan_stat(p, path, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* gone meanwhile */
	if (pattern_matches(pattern, path)) {
		r = plan_add(p, path, false);
		if (r < 0)
			return r;
		++*found;
	}
	return S_ISDIR(st.st_mode) ? walk(p, path, pattern, found) : 0;
}

static int walk(struct plan *p, const char *folder, const char *pattern, unsigned *found)
{
	VSD_CLOSE int fd = -1;
	int r = plan_open_path(p, folder, O_RDONLY | O_DIRECTORY, &fd);
	struct dirent *e;
	DIR *d;

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	(void)vsd_take_fd(&fd); /* d owns it */
	while (r == 0 && (e = vsd_safe_readdir(d, &r))) {
		VSD_FREE char *path = NULL;

		if (!manifest_is_name(e->d_name))
			continue;
		path = plan_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, e->d_name);
		r = walk_entry(p, path, pattern, found);
	}
	(void)closedir(d); /* opened for reading */
	return r;
}

int plan_add_pattern(struct plan *p, const char *pattern)
{
	VSD_FREE char *start = plan_memory(strndup(pattern, pattern_literal_len(pattern)));
	unsigned found = 0;
	struct stat st;
	int r;

	if (!pattern_is_wild(pattern)) {
		r = plan_stat(p, pattern, &st);
		if (r < 0)
			return r;
		r = plan_add(p, pattern, false);
		if (r < 0 || !S_ISDIR(st.st_mode))
			return r;
	}
	r = walk(p, start[0] ? start : "/", pattern, &found);
	if (r < 0)
		return r;
	return found > 0 || !pattern_is_wild(pattern) ? 0 : -ENOENT;
}
