/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-vsbatch killed before each of its system calls in turn: whatever it had
 * done, the next run makes the server once and leaves nothing half made. */
#include "unit.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs.h"
#include "paths_test.h"

#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7 /* slower, and with many calls of its own */
#else
#define STRIDE 1
#endif

static pid_t start_work(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(99);
		(void)raise(SIGSTOP);
		_exit(jobs_work());
	}
	return pid;
}

/* Kill the process before its n-th system call; true: it came that far. */
static int kill_at(pid_t pid, unsigned n)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Two stops a call: going in, coming out. */
	for (unsigned stop = 0; WIFSTOPPED(status) && stop < 2 * n - 1; stop++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	if (!WIFSTOPPED(status)) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return 0;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return 1;
}

static void count_told(const char *object, const char *reason, void *arg)
{
	(void)arg;
	print_error("%s: %s\n", object, reason);
}

/* Nothing in the folder but the one name (NULL: nothing at all). */
static void holds_only(const char *path, const char *only)
{
	DIR *d = opendir(path);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			assert_true(only && strcmp(e->d_name, only) == 0);
	closedir(d);
}

static void check_whole(void)
{
	struct vsd_server s;
	struct stat st;

	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.uid_count, 200);
	assert_int_equal(vsd_registry_check(count_told, NULL), 0);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs1/home", &st), 0);
	assert_int_equal(st.st_uid, s.uid_first);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs1/usr/tool", &st), 0);
	assert_int_equal(st.st_nlink, 2);
	holds_only(JOBS_VS_ROOT, "vs1");
	holds_only("/mnt/var/spool/vsd", NULL);
}

static void killed_at_every_call(void **state)
{
	char why[VSD_WHY_MAX];
	unsigned n = 1;
	int killed = 1;

	(void)state;
	for (; killed; n += STRIDE) {
		assert_int_equal(jobs_tree_make(), 0);
		assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
		killed = kill_at(start_work(), n);
		assert_int_equal(jobs_work(), 0);
		check_whole();
	}
	assert_true(n > 100); /* it was killed on its way, not before or after */
	print_message("# killed before each of %u calls\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_call),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP not root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
