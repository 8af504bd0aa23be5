/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "boot_impl.h"
#include "cgroup.h"
#include "fence.h"
#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "running.h"
#include "safe.h"
#include "world.h"

#define SERVICES_MS 15000 /* vsd-init itself gives them 10 s, then kills */
#define KILL_MS 5000
#define LOCK_STEP_US 20000

int boot_why(char why[VSD_WHY_MAX], int error, const char *what, const char *object)
{
	(void)snprintf(why, VSD_WHY_MAX, "%s %s: %s", what, object, vsd_error_text(error));
	return error;
}

/* Somebody who works in a server by bevs may do so for hours: that is not waited for. */
static int take_lock(int dir, int lock)
{
	while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (faccessat(dir, "single", F_OK, 0) == 0)
			return -EBUSY;
		(void)usleep(LOCK_STEP_US);
	}
	return 0;
}

int boot_lock_why(char why[VSD_WHY_MAX], int error, const char *name)
{
	if (error != -EBUSY)
		return boot_why(why, error, "lock", name);
	(void)snprintf(why, VSD_WHY_MAX, "the host's root is at work in it (bevs)");
	return error;
}

int boot_lock(const char *name, int *out_dirfd, int *out_lock)
{
	VSD_CLOSE int run = -1;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	int r;

	/* Nothing has been started since the host came up: stopping is fine then too. */
	if (mkdir(vsd_path_run, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = vsd_safe_open_root(vsd_path_run, &run);
	if (r < 0)
		return r;
	if (mkdirat(run, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	r = vsd_safe_open_beneath(run, name, O_RDONLY | O_DIRECTORY, 0, &dir);
	if (r == 0)
		r = vsd_safe_open_beneath(dir, "lock", O_RDWR | O_CREAT, 0600, &lock);
	if (r < 0)
		return r;
	r = take_lock(dir, lock);
	if (r < 0)
		return r;
	*out_dirfd = vsd_take_fd(&dir);
	*out_lock = vsd_take_fd(&lock);
	return 0;
}

/* ---- what a run leaves ---- */

/* Of what makes it, the last to be cleared away. */
static const char *const run_files[] = { "single", "filter", "cgroup", "utmp" };

static int remove_userns(int dirfd, bool *out_found)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/userns", dirfd); /* fits */
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		*out_found = true;
	if (errno != EINVAL && errno != ENOENT)
		return -errno;
	return unlinkat(dirfd, "userns", 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* A database wants to write down what it holds: ask before killing.  It is no
 * matter of safety, so what goes wrong here goes no further. */
static void ask_to_end(const struct vsd_running *run)
{
	struct pollfd p = { .fd = run->pidfd, .events = POLLIN };

	if (syscall(SYS_pidfd_send_signal, run->pidfd, SIGTERM, NULL, 0) == 0)
		(void)poll(&p, 1, SERVICES_MS);
}

/* Entry first: who comes now finds it stopped, and who came before is in the
 * cgroup or looks once more. */
static int forbid_entry(const char *name, int dirfd, bool *out_found)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int r = vsd_running_open(name, &run);
	bool runs = r == 0;

	if (r < 0 && r != -ESRCH)
		return r; /* it would die without having been asked */
	r = 0;
	if (unlinkat(dirfd, "init", 0) == 0)
		*out_found = true;
	else if (errno != ENOENT)
		r = -errno;
	if (r == 0 && runs)
		ask_to_end(&run);
	vsd_running_close(&run);
	return r;
}

static int empty_cgroup(const char *name, bool *out_found)
{
	VSD_CLOSE int cg = -1;
	int r = vsd_cgroup_open(name, false, &cg);

	if (r == -ENOENT)
		return 0;
	*out_found = true;
	return r < 0 ? r : vsd_cgroup_kill(cg, KILL_MS);
}

int boot_clear(const struct vsd_conf *c, const struct vsd_server *s, int dirfd, bool *out_found,
	       char why[VSD_WHY_MAX])
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	char ignored[VSD_WHY_MAX];
	int r;

	*out_found = false;
	r = forbid_entry(s->name, dirfd, out_found);
	if (r < 0)
		return boot_why(why, r, "forbid entry to", s->name);
	r = empty_cgroup(s->name, out_found);
	if (r < 0)
		return boot_why(why, r, "kill the cgroup of", s->name);
	r = boot_end_range(range, KILL_MS);
	if (r < 0)
		return boot_why(why, r, "end the processes of", s->name);
	r = remove_userns(dirfd, out_found);
	if (r == 0 && c->isolation == VSD_ISOLATION_CHROOT)
		r = world_unmake_chroot(s);
	if (r < 0)
		return boot_why(why, r, "unmount what belongs to", s->name);
	if (fence_unset(s, ignored) == 0)
		*out_found = true;
	r = vsd_cgroup_remove(s->name);
	if (r < 0 && r != -ENOENT)
		return boot_why(why, r, "remove the cgroup of", s->name);
	for (size_t i = 0; i < sizeof(run_files) / sizeof(*run_files); i++)
		if (unlinkat(dirfd, run_files[i], 0) < 0 && errno != ENOENT)
			return boot_why(why, -errno, "clear the run folder of", s->name);
	return 0;
}

static bool is_absent(int dirfd, const char *file)
{
	return faccessat(dirfd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* With the lock held, if there is one: who starts it makes that first of all. */
static bool folder_is_clear(int dir)
{
	VSD_CLOSE int lock = -1;
	int r = vsd_safe_open_beneath(dir, "lock", O_RDWR, 0, &lock);

	if (r < 0 ? r != -ENOENT : flock(lock, LOCK_EX | LOCK_NB) < 0)
		return false;
	for (size_t i = 0; i < sizeof(run_files) / sizeof(*run_files); i++)
		if (!is_absent(dir, run_files[i]))
			return false;
	return is_absent(dir, "init") && is_absent(dir, "userns");
}

bool boot_is_clear(const char *name)
{
	VSD_CLOSE int run = -1;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int cg = -1;
	int r = vsd_safe_open_root(vsd_path_run, &run);

	if (r == 0)
		r = vsd_safe_open_beneath(run, name, O_RDONLY | O_DIRECTORY, 0, &dir);
	if (r < 0 ? r != -ENOENT : !folder_is_clear(dir))
		return false;
	return vsd_cgroup_open(name, false, &cg) == -ENOENT;
}

enum boot_result boot_stop(const struct vsd_conf *c, const struct vsd_server *s,
			   char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int lock = -1;
	bool found = false;
	int r = boot_lock(s->name, &dir, &lock);

	why[0] = '\0';
	if (r < 0)
		return boot_lock_why(why, r, s->name), BOOT_FAILED;
	if (boot_clear(c, s, dir, &found, why) < 0)
		return BOOT_FAILED;
	return found ? BOOT_DONE : BOOT_ALREADY;
}
