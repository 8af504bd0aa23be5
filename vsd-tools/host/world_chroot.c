/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's mounts without namespaces: in its tree, where the host sees them, too. */
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safe.h"
#include "world_impl.h"

/* The tree lies on the host's own nosuid mount.  The helper is set-id by this one way
 * alone: its folder, live and read-only, on the server's /run, where it runs itself
 * again.  A host's user may reach it here and is not inside a server: it refuses. */
static int put_helper(int rootfd)
{
	const uint64_t set = MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
	VSD_CLOSE int folder = -1;
	VSD_CLOSE int tree = -1;
	VSD_CLOSE int run = -1;
	int r = vsd_safe_open_beneath(rootfd, "usr/lib/vsd", FOLDER, 0, &folder);

	if (r == 0)
		r = world_clone(folder, set, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, &tree);
	if (r < 0)
		return r;
	run = openat(rootfd, "run", FOLDER | O_NOFOLLOW | O_CLOEXEC); /* over a mount, ours */
	if (run < 0 || mkdirat(run, "vsd/lib", 0755) < 0)
		return -errno;
	return world_put_at(tree, run, "vsd/lib");
}

int world_make_chroot(const struct vsd_server *s, const char **out_what)
{
	VSD_CLOSE int root = -1;
	VSD_CLOSE int userns = -1;
	int r;

	*out_what = "open the server's tree";
	r = vsd_safe_open_root(s->root, &root);
	if (r == 0) {
		*out_what = "find the user namespace";
		r = world_clone_userns(s, &userns);
	}
	if (r == 0)
		r = world_put_filesystems(s, root, false, userns, out_what);
	if (r == 0) {
		*out_what = "mount /run/vsd/lib";
		r = put_helper(root);
	}
	return r;
}

int world_unmake_chroot(const struct vsd_server *s)
{
	static const char *const place[] = { "run", "dev", "proc" };
	char path[VSD_PATH_MAX + 8];
	int n;

	/* By path: the components are root's, checked when it was made. */
	for (size_t i = 0; i < sizeof(place) / sizeof(*place); i++) {
		n = snprintf(path, sizeof(path), "%s/%s", s->root, place[i]);
		if (n < 0 || (size_t)n >= sizeof(path))
			return -ENAMETOOLONG;
		while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
			;
		if (errno != EINVAL && errno != ENOENT) /* EINVAL: no mount there */
			return -errno;
	}
	return 0;
}
