/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's view of /home/vsd: a file of a tenant can be neither device nor
 * setuid program there, nor (isolation=full) be run at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "boot_impl.h"
#include "paths.h"
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

/* A bind of itself where it is no mount yet, with what is mounted below. */
static int bind_itself(int fd)
{
	VSD_CLOSE int tree = open_tree(fd, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE |
				       OPEN_TREE_CLOEXEC);

	if (tree < 0 || move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH |
				   MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int set_flags(int fd, bool exec)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

	if (exec)
		a.attr_clr = MOUNT_ATTR_NOEXEC;
	else
		a.attr_set |= MOUNT_ATTR_NOEXEC;
	return mount_setattr(fd, "", AT_EMPTY_PATH, &a, sizeof(a)) < 0 ? -errno : 0;
}

static int mount_id(const char *path, uint64_t *out)
{
	VSD_CLOSE int fd = -1;
	struct statx x;
	int r = vsd_safe_open_root(path, &fd);

	if (r < 0)
		return r;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0)
		return -errno;
	*out = x.stx_mnt_id;
	return 0;
}

/* The flags are the one mount's: a server's tree on another would be without
 * them, and link() from the skeleton would not reach it. */
static int check_one_mount(const char *home, const char *path, char why[VSD_WHY_MAX])
{
	uint64_t a = 0, b = 0;
	int r = mount_id(home, &a);

	if (r == 0)
		r = mount_id(path, &b);
	if (r == -ENOENT)
		return 0; /* no skeleton yet: nothing to start either */
	if (r < 0)
		return boot_why(why, r, "open", path);
	if (a == b)
		return 0;
	(void)snprintf(why, VSD_WHY_MAX, "%.90s is another mount than %.90s: servers and "
		       "skeletons lie in one", path, home);
	return -EXDEV;
}

/* Two vsboots at once would each make a mount. */
static int lock_mounts(int *out_fd)
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int fd = -1;
	int r;

	if (mkdir(vsd_path_lock, 0700) < 0 && errno != EEXIST)
		return -errno;
	r = vsd_safe_open_root(vsd_path_lock, &dir);
	if (r == 0)
		r = vsd_safe_open_beneath(dir, "mounts", O_RDWR | O_CREAT, 0600, &fd);
	if (r < 0)
		return r;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

static int make_guard(const char *home, bool exec)
{
	VSD_CLOSE int lock = -1;
	VSD_CLOSE int fd = -1;
	VSD_CLOSE int mounted = -1;
	int r = lock_mounts(&lock);

	if (r == 0)
		r = vsd_safe_open_root(home, &fd);
	if (r == 0 && is_mount(fd) && flags_are(fd, exec))
		return 0;
	if (r == 0 && !is_mount(fd))
		r = bind_itself(fd);
	if (r == 0)
		r = vsd_safe_open_root(home, &mounted); /* the mount, not the folder below */
	return r < 0 ? r : set_flags(mounted, exec);
}

int boot_guard_mount(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	char home[VSD_PATH_MAX];
	int r;

	(void)snprintf(home, sizeof(home), "%s", c->vs_root); /* the same size */
	if (strrchr(home, '/') == home) {
		(void)snprintf(why, VSD_WHY_MAX, "vs_root: it must lie in a folder of its own");
		return -EINVAL;
	}
	*strrchr(home, '/') = '\0';
	r = make_guard(home, c->isolation == VSD_ISOLATION_CHROOT);
	if (r < 0)
		return boot_why(why, r, "make a nosuid, nodev mount of", home);
	r = check_one_mount(home, c->vs_root, why);
	return r < 0 ? r : check_one_mount(home, c->skel, why);
}
