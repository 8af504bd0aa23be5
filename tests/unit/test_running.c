/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server runs, does not, or nobody can tell: three answers, never confused. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths_test.h"
#include "running.h"
#include "unit.h"

static bool ready;

#define NEED() do { (void)state; if (!ready) skip(); } while (0)

static void write_init(int pid, unsigned long long start)
{
	char text[64];

	snprintf(text, sizeof(text), "%d %llu\n", pid, start);
	test_tree_write("run/vsd/vs1/.init.new", 0600, text); /* as vsboot does it */
	assert_int_equal(rename(TEST_TREE "/run/vsd/vs1/.init.new", TEST_TREE "/run/vsd/vs1/init"), 0);
}

static uint64_t my_start(void)
{
	uint64_t start = 0;

	assert_int_equal(vsd_process_start(getpid(), &start), 0);
	return start;
}

static int look(void)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int r = vsd_running_open("vs1", &run);

	assert_int_equal(run.pidfd >= 0, r == 0);
	vsd_running_close(&run);
	return r;
}

static void test_it_runs(void **state)
{
	struct vsd_running run = VSD_RUNNING_NONE;

	NEED();
	write_init(getpid(), my_start());
	assert_int_equal(vsd_running_open("vs1", &run), 0);
	assert_int_equal(run.pid, getpid());
	assert_int_equal(vsd_running_check(&run), 0);
	write_init(getpid(), my_start() + 1);
	assert_int_equal(vsd_running_check(&run), -ESRCH);
	vsd_running_close(&run);
	write_init(getpid(), my_start());
	assert_int_equal(vsd_running_open("vs1", &run), 0);
	write_init(getpid(), my_start()); /* started anew, it is another one */
	assert_int_equal(vsd_running_check(&run), -ESRCH);
	vsd_running_close(&run);
	assert_int_equal(vsd_running_open("vs1", &run), 0);
	assert_int_equal(unlink(TEST_TREE "/run/vsd/vs1/init"), 0);
	assert_int_equal(vsd_running_check(&run), -ESRCH);
	vsd_running_close(&run);
}

/* Its init ended, and nobody has taken the file away. */
static void test_it_ended(void **state)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	uint64_t start = 0;
	pid_t pid;

	NEED();
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	assert_int_equal(vsd_process_start(pid, &start), 0);
	write_init(pid, start);
	assert_int_equal(vsd_running_open("vs1", &run), 0);
	assert_int_equal(vsd_running_check(&run), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(vsd_running_check(&run), -ESRCH);
	vsd_running_close(&run);
}

static void test_it_does_not(void **state)
{
	static const char *const text[] = {
		"", "\n", "2", "2 3", "1 0\n", "2 x\n", "2 3 4\n", "4294967298 3\n", "-2 3\n",
	};
	struct vsd_running run = VSD_RUNNING_NONE;

	NEED();
	assert_int_equal(vsd_running_open("no-such", &run), -ESRCH);
	assert_int_equal(vsd_running_open("../vs1", &run), -ESRCH);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		test_tree_write("run/vsd/vs1/init", 0600, text[i]);
		assert_int_equal(look(), -ESRCH);
	}
	write_init(getpid(), my_start() - 1); /* the number is another process's now */
	assert_int_equal(look(), -ESRCH);
	write_init(0x7ffffffe, 1);
	assert_int_equal(look(), -ESRCH);
	test_tree_write("run/vsd/vs1/init", 0666, "2 3\n"); /* anybody's */
	assert_int_equal(look(), -ESRCH);
}

/* In a server that stands still the host's root may be at work: that is no running one. */
static void test_root_at_work(void **state)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	char text[64];

	NEED();
	test_tree_write("run/vsd/vs1/init", 0600, "");
	snprintf(text, sizeof(text), "%d %llu\n", getpid(), (unsigned long long)my_start());
	test_tree_write("run/vsd/vs1/single", 0600, text);
	assert_int_equal(look(), -ESRCH);
	assert_int_equal(vsd_running_open_single("vs1", &run), 0);
	assert_int_equal(run.pid, getpid());
	assert_int_equal(vsd_running_check(&run), 0);
	test_tree_write("run/vsd/vs1/single", 0600, "");
	assert_int_equal(vsd_running_check(&run), -ESRCH);
	vsd_running_close(&run);
	assert_int_equal(vsd_running_open_single("vs1", &run), -ESRCH);
}

/* vsboot took such a server for one that stands still, and cleared it away. */
static void test_nobody_can_tell(void **state)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	struct rlimit old, none;

	NEED();
	write_init(getpid(), my_start());
	assert_int_equal(vsd_running_open("vs1", &run), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(look(), -EMFILE);
	assert_int_equal(vsd_running_check(&run), -EINVAL); /* poll's own limit */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(look(), 0);
	vsd_running_close(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_runs),
		cmocka_unit_test(test_it_ended),
		cmocka_unit_test(test_it_does_not),
		cmocka_unit_test(test_root_at_work),
		cmocka_unit_test(test_nobody_can_tell),
	};

	ready = test_tree_make() == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
