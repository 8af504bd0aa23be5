/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"

#include <crypt.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>
#include <shadow.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned calls, fail_at;
static int fail_error;
static bool armed;
static const char *failed;

void faults_arm(unsigned n, int error)
{
	calls = 0;
	fail_at = n;
	fail_error = error;
	failed = NULL;
	armed = true;
}

unsigned faults_disarm(void)
{
	armed = false;
	return calls;
}

const char *faults_name(void)
{
	return failed;
}

static bool now(const char *name, int error)
{
	if (!armed || ++calls != fail_at)
		return false;
	failed = name;
	errno = error ? error : fail_error;
	return true;
}

/* The names that --wrap makes. */
#define WRAP(type, name, params, args, error, failure)                                     \
	type __wrap_##name params;                                                         \
	__attribute__((visibility("default"))) type __wrap_##name params                   \
	{                                                                                  \
		return now(#name, error) ? failure : name args;                            \
	}

#define CALL(name, params, args) WRAP(int, name, params, args, 0, -1)

WRAP(void *, malloc, (size_t n), (n), ENOMEM, NULL)
WRAP(void *, calloc, (size_t n, size_t s), (n, s), ENOMEM, NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), ENOMEM, NULL)
WRAP(void *, reallocarray, (void *p, size_t n, size_t s), (p, n, s), ENOMEM, NULL)
WRAP(char *, strdup, (const char *s), (s), ENOMEM, NULL)
WRAP(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), 0, -1)
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), 0, -1)
WRAP(struct dirent64 *, readdir64, (DIR *d), (d), 0, NULL)
WRAP(DIR *, fdopendir, (int fd), (fd), 0, NULL)
CALL(fstat64, (int fd, struct stat64 *st), (fd, st))
CALL(stat64, (const char *path, struct stat64 *st), (path, st))
CALL(lstat64, (const char *path, struct stat64 *st), (path, st))
CALL(fstatat64, (int fd, const char *path, struct stat64 *st, int flags), (fd, path, st, flags))
CALL(fstatfs64, (int fd, struct statfs64 *st), (fd, st))
CALL(statx, (int fd, const char *path, int flags, unsigned mask, struct statx *st),
     (fd, path, flags, mask, st))
CALL(madvise, (void *p, size_t n, int advice), (p, n, advice))
WRAP(DIR *, opendir, (const char *path), (path), 0, NULL)
WRAP(long, sysconf, (int name), (name), 0, -1)
CALL(select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t), (n, r, w, e, t))
CALL(faccessat, (int fd, const char *path, int mode, int flags), (fd, path, mode, flags))
WRAP(ssize_t, readlink, (const char *path, char *p, size_t n), (path, p, n), 0, -1)
CALL(gethostname, (char *name, size_t n), (name, n))
CALL(getsockname, (int fd, struct sockaddr *s, socklen_t *n), (fd, s, n))
CALL(getpeername, (int fd, struct sockaddr *s, socklen_t *n), (fd, s, n))
CALL(getsockopt, (int fd, int l, int o, void *p, socklen_t *n), (fd, l, o, p, n))
CALL(poll, (struct pollfd *p, nfds_t n, int t), (p, n, t))
WRAP(void *, mmap64, (void *p, size_t n, int prot, int flags, int fd, off64_t o),
     (p, n, prot, flags, fd, o), 0, MAP_FAILED)
