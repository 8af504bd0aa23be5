/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session's filter, asked about every call as the kernel would ask it: what is refused
 * and with which error, by number and by argument, and that it stays short. */
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/btrfs.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "filter.h"
#include "unit.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* unknown here: skipped */
#endif

#define LENGTH_MAX 80 /* instructions: each session's start pays for them */

static struct sock_filter *code;
static size_t ncode;

static int setup(void **state)
{
	char *text = NULL;
	size_t len = 0;

	(void)state;
	if (filter_make(&text, &len) < 0 || len % sizeof(*code))
		return -1;
	code = (struct sock_filter *)(void *)text;
	ncode = len / sizeof(*code);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(code);
	return 0;
}

static bool holds(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ: return a == f->k;
	case BPF_JGE: return a >= f->k;
	case BPF_JSET: return a & f->k;
	default: fail_msg("code %x", f->code);
	}
	return false;
}

/* The error that it answers, 0 where it allows the call. */
static int ask_as(uint32_t arch, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct seccomp_data data = { .nr = (int)nr, .arch = arch, .args = { a0, a1, a2 } };
	uint32_t a = 0;

	for (size_t pc = 0; pc < ncode; pc++) {
		const struct sock_filter *f = &code[pc];

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			assert_true(f->k % 4 == 0 && f->k + 4 <= sizeof(data));
			memcpy(&a, (const char *)&data + f->k, sizeof(a));
			break;
		case BPF_JMP:
			pc += holds(f, a) ? f->jt : f->jf;
			break;
		case BPF_RET:
			if (f->k == SECCOMP_RET_ALLOW)
				return 0;
			assert_int_equal(f->k & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
			return (int)(f->k & SECCOMP_RET_DATA);
		default:
			fail_msg("code %x", f->code);
		}
	}
	fail_msg("it has no end");
	return -1;
}

static int ask(uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return ask_as(ARCH, nr, a0, a1, a2);
}

static const struct {
	uint32_t nr;
	int error;
} refused[] = {
	{ SYS_io_uring_setup, ENOSYS }, { SYS_io_uring_enter, ENOSYS }, { SYS_io_uring_register, ENOSYS },
	{ SYS_clone3, ENOSYS }, { SYS_mount, EPERM }, { SYS_umount2, EPERM }, { SYS_pivot_root, EPERM },
	{ SYS_open_tree, EPERM }, { SYS_move_mount, EPERM }, { SYS_fsopen, EPERM },
	{ SYS_fsconfig, EPERM }, { SYS_fsmount, EPERM }, { SYS_fspick, EPERM },
	{ SYS_open_by_handle_at, EPERM }, { SYS_name_to_handle_at, EOPNOTSUPP }, { SYS_bpf, EPERM },
	{ SYS_perf_event_open, EPERM }, { SYS_userfaultfd, EPERM }, { SYS_keyctl, EPERM },
	{ SYS_add_key, EPERM }, { SYS_request_key, EPERM }, { SYS_kexec_load, EPERM },
	{ SYS_kexec_file_load, EPERM }, { SYS_init_module, EPERM }, { SYS_finit_module, EPERM },
	{ SYS_delete_module, EPERM }, { SYS_reboot, EPERM }, { SYS_swapon, EPERM },
	{ SYS_swapoff, EPERM }, { SYS_acct, EPERM }, { SYS_quotactl, EPERM },
	{ SYS_settimeofday, EPERM }, { SYS_clock_settime, EPERM }, { SYS_clock_adjtime, EPERM },
	{ SYS_sethostname, EPERM }, { SYS_setdomainname, EPERM }, { SYS_syslog, EPERM },
	{ SYS_vhangup, EPERM }, { 442, EPERM }, { 443, EPERM }, { 467, EPERM }, { 469, EOPNOTSUPP },
#ifdef __x86_64__
	{ SYS_iopl, EPERM }, { SYS_ioperm, EPERM }, { SYS_modify_ldt, EPERM },
#endif
};

