/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sshd's monitor left outside, carried into a server's utmp and wtmp: the input is
 * that file at two moments, cut at its first byte's record.  The tree is a real one, of
 * this process alone; terminals 0 and 7 are there, and a process leads terminal 0. */
#include "fuzz.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logins_impl.h"

#define ROOT "/mnt"
#define LEADER 12
#define RECORD ((off_t)sizeof(struct utmpx))

int LLVMFuzzerInitialize(int *argc, char ***argv);

static int rootfd, ptsfd, procfd, hostfd, utmpfd, wtmpfd;

static int open_file(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const folder[] = { "/run", "/var", "/var/log", "/dev", "/dev/pts",
					      "/proc", "/proc/12" };
	char path[64];

	(void)argc;
	(void)argv;
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("fuzz", ROOT, "tmpfs", 0, "mode=0755") < 0) {
		(void)fprintf(stderr, "skipped: not root, or no namespaces\n");
		exit(0);
	}
	(void)umask(022);
	for (size_t i = 0; i < sizeof(folder) / sizeof(*folder); i++) {
		(void)snprintf(path, sizeof(path), ROOT "%s", folder[i]);
		MUST(mkdir(path, 0755) == 0);
	}
	(void)close(open_file(ROOT "/dev/pts/0", ""));
	(void)close(open_file(ROOT "/dev/pts/7", ""));
	(void)close(open_file(ROOT "/dev/pts/4096", "")); /* past what there can be */
	/* session 12, terminal 136:0 */
	(void)close(open_file(ROOT "/proc/12/stat", "12 (sh) S 1 12 12 34816 12 0 0\n"));
	utmpfd = open_file(ROOT "/run/utmp", "");
	wtmpfd = open_file(ROOT "/var/log/wtmp", "");
	hostfd = open_file(ROOT "/outside", "");
	rootfd = open_folder(ROOT);
	ptsfd = open_folder(ROOT "/dev/pts");
	procfd = open_folder(ROOT "/proc");
	return 0;
}

/* A record in the server's utmp is a terminal's of its own place, which is there, and
 * names nobody as the host does. */
static void check_utmp(bool found)
{
	char line[32];
	struct utmpx u;
	struct stat st;

	MUST(fstat(utmpfd, &st) == 0 && st.st_size % RECORD == 0 &&
	     st.st_size <= RECORD * (1 + VSD_LOGINS_PTY_MAX));
	for (int n = 0; pread(utmpfd, &u, sizeof(u), (n + 1) * RECORD) == RECORD; n++) {
		MUST(u.ut_type == EMPTY || u.ut_type == USER_PROCESS || u.ut_type == DEAD_PROCESS);
		if (u.ut_type != USER_PROCESS)
			continue;
		(void)snprintf(line, sizeof(line), "pts/%d", n);
		MUST(strncmp(u.ut_line, line, sizeof(u.ut_line)) == 0 && (n == 0 || n == 7));
		MUST(!memchr(u.ut_user, '@', strnlen(u.ut_user, sizeof(u.ut_user))));
		MUST(u.ut_pid == (found && n == 0 ? LEADER : 0) && u.ut_session == 0);
	}
}

static void check_wtmp(void)
{
	struct utmpx u;
	struct stat st;

	MUST(fstat(wtmpfd, &st) == 0 && st.st_size % RECORD == 0);
	for (off_t at = 0; pread(wtmpfd, &u, sizeof(u), at) == RECORD; at += RECORD) {
		MUST(u.ut_type == USER_PROCESS || u.ut_type == DEAD_PROCESS);
		MUST(u.ut_pid == 0 && memcmp(u.ut_line, "pts/", 4) == 0);
	}
}

/* Outside nothing is changed but that somebody is gone. */
static void check_outside(const uint8_t *data, size_t size)
{
	struct utmpx was, now;

	for (size_t at = 0; at + sizeof(was) <= size; at += sizeof(was)) {
		memcpy(&was, data + at, sizeof(was));
		MUST(pread(hostfd, &now, sizeof(now), (off_t)at) == RECORD);
		if (now.ut_type == DEAD_PROCESS && was.ut_type == USER_PROCESS)
			was.ut_type = DEAD_PROCESS;
		MUST(memcmp((const char *)&was, (const char *)&now, sizeof(was)) == 0);
	}
}

static void carry(const uint8_t *data, size_t size)
{
	MUST(ftruncate(hostfd, 0) == 0 && pwrite(hostfd, data, size, 0) == (ssize_t)size);
	MUST(vsd_logins_sync(rootfd, ptsfd, hostfd) == 0);
	check_outside(data, size);
	check_wtmp();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut;
	int r;

	if (size == 0)
		return 0;
	cut = data[0] * sizeof(struct utmpx) % size;
	MUST(ftruncate(utmpfd, 0) == 0 && ftruncate(wtmpfd, 0) == 0);
	carry(data + 1, cut < size - 1 ? cut : size - 1);
	check_utmp(false);
	r = vsd_logins_find(rootfd, procfd);
	MUST(r == 0 || r == 1); /* nobody leads terminal 7 */
	check_utmp(true);
	MUST(ftruncate(utmpfd, 0) == 0);
	if (cut < size - 1)
		carry(data + 1 + cut, size - 1 - cut);
	check_utmp(false);
	return 0;
}
