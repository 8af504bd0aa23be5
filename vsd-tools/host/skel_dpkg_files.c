/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files packages have, and which package a file has. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safe.h"
#include "skel_dpkg_impl.h"

#define LIST_MAX_BYTES (1ul << 26)

static int read_list(const struct plan *p, const struct package *k, char **out, size_t *len)
{
	VSD_FREE char *path = plan_format("var/lib/dpkg/info/%s%s%s.list", k->name,
					  k->is_same ? ":" : "", k->is_same ? k->arch : "");

	return vsd_safe_read_file(p->sourcefd, path, LIST_MAX_BYTES, out, len);
}

static int put_package(struct plan *p, const struct package *k)
{
	VSD_FREE char *text = NULL;
	char *save = NULL;
	size_t len;
	int r = read_list(p, k, &text, &len);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] != '/')
			continue;
		r = plan_add(p, line, false);
		/* A file that the host's root removed, or never unpacked. */
		if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
			return r;
	}
	return 0;
}

int dpkg_put_files(struct dpkg *d, struct plan *p)
{
	for (size_t i = 0; i < d->npackage; i++) {
		struct package *k = &d->package[i];
		int r;

		if (!k->chosen || k->put)
			continue;
		k->put = true;
		r = put_package(p, k);
		if (r < 0)
			return r;
	}
	return 0;
}

int dpkg_put_infos(struct dpkg *d, struct plan *p)
{
	static const char *const kinds[] = { "list", "md5sums", "conffiles", "shlibs", "symbols",
					     "triggers", "preinst", "postinst", "prerm", "postrm",
					     "config", "templates" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->npackage; i++) {
		const struct package *k = &d->package[i];

		for (size_t n = 0; k->chosen && n < sizeof(kinds) / sizeof(*kinds); n++) {
			VSD_FREE char *path = plan_format("/var/lib/dpkg/info/%s%s%s.%s", k->name,
							  k->is_same ? ":" : "",
							  k->is_same ? k->arch : "", kinds[n]);

			r = plan_add(p, path, true);
			if (r < 0 && r != -ENOENT)
				return r;
			r = 0;
		}
	}
	r = plan_add(p, "/var/lib/dpkg/diversions", true);
	return r == -ENOENT ? 0 : r;
}

/* Programs and libraries are what other files need. */
static bool may_be_needed(const char *path)
{
	return strstr(path, ".so") || strstr(path, "bin/");
}

static void load_owners(struct dpkg *d, const struct plan *p)
{
	d->has_owners = true;
	for (size_t i = 0; i < d->npackage; i++) {
		VSD_FREE char *text = NULL;
		char *save = NULL;
		size_t len;

		if (read_list(p, &d->package[i], &text, &len) < 0)
			continue; /* it owns nothing, then */
		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (may_be_needed(line))
				skel_index_add(&d->owner, skel_index_path(line), (uint32_t)i);
	}
}

struct package *dpkg_find_owner(struct dpkg *d, struct plan *p, const char *path)
{
	const struct skel_index_entry *e;

	if (!d->has_owners)
		load_owners(d, p);
	e = skel_index_find(&d->owner, skel_index_path(path), NULL);
	return e ? &d->package[e->value] : NULL;
}

/* One file of /var/lib/dpkg/alternatives: a mode, then the link's path, then pairs
 * of a slave's name and its link's path up to an empty line. */
static int put_alternative(struct plan *p, const char *name)
{
	VSD_FREE char *file = plan_format("var/lib/dpkg/alternatives/%s", name);
	VSD_FREE char *etc = plan_format("/etc/alternatives/%s", name);
	VSD_FREE char *real = NULL;
	VSD_FREE char *text = NULL;
	char *at, *line;
	size_t len;

	/* Where the link leads now must be in the plan already: an alternative is
	 * no reason to take an editor along. */
	if (plan_canonical_link(p, etc, &real) < 0 || !plan_find(p, real))
		return 0;
	if (vsd_safe_read_file(p->sourcefd, file, LIST_MAX_BYTES, &text, &len) < 0)
		return 0; /* made by hand: no links of its own are known */
	at = text;
	for (int n = 0; (line = strsep(&at, "\n")) && (n == 0 || line[0] != '\0'); n++) {
		int r = 0;

		if (line[0] == '/')
			r = plan_add(p, line, false);
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			return r;
	}
	free(file);
	file = plan_format("/var/lib/dpkg/alternatives/%s", name);
	return plan_add(p, file, true);
}

int dpkg_put_alternatives(struct dpkg *d, struct plan *p)
{
	VSD_CLOSE int fd = -1;
	struct dirent *e;
	DIR *dir;
	int r = vsd_safe_open_beneath(p->sourcefd, "var/lib/dpkg/alternatives",
				      O_RDONLY | O_DIRECTORY, 0, &fd);

	(void)d;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)vsd_take_fd(&fd); /* dir owns it */
	while (r == 0 && (e = vsd_safe_readdir(dir, &r)))
		if (e->d_name[0] != '.')
			r = put_alternative(p, e->d_name);
	(void)closedir(dir); /* opened for reading */
	return r;
}
