/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes of the server's users.  Everything is done in a child: vsd-guest itself,
 * run by sshd without a shell between, may be in the host's pid namespace, where a
 * number is another process; its children are in the server's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "number.h"
#include "range_procs.h"
#include "safe.h"
#include "tool.h"

#define STEP_MS 10
#define STEPS 500
#define SV "/usr/bin/sv"
#define SERVICES_MAX 256
#define SERVICE_BYTES 64

/* Exit status of a child; -1 it was ended. */
static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a program of the server's gets, whoever started it. */
static int run_plain(char **argv)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    home[] = "HOME=/root", user[] = "USER=admin", name[] = "LOGNAME=admin";
	char *const env[] = { path, home, user, name, NULL };
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* a valid set: it cannot fail */
	(void)execve(argv[0], argv, env);
	return tool_errno("run", argv[0], errno);
}

int guest_run_simroot(const struct guest *g, char **argv)
{
	struct guest plain = *g;
	pid_t pid = fork();

	if (pid == 0) {
		plain.caller.who = (struct vsd_enter_who){ .uid = g->in.range.first,
							   .gid = g->in.range.first };
		_exit(simroot_become(&plain) == TOOL_OK ? run_plain(argv) : TOOL_FAILED);
	}
	return wait_for(pid);
}

/* ---- all of one user ---- */

/* The kernel checks: as the user, one can signal what is the user's.  One call reaches
 * all of them, and none can fork away from it. */
static int end_all_of(uid_t uid)
{
	const struct vsd_enter_who who = { .uid = uid, .gid = uid };

	if (vsd_enter_become(&who) < 0)
		return TOOL_FAILED;
	return kill(-1, SIGKILL) == 0 || errno == ESRCH ? TOOL_OK : TOOL_FAILED;
}

static void count(int procfd, pid_t pid, void *arg)
{
	(void)procfd;
	(void)pid;
	(*(unsigned *)arg)++;
}

/* They have been ended; wait until they are gone, and nothing of theirs can follow. */
static int wait_for_all_of(uid_t uid)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (int i = 0; i < STEPS; i++) {
		unsigned left = 0;
		int r = range_each_process((struct vsd_range){ uid, 1 }, count, &left);

		if (r < 0)
			return tool_errno("read", "/proc", -r);
		if (left == 0)
			return TOOL_OK;
		(void)nanosleep(&step, NULL); /* cut short, it asks sooner */
	}
	return TOOL_OK; /* one that waits for a device ends when that answers */
}

static void hang_up(int dirfd, const char *name, uid_t uid)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	uint64_t number;

	if (vsd_number_parse(name, strlen(name), INT32_MAX, &number) < 0 ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != uid)
		return;
	fd = openat(dirfd, name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == uid)
		(void)ioctl(fd, TIOCVHANGUP); /* who has ended meanwhile has hung up */
}

static void hang_up_all(uid_t uid)
{
	DIR *d = opendir("/dev/pts");
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		hang_up(dirfd(d), e->d_name, uid);
	(void)closedir(d);
}

int guest_end_user(const struct guest *g, uint32_t uid)
{
	pid_t pid;

	if (uid <= g->in.range.first || uid - g->in.range.first >= g->in.range.count)
		return tool_error("end", "processes", "not a user of the server");
	hang_up_all(uid);
	pid = fork();
	if (pid == 0)
		_exit(end_all_of(uid));
	if (wait_for(pid) != TOOL_OK)
		return tool_error("end", "processes", "some could not be signalled");
	return wait_for_all_of(uid);
}

/* ---- kill ---- */

/* 15, TERM or SIGTERM. */
static int parse_signal(const char *text, int *out)
{
	uint64_t n;

	if (vsd_number_parse(text, strlen(text), (uint64_t)SIGRTMAX, &n) == 0) {
		*out = (int)n;
		return 0;
	}
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		const char *name = sigabbrev_np(sig);

		if (name && strcmp(name, text) == 0) {
			*out = sig;
			return 0;
		}
	}
	return -EINVAL;
}

/* The real uid of a process, as this server's /proc shows it. */
static int find_uid(pid_t pid, uint32_t *out)
{
	char path[32], text[2048];
	VSD_CLOSE int fd = -1;
	const char *line;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid); /* fits */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	line = strstr(text, "\nUid:\t");
	if (!line)
		return -ESRCH;
	line += strlen("\nUid:\t");
	return vsd_number_id(line, strcspn(line, "\t\n"), out);
}

/* The pidfd first: what is signalled is what was looked at.  Then as its user, so
 * that the kernel has the last word. */