CALL(clock_gettime, (clockid_t c, struct timespec *t), (c, t))
WRAP(int, pthread_mutex_trylock, (pthread_mutex_t *m), (m), 0, EBUSY)
CALL(flock, (int fd, int op), (fd, op))
CALL(fsync, (int fd), (fd))
CALL(fchmod, (int fd, mode_t mode), (fd, mode))
CALL(fchown, (int fd, uid_t u, gid_t g), (fd, u, g))
CALL(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
CALL(renameat2, (int a, const char *from, int b, const char *to, unsigned f), (a, from, b, to, f))
CALL(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
CALL(chdir, (const char *path), (path))
CALL(fchdir, (int fd), (fd))
CALL(chroot, (const char *path), (path))
CALL(mount, (const char *s, const char *t, const char *type, unsigned long f, const void *d),
     (s, t, type, f, d))
CALL(move_mount, (int a, const char *from, int b, const char *to, unsigned f),
     (a, from, b, to, f))
CALL(open_tree, (int fd, const char *path, unsigned flags), (fd, path, flags))
CALL(unshare, (int flags), (flags))
CALL(setns, (int fd, int flags), (fd, flags))
CALL(setgroups, (size_t n, const gid_t *g), (n, g))
CALL(setresgid, (gid_t r, gid_t e, gid_t s), (r, e, s))
CALL(setresuid, (uid_t r, uid_t e, uid_t s), (r, e, s))
CALL(socketpair, (int d, int t, int p, int *fds), (d, t, p, fds))
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), 0, -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), 0, -1)
WRAP(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), 0, -1)
CALL(waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))
CALL(close_range, (unsigned a, unsigned b, int flags), (a, b, flags))
CALL(nanosleep, (const struct timespec *t, struct timespec *left), (t, left))
CALL(getgrouplist, (const char *u, gid_t g, gid_t *out, int *n), (u, g, out, n))
CALL(__nss_configure_lookup, (const char *db, const char *line), (db, line))
WRAP(char *, crypt_r, (const char *p, const char *s, struct crypt_data *d), (p, s, d), 0, NULL)
WRAP(char *, crypt_gensalt_rn,
     (const char *prefix, unsigned long count, const char *r, int n, char *out, int size),
     (prefix, count, r, n, out, size), 0, NULL)
WRAP(int, pam_set_data,
     (pam_handle_t *h, const char *n, void *d, void (*f)(pam_handle_t *, void *, int)),
     (h, n, d, f), 0, PAM_BUF_ERR)
WRAP(int, pam_set_item, (pam_handle_t *h, int t, const void *p), (h, t, p), 0, PAM_BUF_ERR)
WRAP(int, pam_putenv, (pam_handle_t *h, const char *v), (h, v), 0, PAM_BUF_ERR)
WRAP(int, pam_get_user, (pam_handle_t *h, const char **u, const char *p), (h, u, p), 0,
     PAM_CONV_ERR)
WRAP(int, pam_get_authtok, (pam_handle_t *h, int t, const char **a, const char *p), (h, t, a, p),
     0, PAM_CONV_ERR)
WRAP(struct passwd *, pam_modutil_getpwnam, (pam_handle_t *h, const char *n), (h, n), 0, NULL)
WRAP(struct passwd *, pam_modutil_getpwuid, (pam_handle_t *h, uid_t u), (h, u), 0, NULL)
WRAP(struct group *, pam_modutil_getgrgid, (pam_handle_t *h, gid_t g), (h, g), 0, NULL)
WRAP(struct spwd *, pam_modutil_getspnam, (pam_handle_t *h, const char *n), (h, n), 0, NULL)

/* Those with a variable number of arguments. */
int __wrap_open64(const char *path, int flags, mode_t mode);
int __wrap_openat64(int fd, const char *path, int flags, mode_t mode);
int __wrap_fcntl64(int fd, int op, long arg);
int __wrap_prctl(int op, long a, long b, long c, long d);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);
__attribute__((format(printf, 4, 5)))
int __wrap_pam_prompt(pam_handle_t *h, int style, char **answer, const char *fmt, ...);

__attribute__((visibility("default"))) int __wrap_pam_prompt(pam_handle_t *h, int style, char **answer,
							     const char *fmt, ...)
{
	va_list ap;
	int r;

	if (now("pam_prompt", 0))
		return PAM_CONV_ERR;
	va_start(ap, fmt);
	r = pam_vprompt(h, style, answer, fmt, ap);
	va_end(ap);
	return r;
}

__attribute__((visibility("default"))) int __wrap_open64(const char *path, int flags, mode_t mode)
{
	return now("open", 0) ? -1 : open(path, flags, mode);
}

__attribute__((visibility("default"))) int __wrap_openat64(int fd, const char *path, int flags,
							   mode_t mode)
{
	return now("openat", 0) ? -1 : openat(fd, path, flags, mode);
}

__attribute__((visibility("default"))) int __wrap_fcntl64(int fd, int op, long arg)
{
	return now("fcntl", 0) ? -1 : fcntl(fd, op, arg);
}

__attribute__((visibility("default"))) int __wrap_prctl(int op, long a, long b, long c, long d)
{
	return now("prctl", 0) ? -1 : prctl(op, a, b, c, d);
}

__attribute__((visibility("default"))) long __wrap_syscall(long nr, long a, long b, long c, long d,
							   long e, long f)
{
	return now("syscall", 0) ? -1 : syscall(nr, a, b, c, d, e, f);
}
