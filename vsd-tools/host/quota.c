/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's side of quotas: limits and use of a project. */
#include "quota_impl.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "safe.h"
#include "why.h"

#define BLOCK_BYTES 512 /* of the XFS calls, which ext4 has as well */
/* Empty files take no blocks, and would fill a table of inodes that all share. */
#define FILES_PER_MB 256
#define FILES_AT_LEAST 16384

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443 /* on every architecture that Debian has */
#endif
#ifndef PRJQUOTA
#define PRJQUOTA 2
#endif

/* By descriptor: a block device's name need not exist, and a path may be moved. */
static int quota_call(int fd, unsigned cmd, uint32_t id, void *arg)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(cmd, PRJQUOTA), id, arg) < 0 ? -errno : 0;
}

static const char *what_lacks(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return "its filesystem cannot be asked";
	switch ((unsigned long)fs.f_type) {
	case BTRFS_SUPER_MAGIC:
		return "btrfs counts by subvolume, and no hard link leads out of one";
	case EXT4_SUPER_MAGIC:
		return "its ext4 has no project quota (tune2fs -O project -Q prjquota, unmounted)";
	case XFS_SUPER_MAGIC:
		return "its xfs is mounted without prjquota";
	default:
		return "its filesystem has no project quota";
	}
}

int quota_is_possible(int fd, char why[VSD_WHY_MAX])
{
	const unsigned both = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
	struct fs_quota_statv st;
	int r;

	memset(&st, 0, sizeof(st));
	st.qs_version = FS_QSTATV_VERSION1;
	r = quota_call(fd, Q_XGETQSTATV, 0, &st);
	if (r == 0 && (st.qs_flags & both) == both)
		return 0;
	if (r == -EPERM) { /* a container's filter, to root too */
		why_say(why, "this host may not ask its kernel for quotas");
		return -EOPNOTSUPP;
	}
	if (r == 0 || r == -ENOSYS || r == -EINVAL || r == -ESRCH || r == -ENOTTY) {
		why_say(why, "%s", what_lacks(fd));
		return -EOPNOTSUPP;
	}
	why_say(why, "ask for project quotas: %s", strerror(-r));
	return r;
}

static uint64_t limit_bytes(const struct vsd_server *s)
{
	return s->quota_mb << 20; /* the registry's bounds see that it fits */
}

static uint64_t limit_files(const struct vsd_server *s)
{
	return s->quota_mb ? s->quota_mb * FILES_PER_MB + FILES_AT_LEAST : 0;
}

static int set_limit(int fd, uint32_t id, uint64_t bytes, uint64_t files)
{
	struct fs_disk_quota q;

	memset(&q, 0, sizeof(q));
	q.d_version = FS_DQUOT_VERSION;
	q.d_flags = FS_PROJ_QUOTA;
	q.d_fieldmask = FS_DQ_BHARD | FS_DQ_BSOFT | FS_DQ_IHARD | FS_DQ_ISOFT;
	q.d_id = id;
	q.d_blk_hardlimit = bytes / BLOCK_BYTES;
	q.d_ino_hardlimit = files;
	return quota_call(fd, Q_XSETQLIM, id, &q);
}

int quota_read(const struct vsd_server *s, int fd, struct quota_use *out)
{
	struct fs_disk_quota q;
	int r;

	memset(&q, 0, sizeof(q));
	r = quota_call(fd, Q_XGETQUOTA, s->uid_first, &q);
	if (r < 0 && r != -ENOENT && r != -ESRCH) /* nothing is known of it: no use, no limit */
		return r;
	*out = (struct quota_use){
		.limit_bytes = q.d_blk_hardlimit * BLOCK_BYTES, .limit_files = q.d_ino_hardlimit,
		.used_bytes = q.d_bcount * BLOCK_BYTES, .used_files = q.d_icount,
	};
	return 0;
}

bool quota_is_set(const struct vsd_server *s, const struct quota_use *u)
{
	return u->limit_bytes == limit_bytes(s) && u->limit_files == limit_files(s);
}

int quota_look(const struct vsd_server *s, struct quota_use *out, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r < 0) {
		why_say(why, "its tree cannot be opened");
		return r;
	}
	r = quota_is_possible(root, why);
	if (r == 0 && (r = quota_read(s, root, out)) < 0)
		why_say(why, "%s", strerror(-r));
	if (r == 0 && !quota_is_set(s, out)) {
		why_say(why, "the kernel has another limit: vsdadm check --repair");
		return -EOPNOTSUPP;
	}
	return r;
}

int quota_forget(const struct vsd_server *s, int fd)
{
	char unused[VSD_WHY_MAX];

	if (quota_is_possible(fd, unused) < 0)
		return 0; /* there is nothing to forget */
	return set_limit(fd, s->uid_first, 0, 0);
}

/* Tagged first: the limit then meets the use as it is. */
int quota_apply(const struct vsd_server *s, int root, char why[VSD_WHY_MAX])
{
	struct quota_use u;
	int r = quota_is_possible(root, why);

	if (r < 0)
		return r;
	r = quota_read(s, root, &u);
	if (r == 0 && (s->quota_mb || u.used_files))
		r = quota_tag_tree(s, root, why);
	if (r == 0 || r == -EUCLEAN) {
		int limited = set_limit(root, s->uid_first, limit_bytes(s), limit_files(s));

		if (limited == 0)
			return r;
		r = limited;
	}
	why_say(why, "set its disk quota: %s", strerror(-r));
	return r;
}

int quota_apply_server(const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r < 0) {
		why_say(why, "open '%.200s': %s", s->root, strerror(-r));
		return r;
	}
	return quota_apply(s, root, why);
}
