/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's view of /home/vsd: a file of a tenant can be neither device nor
 * setuid program there, nor (isolation=full) be run at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "boot_impl.h"
#include "safe.h"

#define STATX_IS_MOUNT 0x2000 /* STATX_ATTR_MOUNT_ROOT, linux/stat.h */

static bool is_mount(int fd)
{
	struct statx x;

	return statx(fd, "", AT_EMPTY_PATH, 0, &x) == 0 && (x.stx_attributes & STATX_IS_MOUNT);
}

static bool flags_are(int fd, bool exec)
{
	struct statvfs v;
	const unsigned long want = ST_NOSUID | ST_NODEV | (exec ? 0 : ST_NOEXEC);

	return fstatvfs(fd, &v) == 0 && (v.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC)) == want;
}

/* A bind of itself where it is no mount yet. */
static int bind_itself(int fd)
{
	VSD_CLOSE int tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH |
				   MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int boot_guard_mount(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	const bool exec = c->isolation == VSD_ISOLATION_CHROOT;
	struct mount_attr a = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	VSD_CLOSE int fd = -1;
	VSD_CLOSE int mounted = -1;
	char home[VSD_PATH_MAX];
	int r;

	/* skel and vs_root must lie in the one mount, or link() would cross it. */
	(void)snprintf(home, sizeof(home), "%s", c->vs_root); /* the same size */
	if (strrchr(home, '/') == home) {
		(void)snprintf(why, VSD_WHY_MAX, "vs_root: it must lie in a folder of its own");
		return -EINVAL;
	}
	*strrchr(home, '/') = '\0';
	r = vsd_safe_open_root(home, &fd);
	if (r == 0 && is_mount(fd) && flags_are(fd, exec))
		return 0;
	if (r == 0 && !is_mount(fd))
		r = bind_itself(fd);
	if (r == 0)
		r = vsd_safe_open_root(home, &mounted);
	if (r < 0)
		return boot_why(why, r, "make a mount of", home);
	a.attr_set |= exec ? 0 : MOUNT_ATTR_NOEXEC;
	a.attr_clr = exec ? MOUNT_ATTR_NOEXEC : 0;
	if (mount_setattr(mounted, "", AT_EMPTY_PATH, &a, sizeof(a)) < 0)
		return boot_why(why, -errno, "set the mount flags of", home);
	return 0;
}
