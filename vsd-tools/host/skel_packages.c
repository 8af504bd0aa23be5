/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_packages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "skel_dpkg.h"
#include "skel_rpm.h"

struct packages {
	struct dpkg *dpkg;       /* one of them is NULL */
	struct rpm *rpm;
};

/* A system of rpm's may have the tool dpkg, and then an empty status file. */
static bool has_dpkg(int rootfd)
{
	struct stat st;

	return fstatat(rootfd, "var/lib/dpkg/status", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size > 0;
}

enum skel_db packages_kind(int rootfd)
{
	if (has_dpkg(rootfd))
		return SKEL_DB_DPKG;
	return rpm_find_database(rootfd) && rpm_has_tool() ? SKEL_DB_RPM : SKEL_DB_ANY;
}

const char *packages_why_none(int rootfd)
{
	if (rpm_find_database(rootfd))
		return "its packages are rpm's, and no rpmdb is here to read them: install rpm, or "
		       "--source debootstrap:SUITE, or --conf with include lines and no packages";
	return "it has no package database of dpkg or rpm in the filesystem of its root";
}

int packages_load(struct plan *p, struct packages **out)
{
	struct packages *k = plan_memory(calloc(1, sizeof(*k)));
	int r = -ENOENT;

	switch (packages_kind(p->sourcefd)) {
	case SKEL_DB_DPKG: r = dpkg_load(p, &k->dpkg); break;
	case SKEL_DB_RPM: r = rpm_load(p, &k->rpm); break;
	default: break;
	}
	if (r < 0)
		free(k);
	else
		*out = k;
	return r;
}

void packages_free(struct packages *k)
{
	if (!k)
		return;
	dpkg_free(k->dpkg);
	rpm_free(k->rpm);
	free(k);
}

int packages_choose(struct packages *k, struct plan *p, const char *name)
{
	return k->dpkg ? dpkg_choose(k->dpkg, p, name) : rpm_choose(k->rpm, p, name);
}

int packages_choose_owner(struct packages *k, struct plan *p, const char *path)
{
	return k->dpkg ? dpkg_choose_owner(k->dpkg, p, path) : rpm_choose_owner(k->rpm, p, path);
}

int packages_put_files(struct packages *k, struct plan *p)
{
	return k->dpkg ? dpkg_put_files(k->dpkg, p) : rpm_put_files(k->rpm, p);
}

int packages_put_database(struct packages *k, struct plan *p)
{
	int r;

	if (k->rpm)
		return rpm_put_database(k->rpm, p);
	r = dpkg_put_alternatives(k->dpkg, p);
	return r < 0 ? r : dpkg_put_database(k->dpkg, p);
}
