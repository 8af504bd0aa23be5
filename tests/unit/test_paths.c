/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tests' own private tree: its paths replace libvsd's, it is empty at each
 * start, and its folders are what vsd_safe_open_root accepts. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "paths_test.h"
#include "unit.h"

static void paths_lie_in_the_tree(void **state)
{
	(void)state;
	assert_int_equal(strncmp(vsd_path_index, TEST_TREE "/", strlen(TEST_TREE "/")), 0);
}

static void tree_is_made_anew(void **state)
{
	struct stat st;

	(void)state;
	if (test_tree_make() != 0)
		skip();
	test_tree_write("etc/vsd/servers/one", 0640, "format = 1\n");
	assert_int_equal(stat(TEST_TREE "/etc/vsd/servers/one", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_size, 11);
	assert_int_equal(test_tree_make(), 0);
	assert_int_equal(access(TEST_TREE "/etc/vsd/servers/one", F_OK), -1);
	assert_int_equal(stat(vsd_path_lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lie_in_the_tree),
		cmocka_unit_test(tree_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
