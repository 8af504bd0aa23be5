/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage: fault_login session|credentials USER CGROUP   each call of pam_vsd fails once
 *        fault_login logins USER                       1000 of them leave nothing
 * A login as su's (the session enters) or as sshd's (the child's setcred does), with each
 * call that pam_vsd makes on the way in failing once: whoever is told "success" must be
 * inside altogether. */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"

#define CALLS_MAX 400 /* far more than a login makes */
#define CONFDIR "/run/faults.d"

static const char *user, *cgroup;

static int say_nothing(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	(void)n, (void)msg, (void)resp, (void)arg;
	return PAM_CONV_ERR;
}

static const struct pam_conv conv = { say_nothing, NULL };

static pam_handle_t *start(const char *service)
{
	pam_handle_t *h = NULL;

	if (pam_start_confdir(service, user, &conv, CONFDIR, &h) != PAM_SUCCESS ||
	    pam_acct_mgmt(h, 0) != PAM_SUCCESS || pam_setcred(h, PAM_ESTABLISH_CRED) != PAM_SUCCESS) {
		fprintf(stderr, "no login at all\n");
		exit(9);
	}
	return h;
}

struct told {
	char ready;
	unsigned calls;
	char failed[32];
};

static void tell(int fd, char how, unsigned calls)
{
	struct told t = { .ready = how, .calls = calls };

	(void)snprintf(t.failed, sizeof(t.failed), "%s", faults_name() ? faults_name() : "");
	if (write(fd, &t, sizeof(t)) != sizeof(t))
		_exit(8);
}

/* n: the call that fails; tells and, when let in, waits to be looked at. */
static void try(const char *how, bool in_child, unsigned n, int error, int fd)
{
	pam_handle_t *h = start(how);
	unsigned calls;
	int r;

	if (!in_child)
		faults_arm(n, error);
	r = pam_open_session(h, 0);
	if (r == PAM_SUCCESS && strcmp(how, "credentials") == 0 && !in_child) {
		/* only prepared: the child that enters does so without faults */
		calls = faults_disarm();
		tell(fd, 'p', calls);
		_exit(0);
	}
	if (in_child && r == PAM_SUCCESS) {
		pid_t pid = fork();

		if (pid > 0) {
			(void)waitpid(pid, &r, 0);
			_exit(WIFEXITED(r) ? WEXITSTATUS(r) : 7);
		}
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* one that ends itself has told it first */
		faults_arm(n, error);
		r = pam_setcred(h, PAM_REINITIALIZE_CRED);
	}
	calls = faults_disarm();
	tell(fd, r == PAM_SUCCESS ? 's' : 'r', calls);
	if (r == PAM_SUCCESS)
		(void)pause();
	_exit(0);
}

static bool differs(pid_t pid, const char *ns)
{
	char path[64], mine[64] = "", its[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns);
	if (readlink(path, its, sizeof(its) - 1) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	return readlink(path, mine, sizeof(mine) - 1) > 0 && strcmp(mine, its) != 0;
}

static bool has_line(pid_t pid, const char *file, const char *part)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, part) != NULL;
	if (f)
		(void)fclose(f);
	return found;
}

static bool is_inside(pid_t pid)
{
	static const char *const ns[] = { "mnt", "pid_for_children", "uts", "ipc" };
	char path[64];
	struct stat host, its;
	bool in = true;

	(void)snprintf(path, sizeof(path), "/proc/%d/root/", (int)pid);
	in = stat("/", &host) == 0 && stat(path, &its) == 0 &&
	     (host.st_ino != its.st_ino || host.st_dev != its.st_dev);
	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++)
		in = in && differs(pid, ns[i]);
	return in && has_line(pid, "cgroup", cgroup) && has_line(pid, "status", "Seccomp:\t2") &&
	       !has_line(pid, "status", "Groups:\t6");
}

static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &child) != 1)
		child = 0;
	if (f)
		(void)fclose(f);
	return child;
}