/* By number, whatever the arguments; theirs are harmless ones for those that are asked. */
static void every_call(void **state)
{
	(void)state;
	for (uint32_t nr = 0; nr < 1024; nr++) {
		int want = 0, got = ask(nr, AF_INET, 0, 0);

		for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
			if (refused[i].nr == nr)
				want = refused[i].error;
		if (got != want)
			fail_msg("call %u: %d, not %d", nr, got, want);
		assert_int_equal(ask_as(ARCH ^ 1, nr, AF_INET, 0, 0), ENOSYS);
	}
	assert_int_equal(ask(UINT32_MAX, 0, 0, 0), 0);
#ifdef __x86_64__
	assert_int_equal(ask(0x3fffffff, 0, 0, 0), 0);
	assert_int_equal(ask(0x40000000, 0, 0, 0), ENOSYS);
	assert_int_equal(ask(0x40000000 | SYS_read, 0, 0, 0), ENOSYS);
	assert_int_equal(ask(UINT32_MAX - 1, 0, 0, 0), ENOSYS);
#endif
}

/* What stands above the lower half is not the kernel's to see, nor the filter's. */
static void sockets(void **state)
{
	static const uint32_t call[] = { SYS_socket, SYS_socketpair };
	const uint64_t above = UINT64_C(1) << 32;

	(void)state;
	for (int i = 0; i < 2; i++) {
		for (uint64_t family = 0; family < 64; family++) {
			bool good = family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
				    family == AF_NETLINK;

			assert_int_equal(ask(call[i], family, SOCK_STREAM, 0), good ? 0 : EAFNOSUPPORT);
			assert_int_equal(ask(call[i], above | family, 0, 0), good ? 0 : EAFNOSUPPORT);
		}
		assert_int_equal(ask(call[i], UINT32_MAX, 0, 0), EAFNOSUPPORT);
		for (uint64_t protocol = 1; protocol < 32; protocol++) {
			assert_int_equal(ask(call[i], AF_NETLINK, SOCK_RAW, protocol), EAFNOSUPPORT);
			assert_int_equal(ask(call[i], above | AF_NETLINK, 0, above | protocol), EAFNOSUPPORT);
			assert_int_equal(ask(call[i], AF_INET, SOCK_DGRAM, protocol), 0);
		}
	}
}

static void ioctls(void **state)
{
	static const uint32_t bad[] = {
		TIOCSTI, TIOCLINUX, TIOCSETD, FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR,
		BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SUBVOL_CREATE_V2, BTRFS_IOC_SNAP_CREATE,
		BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_SNAP_DESTROY_V2,
		BTRFS_IOC_SUBVOL_SETFLAGS,
	};
	static const uint32_t good[] = { TCGETS, TIOCGWINSZ, FIONREAD, FS_IOC_GETFLAGS, FICLONE };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(ask(SYS_ioctl, 0, bad[i], 0), EPERM);
		assert_int_equal(ask(SYS_ioctl, 0, UINT64_C(7) << 32 | bad[i], 0), EPERM);
		assert_int_equal(ask(SYS_ioctl, bad[i], TCGETS, bad[i]), 0);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(ask(SYS_ioctl, 0, good[i], 0), 0);
}

static void namespaces(void **state)
{
	const uint32_t all = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t flag = UINT32_C(1) << bit;

		assert_int_equal(ask(SYS_clone, flag, 0, 0), flag & all ? EPERM : 0);
		assert_int_equal(ask(SYS_clone, flag | CLONE_VM | 17, 0, 0), flag & all ? EPERM : 0);
		assert_int_equal(ask(SYS_unshare, flag, 0, 0),
				 flag & (all | CLONE_NEWTIME) ? EPERM : 0);
	}
	assert_int_equal(ask(SYS_setns, 3, all, 0), 0);
}

static void is_short(void **state)
{
	(void)state;
	assert_in_range(ncode, 1, LENGTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call), cmocka_unit_test(sockets), cmocka_unit_test(ioctls),
		cmocka_unit_test(namespaces), cmocka_unit_test(is_short),
	};

	if (!ARCH) {
		puts("1..0 # SKIP the calls' numbers of another machine");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
