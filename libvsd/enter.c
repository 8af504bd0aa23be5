/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every chroot, setns, setgroups and set*id of VSD, but for simulated root's
 * (enter_simroot.c).
 *
 * Starting states.  vsd_enter_go, vsd_enter_own_devpts and vsd_enter_chroot: a
 * single-threaded process with every capability in the host's user namespace.
 * vsd_enter_become: as the others, in whatever namespaces.  vsd_enter_root: euid
 * 0 by the setuid bit, any real and saved ids.  vsd_enter_lend: after it. */
#include "enter_impl.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "safe.h"

static int set_groups(const struct vsd_enter_who *who)
{
	gid_t g[VSD_ENTER_GROUPS_MAX];

	if (who->ngroup > VSD_ENTER_GROUPS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < who->ngroup; i++)
		g[i] = who->group[i];
	return setgroups(who->ngroup, g) < 0 ? -errno : 0;
}

int vsd_enter_chroot(int rootfd)
{
	if (fchdir(rootfd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/* The server's folder within the namespace, which must be the folder that was
 * checked on the host: a namespace that is not the server's is refused. */
static int open_ns_vs(const struct vsd_enter *e, int *out_fd)
{
	VSD_CLOSE int fd = -1;
	struct stat st;

	fd = open(VSD_ENTER_NS_VS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != e->dev || st.st_ino != e->ino)
		return -EPERM;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* With CAP_SYS_ADMIN a filter needs no no_new_privs, which would disarm the
 * server's one setuid helper.  A daemon that gave that power up (pure-ftpd, which
 * runs no program for the user) gets the filter and no_new_privs. */
int vsd_enter_filter_load(const struct vsd_enter_filter *f)
{
	struct sock_fprog prog = { .len = f->n, .filter = f->code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0)
		return 0;
	if (errno != EACCES)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0)
		return -errno;
	return 0;
}

/* Written with CAP_SYS_RESOURCE, it is also as low as the user may go again.  Opened
 * for writing only where there is something to write: a daemon that gave up power
 * over files (proftpd) cannot. */
int vsd_enter_oom_reset(void)
{
	static const char path[] = "/proc/self/oom_score_adj";
	VSD_CLOSE int in = open(path, O_RDONLY | O_CLOEXEC);
	VSD_CLOSE int out = -1;
	char text[16];
	ssize_t n = in < 0 ? -1 : read(in, text, sizeof(text));

	if (n < 0)
		return -errno;
	if (n == 0 || text[0] != '-')
		return 0;
	out = open(path, O_WRONLY | O_CLOEXEC);
	return out < 0 || write(out, "0", 1) != 1 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it */
	*fd = -1;
}

int vsd_enter_go(struct vsd_enter *e)
{
	VSD_CLOSE int vs = -1;
	int r = vsd_enter_oom_reset();

	/* 1. the cgroup: from here on the server's limits, its address fence and
	 *    its stop reach this process */
	if (r == 0 && !e->joined)
		r = vsd_cgroup_join(e->cgfd);
	/* 2. a server that stopped meanwhile had its cgroup killed before we
	 *    joined: look once more, or the session would outlive it */
	if (r == 0)
		r = vsd_running_check(&e->run);
	/* 3. the namespaces, all in one call */
	if (r == 0 && e->isolation == VSD_ISOLATION_FULL &&
	    setns(e->run.pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC) < 0)
		r = -errno;
	/* 4. the root */
	if (r == 0 && e->isolation == VSD_ISOLATION_FULL)
		r = open_ns_vs(e, &vs);
	if (r == 0)
		r = vsd_enter_chroot(vs >= 0 ? vs : e->rootfd);
	/* 5. the groups: what initgroups gave may come from the host's files */
	if (r == 0)
		r = set_groups(&e->who);
	/* 6. a daemon that does not exec keeps its descriptors: one of a folder
	 *    outside is a way out by fchdir */
	close_fd(&vs);
	close_fd(&e->rootfd);
	close_fd(&e->cgfd);
	close_fd(&e->run.pidfd);
	close_fd(&e->run.dirfd);
	/*    and what the host's root had open when it said `su alice@myhost` is not
	 *    handed to alice's shell: su closes nothing */
	if (r == 0 && close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		r = -errno;
	/* 7. the filter, last: it may forbid what the steps above need */
	if (r == 0)
		r = vsd_enter_filter_load(&e->filter);
	return r;
}

int vsd_enter_become(const struct vsd_enter_who *who)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;
	int r;

	if (who->uid == 0 || who->gid == 0)
		return -EPERM; /* for good means: never root */
	r = set_groups(who);
	if (r < 0)
		return r;
	if (setresgid(who->gid, who->gid, who->gid) < 0 ||
	    setresuid(who->uid, who->uid, who->uid) < 0)
		return -errno;
	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return -errno;
	if (ru != who->uid || eu != who->uid || su != who->uid ||
	    rg != who->gid || eg != who->gid || sg != who->gid)
		return -EPERM;
	/* Climbing back must fail; where it does not, nothing here can be trusted. */
	if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
		return -EPERM;
	return 0;
}

int vsd_enter_root(void)
{
	uid_t ru, eu, su;

	if (geteuid() != 0)
		return -EPERM;
	if (setresuid(0, 0, 0) < 0 || setresgid(0, 0, 0) < 0 || setgroups(0, NULL) < 0)
		return -errno;
	if (getresuid(&ru, &eu, &su) < 0)
		return -errno;
	return ru == 0 && eu == 0 && su == 0 ? 0 : -EPERM;
}

int vsd_enter_lend(uint32_t uid)
{
	uid_t ru, eu, su;

	if (setresuid(uid, 0, 0) < 0 || getresuid(&ru, &eu, &su) < 0)
		return -errno;
	return ru == uid && eu == 0 && su == 0 ? 0 : -EPERM;
}

/* ---- the server's devpts ---- */

static int send_fd(int sock, int fd)
{
	char byte = 0;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c;

	memset(&u, 0, sizeof(u));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_fd(int sock, int *out_fd)
{
	char byte;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EIO; /* the child failed and said nothing */
	memcpy(out_fd, CMSG_DATA(c), sizeof(*out_fd));
	return 0;
}

/* The server's devpts as a detached mount.  System calls only: with isolation=full
 * this runs in a child, and its parent may hold any lock of libc. */
static int clone_devpts(int root, int *out_tree)
{
	struct statfs fs;
	int dev, pts;

	dev = openat(root, "dev", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	pts = dev < 0 ? -1 : openat(dev, "pts", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (pts < 0 || fstatfs(pts, &fs) < 0)
		goto fail;
	if (fs.f_type != DEVPTS_SUPER_MAGIC) {
		errno = EPERM;
		goto fail;
	}
	*out_tree = open_tree(pts, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (*out_tree < 0)
		goto fail;
	close_fd(&pts);
	close_fd(&dev);
	return 0;
fail:
	vsd_scope_close(&pts);
	vsd_scope_close(&dev);
	return -errno;
}

/* In the child. */
static int send_devpts(const struct vsd_enter *e, int sock)
{
	int vs = -1, tree = -1, r;

	if (setns(e->run.pidfd, CLONE_NEWNS) < 0)
		return -errno;
	if (open_ns_vs(e, &vs) < 0)
		return -EPERM;
	r = clone_devpts(vs, &tree);
	return r < 0 ? r : send_fd(sock, tree);
}

static int fetch_devpts(const struct vsd_enter *e, int *out_tree)
{
	VSD_CLOSE int here = -1;
	VSD_CLOSE int there = -1;
	int pair[2], r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	here = pair[0];
	there = pair[1];
	/* Without a termination signal: the host daemon's SIGCHLD handler and
	 * its wait(-1) must never see a child that it did not make. */
	child = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
	if (child < 0)
		return -errno;
	if (child == 0) {
		(void)syscall(SYS_close, here);
		_exit(send_devpts(e, there) == 0 ? 0 : 1);
	}
	close_fd(&there);
	r = receive_fd(here, out_tree);
	while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r;
}

/* The root as this process's new mount namespace has it: a set-id bit counts on mounts
 * of one's own namespace alone, and the helper is set-id with isolation=chroot too. */
static int reopen_root(struct vsd_enter *e)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_root(e->root, &fd);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != e->dev || st.st_ino != e->ino)
		return -EPERM;
	(void)close(e->rootfd); /* a folder, only looked at */
	e->rootfd = vsd_take_fd(&fd);
	return 0;
}

int vsd_enter_own_devpts(struct vsd_enter *e)
{
	VSD_CLOSE int tree = -1;
	int r;

	if (e->isolation == VSD_ISOLATION_FULL)
		r = fetch_devpts(e, &tree);
	else
		r = clone_devpts(e->rootfd, &tree);
	if (r < 0)
		return r;
	/* Slave first: in a shared tree the mount would spread to the host and
	 * cover everybody's /dev/pts. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	if (move_mount(tree, "", AT_FDCWD, "/dev/pts", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return e->isolation == VSD_ISOLATION_CHROOT ? reopen_root(e) : 0;
}

/* Over a file of the host, in the mount namespace that vsd_enter_own_devpts has made
 * private.  Where the host has no such file, its sshd writes none. */
static int cover(int tree, const char *path)
{
	if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

int vsd_enter_own_utmp(const struct vsd_enter *e)
{
	const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int utmp = -1;
	VSD_CLOSE int null = -1;
	/* Anew: the folder that is open lies in the mount namespace of before, of which
	 * nothing can be cloned any more. */
	int r = vsd_running_open_folder(e->name, &dir);

	if (r < 0)
		return r;
	utmp = open_tree(dir, "utmp", flags);
	null = utmp < 0 ? -1 : open_tree(AT_FDCWD, "/dev/null", flags);
	if (null < 0)
		return -errno;
	r = cover(utmp, "/run/utmp");
	return r < 0 ? r : cover(null, "/var/log/wtmp");
}
