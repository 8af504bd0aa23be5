/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A refresh, and the way back, killed before each of its changes in turn: the
 * next run ends it, every server has the one skeleton or the other, and what a
 * server has changed is still as it left it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "killer.h"
#include "paths_test.h"
#include "refresh.h"
#include "refresh_journal.h"
#include "starve.h"

#define SKEL "/mnt/home/vsd/skel"
#define HOME "/mnt/home/vsd/"

static const char *const servers[] = { "vs1", "vs2" };

static const char manifest[] =
	"vsd-skeleton 1\nid 0123456789abcdef0123456789abcd%s\n"
	"d r 0755 .\nd r 0755 etc\np r 0644 both\n%st r 0644 passwd\ne r 0640 shadow\n"
	"d a 0755 home\n%sd r 0755 usr\n%s\nd r 0755 usr/lib\nd r 0755 usr/lib/vsd\ns vsd-guest\n";

/* A skeleton of that name: the files of the job tests, and what changes. */
static void make_skeleton(const char *name, bool new)
{
	char path[128], text[1024];

#define PUT(file, mode, content) do { \
		snprintf(path, sizeof(path), "home/vsd/%s/%s", name, file); \
		test_tree_write(path, mode, content); \
	} while (0)
	snprintf(text, sizeof(text), manifest, new ? "02" : "01", new ? "" : "p r 0644 gone\n",
		 new ? "d a 0700 home/new\np a 0600 note\n" : "", new ? "s fresh\ns tool" : "s old\ns tool");
	PUT(".vsd-manifest", 0600, text);
	PUT("etc/both", 0644, new ? "new\n" : "old\n");
	PUT("etc/passwd", 0644, "admin:x:@UID@:@UID@::/root:/bin/sh\n");
	PUT("etc/shadow", 0640, "");
	PUT("usr/tool", 0755, new ? "#!/bin/new\n" : "#!/bin/sh\n");
	PUT(new ? "usr/fresh" : "usr/old", 0755, "");
	PUT("usr/lib/vsd/vsd-guest", 04755, new ? "guest2" : "guest1");
	if (new)
		PUT("home/new/note", 0644, "note\n");
	else
		PUT("etc/gone", 0644, "gone\n");
#undef PUT
	snprintf(path, sizeof(path), HOME "%s/home", name);
	(void)mkdir(path, 0755); /* the new one's is there */
}

static void make_all(void)
{
	char why[VSD_WHY_MAX] = "";

	assert_int_equal(jobs_tree_make(), 0);
	make_skeleton("skel", false);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs2", "10.0.0.2", "b.example", "5", why), 0);
	assert_int_equal(jobs_work(), 0);
	test_tree_write("home/vsd/vs/vs2/etc/both", 0644, "mine\n");
	make_skeleton(".skel.new", true);
}

/* What vsd-refreshskel does, its new skeleton at hand. */
static int work(bool previous)
{
	struct refresh_opts o = { .dry = false };
	struct refresh_result result;
	struct refresh_journal j;
	char why[VSD_WHY_MAX] = "";
	int r = refresh_journal_read(&j, why);

	if (r == -ENOENT)
		r = refresh_decide(SKEL, previous, why);
	if (r == 0)
		r = refresh_finish(&o, false, &result, why);
	if (r < 0)
		print_error("%s\n", why);
	return r < 0 || result.failed > 0;
}

static int refresh(void)
{
	return work(false);
}

static int roll_back(void)
{
	return work(true);
}

static void has(const char *vs, const char *file, const char *content)
{
	char path[128], text[64] = "";
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), JOBS_VS_ROOT "/%s/%s", vs, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!content) {
		assert_true(fd < 0 && errno == ENOENT);
		return;
	}
	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n >= 0);
	assert_string_equal(text, content);
}

static ino_t inode(const char *folder, const char *file, mode_t *out_mode)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), HOME "%s/%s", folder, file);
	assert_int_equal(lstat(path, &st), 0);
	*out_mode = st.st_mode & 07777;
	return st.st_ino;
}

static void check_server(const char *vs, bool new)
{
	char folder[32];
	mode_t mode, unused;

	(void)snprintf(folder, sizeof(folder), "vs/%s", vs);
	has(vs, "etc/both", strcmp(vs, "vs2") == 0 ? "mine\n" : new ? "new\n" : "old\n");
	has(vs, "etc/gone", new ? NULL : "gone\n");
	has(vs, "home/new/note", new ? "note\n" : NULL);
	has(vs, "usr/fresh", new ? "" : NULL);
	has(vs, "usr/old", new ? NULL : "");
	has(vs, "usr/tool", new ? "#!/bin/new\n" : "#!/bin/sh\n");
	has(vs, "usr/lib/vsd/vsd-guest", new ? "guest2" : "guest1");
	assert_int_equal(inode(folder, "usr/tool", &mode), inode("skel", "usr/tool", &unused));
	assert_int_equal(mode, 0755);
	assert_int_equal(inode(folder, "usr/lib/vsd/vsd-guest", &mode),
			 inode("skel", "usr/lib/vsd/vsd-guest", &unused));
	assert_int_equal(mode, 04755);
	if (new) {
		(void)inode(folder, "home/new", &mode);
		assert_int_equal(mode, 0700);
		(void)inode(folder, "home/new/note", &mode);
		assert_int_equal(mode, 0600);
	}
	has(vs, "etc/.vsd-refresh.new", NULL);
	has(vs, "usr/.vsd-refresh.new", NULL);
	has(vs, "usr/lib/vsd/.vsd-refresh.new", NULL);
}

static void check_whole(bool new)
{
	mode_t mode;

	for (int i = 0; i < 2; i++)
		check_server(servers[i], new);
	(void)inode(".skel.previous", "usr/lib/vsd/vsd-guest", &mode);
	assert_int_equal(mode, 0755); /* no power in what was replaced */
	assert_int_not_equal(access(HOME ".skel.new", F_OK), 0);
	assert_int_not_equal(access("/mnt/var/lib/vsd/refresh", F_OK), 0);
	killer_holds_only(JOBS_VS_ROOT "/vs1/home", new ? "new" : NULL, "vsd");
}

static void killed_at_every_call(bool back)
{
	unsigned n = 1;
	int killed = 1;

	for (; killed; n += KILLER_STRIDE) {
		make_all();
		if (back)
			assert_int_equal(refresh(), 0);
		killed = killer_run(back ? roll_back : refresh, n);
		/* Who had not decided does so now; who was done stays so. */
		if (access("/mnt/var/lib/vsd/refresh", F_OK) == 0 ||
		    (access(SKEL "/usr/fresh", F_OK) == 0) == back)
			assert_int_equal(back ? roll_back() : refresh(), 0);
		check_whole(!back);
	}
	assert_true(n > 43);
	print_message("# killed before each of %u changes\n", n);
}

static void refresh_killed(void **state)
{
	(void)state;
	killed_at_every_call(false);
}

static void rollback_killed(void **state)
{
	(void)state;
	killed_at_every_call(true);
}

static void settle_new(void)
{
	if (access("/mnt/var/lib/vsd/refresh", F_OK) == 0 || access(SKEL "/usr/fresh", F_OK) != 0)
		assert_int_equal(refresh(), 0);
	check_whole(true);
}

static void refresh_starved(void **state)
{
	(void)state;
	assert_true(starve(make_all, refresh, settle_new) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refresh_killed),
		cmocka_unit_test(rollback_killed),
		cmocka_unit_test(refresh_starved),
	};

	return RUN_AS_ROOT(tests);
}
