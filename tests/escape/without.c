/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loaded before libc into a tool that enters a server (bevs), it takes away the steps of
 * entering that VSD_WITHOUT names, words between commas: what the tool then runs must be
 * able to do what the step alone forbade. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define SERVER "/home/vsd/vs/vs1" /* as the lab has them */
#define NEXT_RANGE "2000200 2000200 200\n"

/* Its own stand before libc's. */
#pragma GCC visibility push(default)
int setns(int fd, int kinds);
int close_range(unsigned first, unsigned last, int flags);
int setgroups(size_t n, const gid_t *group);
int __nss_configure_lookup(const char *database, const char *services);

static void *libc(const char *name)
{
	void *real = dlsym(RTLD_NEXT, name);

	if (!real)
		abort();
	return real;
}

static bool without(const char *step)
{
	const char *all = getenv("VSD_WITHOUT");
	size_t len = strlen(step);

	for (const char *p = all; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (strcspn(p, ",") == len && memcmp(p, step, len) == 0)
			return true;
	return false;
}

/* Of the namespaces that are entered all at once, but those named. */
int setns(int fd, int kinds)
{
	static const struct {
		const char *step;
		int kind;
	} each[] = { { "mnt", CLONE_NEWNS },  { "pid", CLONE_NEWPID }, { "uts", CLONE_NEWUTS },
		     { "ipc", CLONE_NEWIPC }, { "user", CLONE_NEWUSER } };
	int (*real)(int, int) = (int (*)(int, int))libc("setns");

	for (size_t i = 0; i < sizeof(each) / sizeof(*each) && (kinds & (kinds - 1)); i++)
		if (without(each[i].step))
			kinds &= ~each[i].kind;
	return real(fd, kinds);
}

/* Without the mount namespace the server is where the host has it. */
int open64(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))libc("open64");
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = real(path, flags, mode);
	return fd < 0 && without("mnt") && strcmp(path, "/vs") == 0 ? real(SERVER, flags, mode) : fd;
}

int chroot(const char *path)
{
	int (*real)(const char *) = (int (*)(const char *))libc("chroot");

	return without("root") ? 0 : real(path);
}

int close_range(unsigned first, unsigned last, int flags)
{
	int (*real)(unsigned, unsigned, int) = (int (*)(unsigned, unsigned, int))libc("close_range");

	return without("close") ? 0 : real(first, last, flags);
}

int setgroups(size_t n, const gid_t *group)
{
	int (*real)(size_t, const gid_t *) = (int (*)(size_t, const gid_t *))libc("setgroups");

	return without("groups") ? 0 : real(n, group);
}

/* NSS is not kept to us while a daemon's child asks for groups anew. */
int __nss_configure_lookup(const char *database, const char *services)
{
	int (*real)(const char *, const char *) =
		(int (*)(const char *, const char *))libc("__nss_configure_lookup");

	return without("pin") ? 0 : real(database, services);
}

int prctl(int option, ...)
{
	int (*real)(int, ...) = (int (*)(int, ...))libc("prctl");
	unsigned long a[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if ((option == PR_SET_SECCOMP && without("filter")) ||
	    (option == PR_CAPBSET_DROP && without("bounding")) ||
	    (option == PR_SET_NO_NEW_PRIVS && without("privs")))
		return 0;
	return real(option, a[0], a[1], a[2], a[3]);
}

/* A child that begins in the server's control group. */
long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))libc("syscall");
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_clone3 && without("cgroup")) {
		errno = ENOSYS;
		return -1;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static bool is_of(int fd, const char *file)
{
	char link[32], path[256];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	return strstr(path, file) != NULL;
}

/* The control group is not joined, a daemon's place among the OOM killer's victims is
 * kept; a namespace maps the next server's ids, too. */
ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))libc("write");
	char text[128];
	int n;

	/* no more than a look at the bytes for any other: sshd's sandbox allows no readlink */
	if (len == 1 && *(const char *)data == '0' &&
	    ((without("cgroup") && is_of(fd, "/cgroup.procs")) ||
	     (without("oom") && is_of(fd, "/oom_score_adj"))))
		return (ssize_t)len;
	if (!without("map") || !is_of(fd, "id_map"))
		return real(fd, data, len);
	n = snprintf(text, sizeof(text), "%.*s" NEXT_RANGE, (int)len, (const char *)data);
	return real(fd, text, (size_t)n) == n ? (ssize_t)len : -1;
}
