/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inside.h"
#include "paths.h"
#include "safe.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

struct option {
	const char *key, *value; /* value NULL: a flag */
};

/* A new filesystem, not yet anywhere. */
static int make_fs(const char *type, const struct option *o, size_t n, unsigned attr, int *out_fd)
{
	VSD_CLOSE int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (fsconfig(fs, o[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, o[i].key,
			     o[i].value, 0) < 0)
			return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}
#define MAKE_FS(type, options, attr, out_fd) \
	make_fs(type, options, sizeof(options) / sizeof(*(options)), attr, out_fd)

/* Put a detached mount over a folder or a file. */
static int put(int mountfd, int spotfd)
{
	return move_mount(mountfd, "", spotfd, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

int world_put_at(int mountfd, int rootfd, const char *path)
{
	VSD_CLOSE int folder = -1;
	int r = vsd_safe_open_beneath(rootfd, path, FOLDER, 0, &folder);

	return r < 0 ? r : put(mountfd, folder);
}

int world_clone(int fd, uint64_t set, uint64_t clear, int *out_fd)
{
	struct mount_attr a = { .attr_set = set, .attr_clr = clear,
				.propagation = MS_PRIVATE };
	VSD_CLOSE int tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &a, sizeof(a)) < 0)
		return -errno;
	*out_fd = vsd_take_fd(&tree);
	return 0;
}

/* Bind a folder of the server over itself; -ENOENT and links (a merged /bin) are
 * passed over when `optional`. */
static int rebind(int vsfd, const char *path, uint64_t set, uint64_t clear, bool optional)
{
	VSD_CLOSE int folder = -1;
	VSD_CLOSE int tree = -1;
	int r = vsd_safe_open_beneath(vsfd, path, FOLDER, 0, &folder);

	if (r < 0)
		return optional && (r == -ENOENT || r == -ELOOP || r == -ENOTDIR) ? 0 : r;
	r = world_clone(folder, set, clear, &tree);
	return r < 0 ? r : put(tree, folder);
}

/* ---- /proc, /dev, /run ---- */

/* Without a pid namespace admin may not look on either: /proc is the host's. */
static int put_proc(const struct vsd_server *s, int vsfd, bool full)
{
	static const char *const sealed[] = { "sys", "irq", "bus", "fs" };
	VSD_CLOSE int fd = -1;
	char gid[16];
	const struct option o[] = { { "hidepid", "invisible" }, { "gid", gid } };
	int r;

	(void)snprintf(gid, sizeof(gid), "%u", s->uid_first);
	r = make_fs("proc", o, full ? 2 : 1, QUIET, &fd);
	if (r == 0)
		r = world_put_at(fd, vsfd, "proc");
	for (size_t i = 0; r == 0 && i < sizeof(sealed) / sizeof(*sealed); i++)
		r = rebind(fd, sealed[i], MOUNT_ATTR_RDONLY | QUIET, 0, true);
	return r;
}

static int make_nodes(int dev)
{
	static const struct {
		const char *name;
		unsigned minor_no, major_no;
	} node[] = { { "null", 3, 1 }, { "zero", 5, 1 }, { "full", 7, 1 },
		     { "random", 8, 1 }, { "urandom", 9, 1 }, { "tty", 0, 5 } };
	static const struct {
		const char *name, *to;
	} link[] = { { "ptmx", "pts/ptmx" }, { "fd", "/proc/self/fd" },
		     { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
		     { "stderr", "/proc/self/fd/2" } };

	for (size_t i = 0; i < sizeof(node) / sizeof(*node); i++)
		if (mknodat(dev, node[i].name, S_IFCHR | 0666,
			    makedev(node[i].major_no, node[i].minor_no)) < 0 ||
		    fchmodat(dev, node[i].name, 0666, 0) < 0)
			return -errno;
	for (size_t i = 0; i < sizeof(link) / sizeof(*link); i++)
		if (symlinkat(link[i].to, dev, link[i].name) < 0)
			return -errno;
	if (mkdirat(dev, "pts", 0755) < 0 || mkdirat(dev, "shm", 0755) < 0)
		return -errno;
	return 0;
}

static int put_dev(int vsfd)
{
	static const struct option dev_o[] = { { "size", "64k" }, { "nr_inodes", "64" },
					       { "mode", "0755" } };
	static const struct option pts_o[] = { { "gid", "5" }, { "mode", "620" },
					       { "ptmxmode", "666" }, { "max", "256" } };
	static const struct option shm_o[] = { { "size", "64m" }, { "nr_inodes", "4096" },
					       { "mode", "1777" } };
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	VSD_CLOSE int dev = -1;
	VSD_CLOSE int pts = -1;
	VSD_CLOSE int shm = -1;
	int r = MAKE_FS("tmpfs", dev_o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &dev);

	if (r == 0)
		r = world_put_at(dev, vsfd, "dev");
	if (r == 0)
		r = make_nodes(dev);
	if (r == 0)
		r = MAKE_FS("devpts", pts_o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &pts);
	if (r == 0)
		r = world_put_at(pts, dev, "pts");
	if (r == 0)
		r = MAKE_FS("tmpfs", shm_o, QUIET, &shm);
	if (r == 0)
		r = world_put_at(shm, dev, "shm");
	if (r == 0 && mount_setattr(dev, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		r = -errno;
	return r;
}

/* What /proc shows of every uid of the machine, with the server's own /dev/null over it. */
static int cover_proc(int vsfd)
{
	static const char *const covered[] = { "keys", "key-users" };
	/* not beneath: both are mounts, and ours */
	VSD_CLOSE int proc = openat(vsfd, "proc", FOLDER | O_NOFOLLOW | O_CLOEXEC);
	VSD_CLOSE int dev = openat(vsfd, "dev", FOLDER | O_NOFOLLOW | O_CLOEXEC);
	VSD_CLOSE int null = dev < 0 ? -1 : openat(dev, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (proc < 0 || null < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < sizeof(covered) / sizeof(*covered); i++) {
		VSD_CLOSE int file = openat(proc, covered[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);
		VSD_CLOSE int tree = -1;

		if (file < 0 && errno == ENOENT)
			continue; /* a kernel that keeps no keys */
		if (file < 0)
			return -errno;
		r = world_clone(null, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, &tree);
		if (r == 0)
			r = put(tree, file);
	}
	return r;
}

static int write_marker(const struct vsd_server *s, int vsfd, int run, bool full)
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	VSD_CLOSE int mntns = -1;
	VSD_CLOSE int pidns = -1;
	VSD_CLOSE int dir = -1;

	if (mkdirat(run, "vsd", 0755) < 0)
		return -errno;
	dir = openat(run, "vsd", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (full) {
		mntns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		pidns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
		if (mntns < 0 || pidns < 0)
			return -errno;
	}
	return vsd_inside_write(dir, vsfd, mntns, pidns, s->name, range);
}

int world_clone_userns(const struct vsd_server *s, int *out_fd)
{
	VSD_CLOSE int dir = -1;
	char path[VSD_PATH_MAX];
	int fd, r;

	(void)snprintf(path, sizeof(path), "%s/%s", vsd_path_run, s->name); /* fits */
	r = vsd_safe_open_root(path, &dir);
	if (r < 0)
		return r;
	fd = open_tree(dir, "userns", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

static int put_userns(int usernsfd, int run)
{
	VSD_CLOSE int spot = openat(run, "vsd/userns", O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	return spot < 0 ? -errno : put(usernsfd, spot);
}

/* root's own entries are there before admin can make any. */
static int put_run(const struct vsd_server *s, int vsfd, bool full, int usernsfd)
{
	VSD_CLOSE int run = -1;
	VSD_CLOSE int utmp = -1;
	char gid[16];
	const struct option o[] = { { "size", "16m" }, { "nr_inodes", "4096" },
				    { "mode", "1775" }, { "gid", gid } };
	int r;

	(void)snprintf(gid, sizeof(gid), "%u", s->uid_first);
	r = MAKE_FS("tmpfs", o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &run);
	if (r == 0)
		r = write_marker(s, vsfd, run, full);
	if (r < 0)
		return r;
	if (mkdirat(run, "lock", 0755) < 0 || fchmodat(run, "lock", 01777, 0) < 0)
		return -errno;
	utmp = openat(run, "utmp", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (utmp < 0)
		return -errno;
	r = world_put_at(run, vsfd, "run");
	return r < 0 ? r : put_userns(usernsfd, run);
}

int world_put_filesystems(const struct vsd_server *s, int vsfd, bool full, int usernsfd,
			   const char **out_what)
{
	int r;

	*out_what = "mount /proc";
	r = put_proc(s, vsfd, full);
	if (r == 0) {
		*out_what = "mount /dev";
		r = put_dev(vsfd);
	}
	if (r == 0) {
		*out_what = "cover files of /proc";
		r = cover_proc(vsfd);
	}
	if (r == 0) {
		*out_what = "mount /run";
		r = put_run(s, vsfd, full, usernsfd);
	}
	return r;
}

/* ---- isolation=full ---- */

/* The server and the folders of it that are different from the rest. */
static int put_server(const struct vsd_server *s, int newroot, int *out_vsfd)
{
	static const char *const shared[] = { "usr", "bin", "sbin", "lib", "lib32", "lib64",
					      "libx32" };
	const uint64_t set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
	VSD_CLOSE int root = -1;
	VSD_CLOSE int vs = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r == 0)
		r = world_clone(root, set, MOUNT_ATTR_NOEXEC, &vs);
	if (r == 0 && mkdirat(newroot, "vs", 0755) < 0)
		r = -errno;
	if (r == 0)
		r = world_put_at(vs, newroot, "vs");
	for (size_t i = 0; r == 0 && i < sizeof(shared) / sizeof(*shared); i++)
		r = rebind(vs, shared[i], set | MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOEXEC, i > 0);
	/* admin owns /home and could rename the folder that makes host paths right. */
	if (r == 0)
		r = rebind(vs, "home/vsd", set | MOUNT_ATTR_RDONLY, 0, false);
	if (r == 0)
		*out_vsfd = vsd_take_fd(&vs);
	return r;
}

/* The helper's folder lies on the clone of /usr: NO_XDEV would refuse the way
 * there from the root, so it is opened from that clone. */
static int put_helper(int vsfd)
{
	const uint64_t set = MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
	VSD_CLOSE int usr = openat(vsfd, "usr", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (usr < 0)
		return -errno;
	return rebind(usr, "lib/vsd", set, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, false);
}

static int leave_old_root(int newroot)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };

	if (fchdir(newroot) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return mount_setattr(newroot, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0 ? -errno : 0;
}

int world_make_full(const struct vsd_server *s, const char **out_what)
{
	static const struct option o[] = { { "size", "16k" }, { "nr_inodes", "16" },
					   { "mode", "0755" } };
	VSD_CLOSE int newroot = -1;
	VSD_CLOSE int spot = -1;
	VSD_CLOSE int vs = -1;
	VSD_CLOSE int userns = -1;
	int r;

	*out_what = "make a mount namespace";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	*out_what = "find the user namespace";
	r = world_clone_userns(s, &userns);
	if (r < 0)
		return r;
	*out_what = "mount the namespace's root"; /* over the run folder */
	r = vsd_safe_open_root(vsd_path_run, &spot);
	if (r == 0)
		r = MAKE_FS("tmpfs", o, QUIET, &newroot);
	if (r == 0)
		r = put(newroot, spot);
	if (r == 0) {
		*out_what = "bind the server's tree";
		r = put_server(s, newroot, &vs);
	}
	if (r == 0) {
		*out_what = "bind /usr/lib/vsd";
		r = put_helper(vs);
	}
	if (r == 0)
		r = world_put_filesystems(s, vs, true, userns, out_what);
	if (r == 0) {
		*out_what = "leave the host's root";
		r = leave_old_root(newroot);
	}
	return r;
}

int world_open_proc(int *out_fd)
{
	return make_fs("proc", NULL, 0, QUIET, out_fd);
}