/* false: no call is left to fail */
static bool one(const char *how, bool in_child, unsigned n, int error)
{
	struct told t = { .ready = 'e', .failed = "ended" };
	int answer[2], status = 0;
	pid_t pid, in;

	if (pipe(answer) < 0 || (pid = fork()) < 0)
		exit(9);
	if (pid == 0) {
		(void)close(answer[0]);
		try(how, in_child, n, error, answer[1]);
	}
	(void)close(answer[1]);
	if (read(answer[0], &t, sizeof(t)) < 0)
		exit(9);
	(void)close(answer[0]);
	in = t.ready == 's' && in_child ? child_of(pid) : pid;
	if (t.ready == 's' && !is_inside(in)) {
		printf("not ok - %s: call %u (%s) fails: told success, and not inside\n", how, n, t.failed);
		(void)kill(pid, SIGKILL);
		exit(1);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	if (t.ready == 'e' && !WIFEXITED(status) && WTERMSIG(status) != SIGKILL) {
		printf("not ok - %s: call %u fails: signal %d\n", how, n, WTERMSIG(status));
		exit(1);
	}
	if (n > CALLS_MAX) {
		printf("not ok - %s: no end of it: '%c' after %u calls\n", how, t.ready, t.calls);
		exit(1);
	}
	/* refused without a failure of its own: a child's of the module's has failed */
	return t.ready == 'e' || t.ready == 'r' || t.failed[0];
}

static unsigned all(const char *how, bool in_child)
{
	unsigned n = 1, tried = 0;

	for (n = 1; one(how, in_child, n, EIO); n++)
		tried++;
	for (n = 1; one(how, in_child, n, EINTR); n++)
		tried++;
	return tried;
}

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

static void login_and_out(void)
{
	pam_handle_t *h = start("credentials");

	if (pam_open_session(h, 0) != PAM_SUCCESS || pam_close_session(h, 0) != PAM_SUCCESS ||
	    pam_setcred(h, PAM_DELETE_CRED) != PAM_SUCCESS || pam_end(h, 0) != PAM_SUCCESS)
		exit(6);
}

static void handle_alone(void)
{
	pam_handle_t *h = NULL;

	if (pam_start_confdir("credentials", user, &conv, CONFDIR, &h) != PAM_SUCCESS ||
	    pam_end(h, PAM_SUCCESS) != PAM_SUCCESS)
		exit(6);
}

/* What fifty of them leave on the heap */
static size_t left_by(void (*what)(void))
{
	size_t before;

	for (int i = 0; i < 3; i++)
		what();
	before = mallinfo2().uordblks;
	for (int i = 0; i < 50; i++)
		what();
	return mallinfo2().uordblks - before;
}

/* Fifty a process: each makes a mount namespace anew.  libpam keeps some bytes of each
 * handle, whatever its modules are. */
static void fifty(void)
{
	size_t libpam = left_by(handle_alone), ours;
	int fds = open_fds();

	ours = left_by(login_and_out);
	if (open_fds() != fds)
		exit(5);
	if (ours > libpam + 512)
		fprintf(stderr, "%zu bytes are left, libpam's are %zu\n", ours, libpam);
	exit(ours > libpam + 512 ? 4 : 0);
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 3)
		return 2;
	user = argv[2];
	cgroup = argc > 3 ? argv[3] : "";
	if (strcmp(argv[1], "logins") == 0) {
		for (int i = 0; i < 20; i++) {
			pid_t pid = fork();

			if (pid == 0)
				fifty();
			if (waitpid(pid, &status, 0) != pid || status != 0) {
				printf("status %d\n", WEXITSTATUS(status));
				return 1;
			}
		}
		return 0;
	}
	printf("%u calls failed on the way to open_session\n", all(argv[1], false));
	if (strcmp(argv[1], "credentials") == 0)
		printf("%u calls failed in the child\n", all(argv[1], true));
	return 0;
}
