/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces and mounts. */
#include "escape.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MS_BIND
#define MS_BIND 4096
#define MS_REMOUNT 32
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

static int new_namespace(const struct aims *a, long arg)
{
	(void)a;
	return outcome(unshare((int)arg));
}

static int cloned(const struct aims *a, long arg)
{
	long pid = syscall(SYS_clone, arg | SIGCHLD, NULL, NULL, NULL, NULL);

	(void)a;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int cloned3(const struct aims *a, long arg)
{
	struct clone_args args = { .flags = (uint64_t)arg, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	(void)a;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int join_simroot(const struct aims *a, long arg)
{
	int fd = open(a->userns, O_RDONLY | O_CLOEXEC);

	(void)arg;
	return outcome(fd < 0 ? fd : setns(fd, CLONE_NEWUSER));
}

static int change_mounts(const struct aims *a, long arg)
{
	(void)a;
	switch (arg) {
	case 0: return outcome(mount("x", "/tmp", "tmpfs", 0, NULL));
	case 1: return outcome(mount("/etc", "/tmp", NULL, MS_BIND, NULL));
	case 2: return outcome(mount(NULL, "/proc", NULL, MS_BIND | MS_REMOUNT, NULL));
	case 3: return outcome(mount("proc", "/tmp", "proc", 0, NULL));
	case 4: return outcome(umount2("/proc", MNT_DETACH));
	case 5: /* a root on itself, as any user namespace's root may have it */
		if (a->control && mount("/tmp", "/tmp", NULL, MS_BIND, NULL) < 0)
			return -errno;
		return outcome_past(syscall(SYS_pivot_root, "/tmp", "/tmp"), EINVAL);
	default: return outcome(chroot("/tmp"));
	}
}

static int new_calls(const struct aims *a, long arg)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_NOSUID };
	long fd;

	(void)a;
	switch (arg) {
	case 0: return outcome(syscall(SYS_fsopen, "tmpfs", 0));
	case 1: return outcome(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE));
	case 2:
		fd = syscall(SYS_open_tree, AT_FDCWD, "/etc", OPEN_TREE_CLONE);
		/* without one to move: any other descriptor */
		return outcome(syscall(SYS_move_mount, fd < 0 ? 0 : fd, "", AT_FDCWD, "/tmp",
				       MOVE_MOUNT_F_EMPTY_PATH));
	case 3: return outcome(syscall(442, AT_FDCWD, "/proc", 0, &attr, sizeof(attr)));
	case 4: return outcome(syscall(SYS_fspick, AT_FDCWD, "/proc", 0));
	default:
		attr.attr_set = 0;
		return outcome(syscall(467, AT_FDCWD, "/", OPEN_TREE_CLONE, &attr, sizeof(attr)));
	}
}

const struct attack attacks_mount[] = {
	{ "unshare-user", new_namespace, CLONE_NEWUSER },
	{ "unshare-mount", new_namespace, CLONE_NEWNS },
	{ "unshare-pid", new_namespace, CLONE_NEWPID },
	{ "unshare-net", new_namespace, CLONE_NEWNET },
	{ "unshare-ipc", new_namespace, CLONE_NEWIPC },
	{ "unshare-uts", new_namespace, CLONE_NEWUTS },
	{ "unshare-cgroup", new_namespace, CLONE_NEWCGROUP },
	{ "unshare-time", new_namespace, CLONE_NEWTIME },
	{ "clone-user", cloned, CLONE_NEWUSER },
	{ "clone-mount", cloned, CLONE_NEWNS },
	{ "clone-net", cloned, CLONE_NEWNET },
	{ "clone3-user", cloned3, CLONE_NEWUSER },
	{ "clone3-cgroup", cloned3, CLONE_NEWCGROUP },
	{ "setns-simroot", join_simroot, 0 },
	{ "mount-tmpfs", change_mounts, 0 },
	{ "mount-bind", change_mounts, 1 },
	{ "mount-remount", change_mounts, 2 },
	{ "mount-proc", change_mounts, 3 },
	{ "umount", change_mounts, 4 },
	{ "pivot-root", change_mounts, 5 },
	{ "chroot", change_mounts, 6 },
	{ "fsopen", new_calls, 0 },
	{ "open-tree", new_calls, 1 },
	{ "move-mount", new_calls, 2 },
	{ "mount-setattr", new_calls, 3 },
	{ "fspick", new_calls, 4 },
	{ "open-tree-attr", new_calls, 5 },
	{ NULL, NULL, 0 },
};
