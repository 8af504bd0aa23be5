/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the filter refuses.  Written as few instructions, since every session loads it: the
 * kernel compiles it anew each time, and asks it about every call that there is. */
#include "filter_impl.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

/* Refused whole, with the error that a program which probes expects.  What the
 * namespaces and uids refuse anyway is here too: a kernel's hole in one of them
 * is then out of reach. */
static const struct {
	const char *name;
	int error;
} by_name[] = {
	/* sockets made by the ring pass no socket rule */
	{ "io_uring_setup", ENOSYS }, { "io_uring_enter", ENOSYS },
	{ "io_uring_register", ENOSYS },
	/* nor do those of the call that some architectures have for all of them: what it is to
	 * do lies in memory */
	{ "socketcall", ENOSYS },
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

/* Newer than some libseccomp, which then has no name for them.  From 424 on a
 * call has the same number on every architecture that Debian has. */
static const struct {
	uint32_t nr;
	int error;
} by_number[] = {
	{ 442, EPERM }, /* mount_setattr */
	{ 443, EPERM }, /* quotactl_fd */
	{ 467, EPERM }, /* open_tree_attr */
	/* file_setattr, which does by a call of its own what refuse_ioctls refuses */
	{ 469, EOPNOTSUPP },
};

/* Those whose arguments decide. */
static const struct {
	const char *name;
	enum filter_label label;
} by_argument[] = {
	{ "clone", FILTER_CLONE }, { "ioctl", FILTER_IOCTL }, { "socket", FILTER_SOCKET },
	{ "socketpair", FILTER_SOCKET }, { "unshare", FILTER_UNSHARE },
};

static enum filter_label refusal(int error)
{
	switch (error) {
	case ENOSYS: return FILTER_NOSYS;
	case EOPNOTSUPP: return FILTER_NOTSUP;
	default: return FILTER_PERM;
	}
}

static int add_name(struct filter_calls *c, const char *name, enum filter_label label)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* Negative: this machine has no such call, or this libseccomp does not know it yet. */
	return nr < 0 ? 0 : filter_calls_add(c, (uint32_t)nr, label);
}

static int add_calls(struct filter_calls *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(by_number) / sizeof(*by_number); i++)
		r = filter_calls_add(c, by_number[i].nr, refusal(by_number[i].error));
	for (size_t i = 0; r == 0 && i < sizeof(by_name) / sizeof(*by_name); i++)
		r = add_name(c, by_name[i].name, refusal(by_name[i].error));
	for (size_t i = 0; r == 0 && i < sizeof(by_argument) / sizeof(*by_argument); i++)
		r = add_name(c, by_argument[i].name, by_argument[i].label);
	/* Its flags lie in memory, which no filter sees; glibc falls back to clone. */
	return r == 0 ? add_name(c, "clone3", FILTER_NOSYS) : r;
}

/* Families UNIX, INET and INET6, and of NETLINK the one protocol that `ip` and
 * getaddrinfo ask. */
static void check_socket(struct filter_program *p)
{
	filter_begin(p, FILTER_SOCKET);
	filter_load_argument(p, 0);
	filter_if(p, BPF_JEQ, AF_UNIX, FILTER_ALLOW, FILTER_NEXT);
	filter_if(p, BPF_JEQ, AF_INET, FILTER_ALLOW, FILTER_NEXT);
	filter_if(p, BPF_JEQ, AF_INET6, FILTER_ALLOW, FILTER_NEXT);
	filter_if(p, BPF_JEQ, AF_NETLINK, FILTER_NEXT, FILTER_NOFAMILY);
	filter_load_argument(p, 2);
	filter_if(p, BPF_JEQ, NETLINK_ROUTE, FILTER_ALLOW, FILTER_NOFAMILY);
}

/* TIOCSTI and TIOCLINUX type into the terminal of whoever looks on; TIOCSETD loads
 * the kernel's least read code; flags and project ids would take a file out of its
 * quota or freeze shared inodes.  On btrfs anybody may make a subvolume, and of it a
 * snapshot that even root cannot empty: no home and no server with one in it could be
 * removed. */
static void check_ioctl(struct filter_program *p)
{
	static const unsigned request[] = { TIOCSTI, TIOCLINUX, TIOCSETD, FS_IOC_SETFLAGS,
					    FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR,
					    BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SUBVOL_CREATE_V2,
					    BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SNAP_CREATE_V2,
					    BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_SNAP_DESTROY_V2,
					    BTRFS_IOC_SUBVOL_SETFLAGS };
	const size_t n = sizeof(request) / sizeof(*request);

	filter_begin(p, FILTER_IOCTL);
	filter_load_argument(p, 1);
	for (size_t i = 0; i < n; i++)
		filter_if(p, BPF_JEQ, request[i], FILTER_PERM,
			  i + 1 < n ? FILTER_NEXT : FILTER_ALLOW);
}

/* No new namespace; setns stays: simroot joins the one made for it, and the
 * kernel asks for power over each that is joined. */
static void check_namespaces(struct filter_program *p)
{
	static const uint32_t flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
#ifdef __s390x__
	static const unsigned clone_flags = 1;
#else
	static const unsigned clone_flags = 0;
#endif

	filter_begin(p, FILTER_CLONE);
	filter_load_argument(p, clone_flags);
	filter_if(p, BPF_JSET, flags, FILTER_PERM, FILTER_ALLOW);
	filter_begin(p, FILTER_UNSHARE);
	filter_load_argument(p, 0);
	filter_if(p, BPF_JSET, flags | CLONE_NEWTIME, FILTER_PERM, FILTER_ALLOW);
}

static void give_answers(struct filter_program *p)
{
	static const struct {
		enum filter_label label;
		uint32_t answer;
	} end[] = {
		{ FILTER_ALLOW, SECCOMP_RET_ALLOW },
		{ FILTER_PERM, SECCOMP_RET_ERRNO | EPERM },
		{ FILTER_NOSYS, SECCOMP_RET_ERRNO | ENOSYS },
		{ FILTER_NOTSUP, SECCOMP_RET_ERRNO | EOPNOTSUPP },
		{ FILTER_NOFAMILY, SECCOMP_RET_ERRNO | EAFNOSUPPORT },
	};

	for (size_t i = 0; i < sizeof(end) / sizeof(*end); i++) {
		filter_begin(p, end[i].label);
		filter_answer(p, end[i].answer);
	}
}

/* Jumps lead forward only: what is jumped to comes after. */
static int write_program(struct filter_program *p, struct filter_calls *c, char **out, size_t *out_len)
{
	int r = add_calls(c);

	if (r < 0)
		return r;
	/* A foreign ABI (i386) has other numbers, so that none of ours would fit. */
	filter_load(p, offsetof(struct seccomp_data, arch));
	filter_if(p, BPF_JEQ, seccomp_arch_native(), FILTER_NEXT, FILTER_NOSYS);
	filter_load(p, offsetof(struct seccomp_data, nr));
	r = filter_choose_call(p, c);
	if (r < 0)
		return r;
	check_socket(p);
	check_ioctl(p);
	check_namespaces(p);
	give_answers(p);
	return filter_link(p, out, out_len);
}

int filter_make(char **out, size_t *out_len)
{
	VSD_FREE struct filter_program *p = calloc(1, sizeof(*p));
	VSD_FREE struct filter_calls *c = calloc(1, sizeof(*c));

	return p && c ? write_program(p, c, out, out_len) : -ENOMEM;
}
