/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simulated root: power over the files of one range of ids, and over nothing else; the
 * same under the number 0; and for a mail store the power to become the range's users.
 *
 * The range's user namespace maps the range onto itself.  In it CAP_CHOWN and its
 * like hold for files whose owner and group are both mapped: those of the server's
 * users, not root's, not another server's.  Starting state: root with every
 * capability in the host's user namespace, wherever its root is. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "enter_impl.h"

#define OVER_FILES ((1u << CAP_CHOWN) | (1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH) | \
		    (1u << CAP_FOWNER) | (1u << CAP_FSETID))
#define BECOME_USERS ((1u << CAP_SETUID) | (1u << CAP_SETGID))

int vsd_enter_userns_open(int dirfd, int *out_fd)
{
	/* A mount lies here, which RESOLVE_NO_XDEV would refuse. */
	VSD_CLOSE int fd = openat(dirfd, "userns", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct statfs fs;
	uid_t owner;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWUSER ||
	    ioctl(fd, NS_GET_OWNER_UID, &owner) < 0 || owner != 0)
		return -EPERM; /* with another owner, that one has every power in it */
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* What may ever be had again by an exec, before what is had now. */
static int limit_bounding_set(uint32_t power)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		if (cap < 32 && (power & (1u << cap)))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL && cap > CAP_SETFCAP ? 0 : -errno; /* past the last */
	}
	return 0;
}

/* access(2) asks for the real id, and without capabilities when that is no root's: editors
 * would call every file of a user's read-only.  With this bit it looks as open(2) does.
 * Who may become others keeps the rules by which that loses power. */
static int let_access_know(uint32_t power)
{
	if (power & BECOME_USERS)
		return 0;
	return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0 ? -errno : 0;
}

static int keep_power(uint32_t power)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	d[0].permitted = d[0].effective = d[0].inheritable = power;
	if (syscall(SYS_capset, &h, d) < 0)
		return -errno;
	for (unsigned cap = 0; cap < 32; cap++)
		if ((power & (1u << cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

/* `other` is an id that this namespace must not have: 0, or where that is admin's, admin's. */
static int prove(uid_t uid, uid_t other, uint32_t power)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	uid_t ru, eu, su;

	if (getresuid(&ru, &eu, &su) < 0 || syscall(SYS_capget, &h, d) < 0)
		return -errno;
	if (ru != uid || eu != uid || su != uid || d[0].permitted != power ||
	    d[0].effective != power || d[1].permitted || d[1].effective)
		return -EPERM;
	if (setresuid(other, other, other) == 0 || setresgid(other, other, other) == 0)
		return -EPERM; /* it is mapped: this is not the namespace that we made */
	return 0;
}

/* uid and gid: what who's are in there. */
static int become_in(int usernsfd, const struct vsd_enter_who *who, uid_t uid, gid_t gid,
		     uint32_t power)
{
	gid_t g[VSD_ENTER_GROUPS_MAX];
	int r;

	if (who->uid == 0 || who->gid == 0 || who->ngroup > VSD_ENTER_GROUPS_MAX)
		return -EPERM;
	for (unsigned i = 0; i < who->ngroup; i++)
		g[i] = who->group[i];
	/* 1. the groups, from outside: an exec right's is mapped nowhere */
	if (setgroups(who->ngroup, g) < 0)
		return -errno;
	/* 2. the namespace: every capability in it, none outside */
	if (setns(usernsfd, CLONE_NEWUSER) < 0)
		return -errno;
	/* 3. the ids */
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	/* 4. these capabilities, and no way to more: an exec by a 0 would give back what
	 * the bounding set has */
	r = let_access_know(power);
	if (r == 0)
		r = limit_bounding_set(power);
	if (r == 0)
		r = keep_power(power);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	return r < 0 ? r : prove(uid, uid == 0 ? who->uid : 0, power);
}

int vsd_enter_simroot(int usernsfd, const struct vsd_enter_who *who)
{
	return become_in(usernsfd, who, who->uid, who->gid, OVER_FILES);
}

int vsd_enter_range_root(int usernsfd, const struct vsd_enter_who *who)
{
	return become_in(usernsfd, who, 0, 0, OVER_FILES);
}

int vsd_enter_mailstore(int usernsfd, const struct vsd_enter_who *who)
{
	return become_in(usernsfd, who, who->uid, who->gid, BECOME_USERS);
}
