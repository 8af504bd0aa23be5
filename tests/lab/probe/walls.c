/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process that runs this may do: a line "NAME ok" or "NAME ERRNO" each.
 * usage: walls FILE-OF-ITS-OWN */
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *name, long r)
{
	printf("%s %s\n", name, r < 0 ? strerrorname_np(errno) : "ok");
}

static void sockets(void)
{
	say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say("inet", socket(AF_INET, SOCK_STREAM, 0));
	say("inet6-udp", socket(AF_INET6, SOCK_DGRAM, 0));
	say("netlink-route", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	say("netlink-uevent", socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
	say("netlink-diag", socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));
	say("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	say("alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
	say("packet", socket(AF_PACKET, SOCK_RAW, 0));
	/* the kernel takes the lower half alone */
	say("vsock-high", syscall(SYS_socket, (1L << 32) | AF_VSOCK, SOCK_STREAM, 0));
}

static void files(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), flags = 0;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct btrfs_ioctl_vol_args tree = { .fd = 0 };
	struct fsxattr x = { .fsx_xflags = 0 };

	say("own-file", fd);
	say("getflags", ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags |= FS_NODUMP_FL;
	say("setflags", ioctl(fd, FS_IOC_SETFLAGS, &flags));
	x.fsx_projid = 7;
	say("projid", ioctl(fd, FS_IOC_FSSETXATTR, &x));
	say("file-setattr", syscall(469, fd, "", &x, 24, 0x1000 /* AT_EMPTY_PATH */));
	(void)snprintf(tree.name, sizeof(tree.name), "subvolume");
	say("subvolume", ioctl(here, BTRFS_IOC_SUBVOL_CREATE, &tree));
	say("tiocsti", ioctl(0, TIOCSTI, "x"));
	say("tiocsti-high", syscall(SYS_ioctl, 0, (1L << 32) | TIOCSTI, "x"));
}

static void calls(void)
{
	char room[256] = { 0 };
	int pipes[2];

	say("pipe", pipe(pipes));
	say("io-uring", syscall(SYS_io_uring_setup, 1, room));
	say("clone3", syscall(SYS_clone3, room, 0));
	say("unshare-user", unshare(CLONE_NEWUSER));
	say("unshare-net", unshare(CLONE_NEWNET));
	say("mount", mount("x", "/tmp", "tmpfs", 0, NULL));
	say("bpf", syscall(SYS_bpf, 0, room, sizeof(room)));
	say("keyctl", syscall(SYS_keyctl, 0, -3, 0));
	say("userfaultfd", syscall(SYS_userfaultfd, 1));
	say("handle", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", room, room + 128, 0));
#ifdef __x86_64__
	say("x32", syscall(0x40000000 | SYS_getpid));
#endif
}

static void score(void)
{
	char text[32] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

	if (read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, "?\n");
	printf("oom-score %s", text);
	say("oom-lower", pwrite(fd, "-1", 2, 0));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	sockets();
	files(argv[1]);
	score();
	calls();
	return 0;
}