static int signal_one(const struct guest *g, pid_t pid, int sig)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct vsd_enter_who who;
	uint32_t uid = 0;
	int r = fd < 0 ? -errno : find_uid(pid, &uid);

	if (r == 0 && (uid < g->in.range.first || uid - g->in.range.first >= g->in.range.count))
		r = -EPERM;
	if (r < 0)
		return -r;
	who = (struct vsd_enter_who){ .uid = uid, .gid = uid };
	r = vsd_enter_become(&who);
	if (r < 0)
		return -r;
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) < 0 ? errno : 0;
}

static int kill_one(const struct guest *g, const char *text, int sig)
{
	uint64_t n;
	pid_t pid;
	int error;

	if (vsd_number_parse(text, strlen(text), INT32_MAX, &n) < 0)
		return TOOL_MISUSE; /* said before */
	pid = fork();
	if (pid == 0)
		_exit(signal_one(g, (pid_t)n, sig) & 0x7f);
	error = wait_for(pid);
	return error == 0 ? TOOL_OK : tool_errno("signal", text, error > 0 ? error : EIO);
}

int verb_kill(const struct guest *g, int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = TOOL_OK;
	uint64_t pid;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		tool_say("Usage: kill [-SIGNAL | -s SIGNAL] PID...");
		return TOOL_OK;
	}
	if (argc > 2 && strcmp(argv[1], "-s") == 0 && parse_signal(argv[2], &sig) == 0)
		i = 3;
	else if (argc > 1 && argv[1][0] == '-' && parse_signal(argv[1] + 1, &sig) == 0)
		i = 2;
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i == argc)
		return tool_misuse("which process?");
	for (int n = i; n < argc; n++)
		if (vsd_number_parse(argv[n], strlen(argv[n]), INT32_MAX, &pid) < 0 || pid == 0)
			return tool_misuse("'%s' is no process id", argv[n]);
	if (close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		return tool_errno("close", "descriptors", errno);
	for (; i < argc; i++) {
		int r = kill_one(g, argv[i], sig);

		status = r > status ? r : status;
	}
	return status;
}

/* ---- rebootvs ---- */

static bool is_service(const char *name)
{
	return name[0] && name[0] != '.' && name[0] != '-' && !strchr(name, '/') &&
	       strlen(name) < SERVICE_BYTES;
}

/* admin's own power is enough, and what sv obeys is admin's. */
static int restart_services(const struct guest *g, char **name, size_t n)
{
	static char sv[] = SV, restart[] = "restart";
	const struct vsd_enter_who who = { .uid = g->in.range.first, .gid = g->in.range.first };
	char *argv[SERVICES_MAX + 3] = { sv, restart };
	int r;

	for (size_t i = 0; i < n; i++)
		argv[2 + i] = name[i];
	if (close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		return tool_errno("close", "descriptors", errno);
	/* Without the setuid bit (isolation=chroot) the caller is admin anyway. */
	r = geteuid() == 0 ? vsd_enter_become(&who) : 0;
	return r < 0 ? tool_errno("become", "admin", r) : run_plain(argv);
}

/* One after the other, where 1 is the host's. */
static int restart_each(const struct guest *g)
{
	static char text[SERVICES_MAX][SERVICE_BYTES];
	char *name[SERVICES_MAX];
	DIR *d = opendir("/etc/service");
	const struct dirent *e;
	size_t n = 0;

	if (!d)
		return tool_errno("open", "/etc/service", errno);
	while (n < SERVICES_MAX && (e = readdir(d))) {
		if (!is_service(e->d_name))
			continue;
		name[n] = memcpy(text[n], e->d_name, strlen(e->d_name) + 1); /* is_service: it fits */
		n++;
	}
	(void)closedir(d); /* only read */
	return n > 0 ? restart_services(g, name, n) : TOOL_OK;
}

int verb_rebootvs(const struct guest *g, int argc, char **argv)
{
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		tool_say("Usage: rebootvs [SERVICE]\nStart all services of the server anew, or one.");
		return TOOL_OK;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return tool_misuse("at most one service");
	if (argc == 2 && !is_service(argv[1]))
		return tool_misuse("'%s' is no service", argv[1]);
	if (argc == 2)
		return restart_services(g, argv + 1, 1);
	if (!g->in.own_pids)
		return restart_each(g);
	pid = fork();
	if (pid == 0)
		_exit(kill(1, SIGHUP) < 0);
	return wait_for(pid) == 0 ? TOOL_OK : tool_error("restart", "all services", "no signal got through");
}
