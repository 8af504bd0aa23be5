/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sshd wrote outside, in the server's own utmp and wtmp. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include "logins.h"

#define ROOT "/tmp/logins"

static int root = -1, pts = -1, host = -1;

static void make_file(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	static const char *const folder[] = { "", "/run", "/var", "/var/log", "/dev", "/dev/pts" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(folder) / sizeof(*folder); i++) {
		snprintf(path, sizeof(path), "%s%s", ROOT, folder[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	make_file(ROOT "/run/utmp", 0644);
	root = open(ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pts = open(ROOT "/dev/pts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	host = open("/tmp/outside", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(root >= 0 && pts >= 0 && host >= 0);
	return 0;
}

/* As sshd writes it. */
static void outside(int place, short type, const char *line, const char *user, int second)
{
	struct utmpx u;

	memset(&u, 0, sizeof(u));
	u.ut_type = type;
	u.ut_pid = 4711;
	u.ut_tv.tv_sec = second;
	memcpy(u.ut_line, line, strnlen(line, sizeof(u.ut_line)));
	memcpy(u.ut_user, user, strnlen(user, sizeof(u.ut_user)));
	assert_int_equal(pwrite(host, &u, sizeof(u), (off_t)place * (off_t)sizeof(u)), sizeof(u));
}

static void terminal(const char *name, bool there)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/dev/pts/%s", ROOT, name);
	if (there)
		make_file(path, 0600);
	else
		assert_int_equal(unlink(path), 0);
}

/* The whole file as "TYPE USER LINE;" each; type 0 is an empty place. */
static const char *said(const char *path)
{
	static char text[1024];
	size_t used = 0;
	struct utmpx u;
	FILE *f = fopen(path, "re");
	int r;

	assert_non_null(f);
	text[0] = '\0';
	while (fread(&u, sizeof(u), 1, f) == 1) {
		assert_int_equal(u.ut_pid, 0);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%d %.32s %.32s;",
					 u.ut_type, u.ut_user, u.ut_line);
	}
	assert_true(feof(f));
	r = fclose(f);
	assert_int_equal(r, 0);
	return text;
}

#define UTMP ROOT "/run/utmp"
#define WTMP ROOT "/var/log/wtmp"

static void sync_now(void)
{
	assert_int_equal(vsd_logins_sync(root, pts, host), 0);
}

static void test_life(void **state)
{
	(void)state;
	assert_int_equal(vsd_logins_boot(root), 0);
	assert_string_equal(said(UTMP), "2 reboot ~;");
	assert_string_equal(said(WTMP), "2 reboot ~;");
	terminal("1", true);
	outside(0, USER_PROCESS, "pts/1", "alice@vs1", 100);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;0  ;7 alice pts/1;");
	sync_now(); /* nothing new: nothing written */
	assert_string_equal(said(WTMP), "2 reboot ~;7 alice pts/1;");
	terminal("0", true);
	outside(1, USER_PROCESS, "pts/0", "bob", 101);
	outside(0, DEAD_PROCESS, "pts/1", "", 102);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;7 bob pts/0;8  pts/1;");
	assert_string_equal(said(WTMP), "2 reboot ~;7 alice pts/1;8  pts/1;7 bob pts/0;");
	/* gone and come again between two looks: both are told */
	outside(1, USER_PROCESS, "pts/0", "bob", 103);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;7 bob pts/0;8  pts/1;");
	assert_string_equal(said(WTMP), "2 reboot ~;7 alice pts/1;8  pts/1;7 bob pts/0;8  pts/0;"
					"7 bob pts/0;");
	/* a monitor that was killed has told nobody; the terminal's next owner is not bob */
	terminal("0", false);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;8  pts/0;8  pts/1;");
	terminal("0", true);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;8  pts/0;8  pts/1;");
	assert_int_equal(vsd_logins_shutdown(root), 0);
	assert_non_null(strstr(said(WTMP), ";1 shutdown ~;"));
	assert_int_equal(vsd_logins_boot(root), 0);
	assert_string_equal(said(UTMP), "2 reboot ~;");
}

/* Lines that name no terminal of a server take no place. */
static void test_odd_lines(void **state)
{
	static const char *const odd[] = { "pts/", "pts/-1", "pts/4096", "pts/1x", "tty1", "",
					   "pts/99999999999999999999", "pts/0123456789012345678901234567" };

	(void)state;
	assert_int_equal(ftruncate(host, 0), 0);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		outside((int)i, USER_PROCESS, odd[i], "eve", 100);
	sync_now();
	assert_string_equal(said(UTMP), "2 reboot ~;");
	assert_int_equal(ftruncate(host, 0), 0);
}

/* A wtmp that is another file too, or another's, is not written. */
static void test_refused(void **state)
{
	struct stat st;

	(void)state;
	outside(0, USER_PROCESS, "pts/0", "alice", 200);
	assert_int_equal(link(WTMP, ROOT "/shared"), 0);
	assert_int_equal(stat(WTMP, &st), 0);
	assert_int_equal(vsd_logins_sync(root, pts, host), -EPERM);
	assert_int_equal(vsd_logins_shutdown(root), -EPERM);
	assert_int_equal(unlink(ROOT "/shared"), 0);
	assert_int_equal(chown(WTMP, 1000, 1000), 0);
	assert_int_equal(vsd_logins_shutdown(root), -EPERM);
	assert_int_equal(chown(WTMP, 0, 0), 0);
	assert_int_equal(chmod(WTMP, 0666), 0);
	assert_int_equal(vsd_logins_shutdown(root), -EPERM);
	assert_int_equal(rename(WTMP, ROOT "/kept"), 0);
	assert_int_equal(vsd_logins_shutdown(root), -ENOENT);
	assert_int_equal(mkfifo(WTMP, 0644), 0);
	assert_int_not_equal(vsd_logins_shutdown(root), 0);
	assert_int_equal(unlink(WTMP), 0);
	assert_int_equal(symlink("../../kept", WTMP), 0);
	assert_int_equal(vsd_logins_shutdown(root), -ELOOP);
	assert_int_equal(unlink(WTMP), 0);
	assert_int_equal(chmod(ROOT "/var/log", 0777), 0);
	assert_int_equal(vsd_logins_boot(root), -EPERM);
	assert_int_equal(chmod(ROOT "/var/log", 0755), 0);
	assert_int_equal(stat(ROOT "/kept", &st), 0);
	assert_int_equal(st.st_size % (off_t)sizeof(struct utmpx), 0);
	assert_int_equal(rename(ROOT "/run/utmp", ROOT "/run/kept"), 0);
	assert_int_equal(vsd_logins_sync(root, pts, host), -ENOENT);
	assert_int_equal(rename(ROOT "/run/kept", ROOT "/run/utmp"), 0);
}

/* A disk that is full in the middle of a record: last(1) would read all that follow it
 * askew. */
static void test_no_half_record(void **state)
{
	struct rlimit old, small;
	struct stat st;
	off_t whole;

	(void)state;
	assert_int_equal(vsd_logins_boot(root), 0);
	assert_int_equal(stat(WTMP, &st), 0);
	whole = st.st_size;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ (rlim_t)whole + 100, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(vsd_logins_shutdown(root), -ENOSPC);
	small.rlim_cur = (rlim_t)whole;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(vsd_logins_shutdown(root), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(stat(WTMP, &st), 0);
	assert_int_equal(st.st_size, whole);
	assert_int_equal(vsd_logins_shutdown(root), 0);
}

static void test_large(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(vsd_logins_boot(root), 0);
	assert_int_equal(truncate(WTMP, 3000 * (off_t)sizeof(struct utmpx)), 0);
	assert_int_equal(vsd_logins_boot(root), 0);
	assert_string_equal(said(WTMP), "2 reboot ~;");
	assert_int_equal(stat(WTMP ".1", &st), 0);
	assert_int_equal(st.st_size, 3000 * sizeof(struct utmpx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_half_record),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
