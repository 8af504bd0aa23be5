/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define FILTER_MAX_BYTES 65536

/* Refused whole, with the error that a program which probes expects.  What the
 * namespaces and uids refuse anyway is here too: a kernel's hole in one of them
 * is then out of reach. */
static const struct {
	const char *name;
	int error;
} refused[] = {
	/* sockets made by the ring pass no socket rule */
	{ "io_uring_setup", ENOSYS }, { "io_uring_enter", ENOSYS },
	{ "io_uring_register", ENOSYS },
	/* not chroot: ftpds call it after the session has entered, as root */
	{ "mount", EPERM }, { "umount2", EPERM }, { "pivot_root", EPERM },
	{ "open_tree", EPERM }, { "move_mount", EPERM }, { "fsopen", EPERM }, { "fsconfig", EPERM },
	{ "fsmount", EPERM }, { "fspick", EPERM },
	{ "open_by_handle_at", EPERM }, { "name_to_handle_at", EOPNOTSUPP },
	{ "bpf", EPERM }, { "perf_event_open", EPERM }, { "userfaultfd", EPERM },
	{ "keyctl", EPERM }, { "add_key", EPERM }, { "request_key", EPERM },
	{ "kexec_load", EPERM }, { "kexec_file_load", EPERM }, { "init_module", EPERM },
	{ "finit_module", EPERM }, { "delete_module", EPERM }, { "reboot", EPERM },
	{ "swapon", EPERM }, { "swapoff", EPERM }, { "acct", EPERM }, { "quotactl", EPERM },
	{ "settimeofday", EPERM }, { "clock_settime", EPERM }, { "clock_adjtime", EPERM },
	{ "sethostname", EPERM }, { "setdomainname", EPERM }, { "syslog", EPERM },
	{ "iopl", EPERM }, { "ioperm", EPERM }, { "modify_ldt", EPERM }, { "vhangup", EPERM },
};

/* Compare an argument's lower 32 bits, as the kernel takes these arguments: what
 * stands above them is not looked at. */
static struct scmp_arg_cmp low32(unsigned arg, uint32_t value)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_MASKED_EQ,
				      .datum_a = UINT32_MAX, .datum_b = value };
}

/* For what is refused a comparison of all 64 bits does: it refuses more. */
static struct scmp_arg_cmp whole(unsigned arg, enum scmp_compare op, uint32_t value)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = op, .datum_a = value, .datum_b = 0 };
}

/* All bits of a flag are set. */
static struct scmp_arg_cmp has_flag(unsigned arg, uint32_t flag)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = flag,
				      .datum_b = flag };
}

/* Newer than some libseccomp, which then has no name for them.  From 424 on a
 * call has the same number on every architecture that Debian has. */
static const struct {
	int nr, error;
} refused_nr[] = {
	{ 442, EPERM }, /* mount_setattr */
	{ 443, EPERM }, /* quotactl_fd */
	{ 467, EPERM }, /* open_tree_attr */
	/* file_setattr, which does by a call of its own what refuse_ioctls refuses */
	{ 469, EOPNOTSUPP },
};

static int refuse_calls(scmp_filter_ctx c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(refused_nr) / sizeof(*refused_nr); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)refused_nr[i].error),
				     refused_nr[i].nr, 0);

	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(*refused); i++) {
		int nr = seccomp_syscall_resolve_name(refused[i].name);

		if (nr != __NR_SCMP_ERROR) /* one that this libseccomp does not know yet */
			r = seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)refused[i].error), nr, 0);
	}
	return r;
}

/* Families UNIX, INET and INET6, and of NETLINK the one protocol that `ip` and
 * getaddrinfo ask; each other value of the family has a rule. */
static int refuse_sockets(scmp_filter_ctx c)
{
	static const int call[] = { SCMP_SYS(socket), SCMP_SYS(socketpair) };
	const uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(call) / sizeof(*call); i++) {
		for (unsigned f = 0; r == 0 && f < AF_NETLINK; f++)
			if (f != AF_UNIX && f != AF_INET && f != AF_INET6)
				r = seccomp_rule_add(c, no, call[i], 1,
						     low32(0, f));
		if (r == 0)
			r = seccomp_rule_add(c, no, call[i], 1,
					     whole(0, SCMP_CMP_GT, AF_NETLINK));
		if (r == 0)
			r = seccomp_rule_add(c, no, call[i], 2,
					     low32(0, AF_NETLINK),
					     whole(2, SCMP_CMP_NE, NETLINK_ROUTE));
	}
	return r;
}

/* TIOCSTI and TIOCLINUX type into the terminal of whoever looks on; TIOCSETD loads
 * the kernel's least read code; flags and project ids would take a file out of its
 * quota or freeze shared inodes.  On btrfs anybody may make a subvolume, and of it a
 * snapshot that even root cannot empty: no home and no server with one in it could be
 * removed. */
static int refuse_ioctls(scmp_filter_ctx c)
{
	static const unsigned request[] = { TIOCSTI, TIOCLINUX, TIOCSETD, FS_IOC_SETFLAGS,
					    FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR,
					    BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SUBVOL_CREATE_V2,
					    BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SNAP_CREATE_V2,
					    BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_SNAP_DESTROY_V2,
					    BTRFS_IOC_SUBVOL_SETFLAGS };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(request) / sizeof(*request); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				     low32(1, request[i]));
	return r;
}

/* No new namespace; setns stays: simroot joins the one made for it, and the
 * kernel asks for power over each that is joined. */
static int refuse_namespaces(scmp_filter_ctx c)
{
	static const unsigned flag[] = { CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					 CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
					 0x00000080 /* CLONE_NEWTIME, unshare only */ };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(flag) / sizeof(*flag); i++) {
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
				     has_flag(0, flag[i]));
		if (r == 0 && flag[i] != 0x80)
			r = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					     has_flag(0, flag[i]));
	}
	/* Its flags lie in memory, which no filter sees; glibc falls back to clone. */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

static int export(scmp_filter_ctx c, char *buf, size_t *out_len)
{
	VSD_CLOSE int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(c, fd);
	if (r < 0)
		return r;
	n = pread(fd, buf, FILTER_MAX_BYTES, 0);
	if (n < 0)
		return -errno;
	if (n == 0 || n == FILTER_MAX_BYTES)
		return -EFBIG;
	*out_len = (size_t)n;
	return 0;
}

int filter_make(char **out, size_t *out_len)
{
	VSD_FREE char *buf = malloc(FILTER_MAX_BYTES);
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	size_t len = 0;
	int r;

	if (!c || !buf) {
		seccomp_release(c);
		return -ENOMEM;
	}
	/* A foreign ABI (i386, x32) has other numbers, so that no rule would fit. */
	r = seccomp_attr_set(c, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0)
		r = seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = refuse_calls(c);
	if (r == 0)
		r = refuse_sockets(c);
	if (r == 0)
		r = refuse_ioctls(c);
	if (r == 0)
		r = refuse_namespaces(c);
	if (r == 0)
		r = export(c, buf, &len);
	seccomp_release(c);
	if (r < 0)
		return r;
	*out = buf;
	*out_len = len;
	buf = NULL;
	return 0;
}
