/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel itself: its switches, its less read calls, its control groups, terminals. */
#include "escape.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int open_for(const struct aims *a, long arg)
{
	static const struct {
		const char *path;
		int flags;
	} of[] = {
		{ "/proc/sys/kernel/core_pattern", O_WRONLY },
		{ "/proc/sys/kernel/hostname", O_WRONLY },
		{ "/proc/sys/vm/drop_caches", O_WRONLY },
		{ "/proc/sys/net/ipv4/ip_forward", O_WRONLY },
		{ "/proc/sysrq-trigger", O_WRONLY },
		{ "/proc/kcore", O_RDONLY },
		{ "/proc/kmsg", O_RDONLY | O_NONBLOCK },
		{ "/sys/kernel/profiling", O_WRONLY },
		{ "/sys/fs/cgroup/cgroup.procs", O_WRONLY },
	};

	(void)a;
	return outcome(open(of[arg].path, of[arg].flags | O_CLOEXEC));
}

/* Files of the whole machine's, which say that other uids are there. */
static int read_some(const struct aims *a, long arg)
{
	static const char *const of[] = { "/proc/key-users", "/proc/keys" };
	char some[64];
	int fd = open(of[arg], O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, some, sizeof(some));

	(void)a;
	if (n < 0)
		return -errno;
	return n > 0 ? THROUGH : -ENODATA;
}

static int modules(const struct aims *a, long arg)
{
	(void)a;
	switch (arg) {
	case 0: return outcome_past(syscall(SYS_init_module, "", 1, ""), ENOEXEC);
	case 1: return outcome_past(syscall(SYS_finit_module, -1, "", 0), EBADF);
	case 2: return outcome_past(syscall(SYS_delete_module, "vsd_escape", O_NONBLOCK), ENOENT);
	default: return outcome_past(syscall(SYS_kexec_load, 0, 0, NULL, ~0UL), EINVAL);
	}
}

static int machine(const struct aims *a, long arg)
{
	struct timex t = { .modes = 0 };
	char name[256] = "";

	(void)a;
	switch (arg) {
	case 0: return outcome_past(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL);
	case 1: return outcome_past(swapon("/vsd-escape", 0), ENOENT);
	case 2: return outcome_past(acct("/vsd-escape"), ENOENT);
	case 3:
		if (syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t) < 0)
			return -errno;
		t.modes = ADJ_TICK;
		return outcome(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
	case 4:
		if (gethostname(name, sizeof(name) - 1) < 0)
			return -errno;
		return outcome(syscall(SYS_sethostname, name, 3));
	default: return outcome(klogctl(3, name, sizeof(name) - 1));
	}
}

#ifdef __x86_64__
static sigjmp_buf before_call;

static void no_such_door(int sig)
{
	(void)sig;
	siglongjmp(before_call, 1);
}

static int call_i386(void)
{
	long r = 20; /* getpid in i386's numbers */

	if (signal(SIGSEGV, no_such_door) == SIG_ERR)
		return -errno;
	if (sigsetjmp(before_call, 1) != 0)
		return -ENOEXEC; /* a kernel that runs 64-bit code only, ia32_emulation=off */
	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? (int)r : THROUGH;
}
#endif

static int surface(const struct aims *a, long arg)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
			       .max_entries = 1 };
	struct perf_event_attr perf = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(perf),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	char room[256] = { 0 };

	(void)a;
	switch (arg) {
	case 0: return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	case 1: return outcome(syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0));
	case 2: return outcome(syscall(SYS_io_uring_setup, 1, room));
	case 3: return outcome(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
	case 4: return outcome(syscall(SYS_keyctl, 0, -3, 1));
	case 5: return outcome(syscall(SYS_add_key, "user", "vsd-escape", "x", 1, -3));
	case 6: return outcome_past(syscall(SYS_request_key, "user", "vsd-none", NULL, 0), ENOKEY);
	case 7: return outcome(fanotify_init(FAN_CLASS_CONTENT, 0));
#ifdef __x86_64__
	case 8: return outcome(syscall(SYS_modify_ldt, 0, room, sizeof(room)));
	case 9: return outcome(syscall(SYS_iopl, 3));
	case 10: return outcome(syscall(0x40000000 | SYS_getpid));
	case 11: return call_i386();
#endif
	default: return MOOT;
	}
}

/* A terminal of its own, which is what a session has. */
static int terminal(const struct aims *a, long arg)
{
	static const unsigned request[] = { TIOCSTI, TIOCSETD, TIOCLINUX, TIOCCONS };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, n = 0;

	(void)a;
	(void)setsid();
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return MOOT;
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return MOOT;
	switch (arg) {
	case 0: return outcome(ioctl(slave, request[0], "x"));
	case 1: return outcome(ioctl(slave, request[1], &n));
	case 2: return outcome_past(ioctl(slave, request[2], "\377"), ENOTTY);
	case 3: return outcome(ioctl(slave, request[3], NULL));
	default: return outcome(syscall(SYS_ioctl, slave, (1L << 32) | TIOCSTI, "x"));
	}
}

#define PTYS 300 /* more than a server's devpts gives, less than may be open */

static int all_terminals(const struct aims *a, long arg)
{
	(void)a, (void)arg;
	for (int i = 0; i < PTYS; i++)
		if (posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
			return -errno;
	return THROUGH;
}

const struct attack attacks_kernel[] = {
	{ "core-pattern", open_for, 0 },
	{ "sysctl-hostname", open_for, 1 },
	{ "sysctl-vm", open_for, 2 },
	{ "sysctl-net", open_for, 3 },
	{ "sysrq", open_for, 4 },
	{ "kcore", open_for, 5 },
	{ "kmsg", open_for, 6 },
	{ "sysfs", open_for, 7 },
	{ "cgroup-leave", open_for, 8 },
	{ "key-users", read_some, 0 },
	{ "keys", read_some, 1 },
	{ "init-module", modules, 0 },
	{ "finit-module", modules, 1 },
	{ "delete-module", modules, 2 },
	{ "kexec", modules, 3 },
	{ "reboot", machine, 0 },
	{ "swapon", machine, 1 },
	{ "acct", machine, 2 },
	{ "clock", machine, 3 },
	{ "sethostname", machine, 4 },
	{ "kernel-log", machine, 5 },
	{ "bpf", surface, 0 },
	{ "perf", surface, 1 },
	{ "io-uring", surface, 2 },
	{ "userfaultfd", surface, 3 },
	{ "keyctl", surface, 4 },
	{ "add-key", surface, 5 },
	{ "request-key", surface, 6 },
	{ "fanotify", surface, 7 },
	{ "modify-ldt", surface, 8 },
	{ "iopl", surface, 9 },
	{ "abi-x32", surface, 10 },
	{ "abi-i386", surface, 11 },
	{ "tiocsti", terminal, 0 },
	{ "tiocsetd", terminal, 1 },
	{ "tioclinux", terminal, 2 },
	{ "tioccons", terminal, 3 },
	{ "tiocsti-high", terminal, 4 },
	{ "all-ptys", all_terminals, 0 },
	{ NULL, NULL, 0 },
};
