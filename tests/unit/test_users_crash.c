/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* user_add killed before each of its changes in turn: the next user_add finds
 * the user there whole, or adds them whole. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "killer.h"
#include "paths_test.h"
#include "safe.h"
#include "starve.h"
#include "users.h"

#define VS TEST_TREE "/vs/"

static const struct vsd_server server = { .id = 1, .uid_first = 2000000, .uid_count = 200,
					  .max_users = 3, .name = "vs1" };

static int add(void)
{
	struct vsd_user_new u = { .name = "alice", .make_home = true };
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int root = -1;
	uint32_t uid = 0;
	int r = vsd_safe_open_root(TEST_TREE "/vs", &root);

	if (r == 0)
		r = vsd_users_add(root, &server, &u, &uid, why);
	return r == 0 ? 0 : r == -EEXIST ? 17 : 1;
}

static unsigned lines_of(const char *file, const char *name)
{
	char path[128], line[256];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), VS "etc/%s", file);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		assert_non_null(strchr(line, '\n')); /* none is cut */
		n += strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
	}
	fclose(f);
	return n;
}

static void check_whole(void)
{
	static const char *const files[] = { "passwd", "group", "shadow" };
	struct stat st;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(lines_of(files[i], "alice"), 1);
		assert_int_equal(lines_of(files[i], "admin"), 1);
	}
	assert_int_equal(stat(VS "home/alice", &st), 0);
	assert_int_equal(st.st_uid, 2000001);
	assert_int_equal(stat(VS "home/alice/sub/x", &st), 0);
	assert_int_equal(st.st_uid, 2000001);
	killer_holds_only(VS "home", "alice", NULL);
	killer_holds_only(VS "home/alice", ".profile", "sub");
}

static void make_server(void)
{
	assert_int_equal(test_tree_make(), 0);
	test_tree_write("vs/etc/passwd", 0644, "admin:x:2000000:2000000::/root:/bin/sh\n");
	test_tree_write("vs/etc/group", 0644, "admin:x:2000000:\n");
	test_tree_write("vs/etc/shadow", 0640, "admin:!:1:0:99999:7:::\n");
	test_tree_write("vs/etc/skel/.profile", 0644, "# hello\n");
	test_tree_write("vs/etc/skel/sub/x", 0600, "x\n");
	assert_int_equal(mkdir(VS "home", 0755), 0);
}

static void settle(void)
{
	int r = add();

	assert_true(r == 0 || r == 17);
	check_whole();
}

static void killed_at_every_call(void **state)
{
	(void)state;
	killer_sweep(make_server, add, settle, 21);
}

static void starved(void **state)
{
	(void)state;
	assert_true(starve(make_server, add, settle) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_call),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
