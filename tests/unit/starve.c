/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "starve.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths_test.h"
#include "unit.h"

#define PLENTY 100000u
#define STEPS_MAX 2000

/* So many more pages and inodes, and no more. */
static void make_room(unsigned pages, unsigned inodes, unsigned long flags)
{
	char options[96];
	struct statvfs st;

	assert_int_equal(statvfs(TEST_TREE, &st), 0);
	snprintf(options, sizeof(options), "size=%llu,nr_inodes=%llu",
		 (unsigned long long)(st.f_blocks - st.f_bfree + pages) * st.f_frsize,
		 (unsigned long long)(st.f_files - st.f_ffree + inodes));
	assert_int_equal(mount(NULL, TEST_TREE, NULL, MS_REMOUNT | flags, options), 0);
}

static bool succeeds(int (*work)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(work() != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status)); /* it is told of the error, it does not die of it */
	return WEXITSTATUS(status) == 0;
}

static bool round_with(unsigned pages, unsigned inodes, unsigned long flags, void (*make)(void),
		       int (*work)(void), void (*settle)(void))
{
	bool done;

	make();
	make_room(pages, inodes, flags);
	done = succeeds(work);
	make_room(PLENTY, PLENTY, 0);
	settle();
	return done;
}

unsigned starve(void (*make)(void), int (*work)(void), void (*settle)(void))
{
	unsigned pages = 0, inodes = 0;

	while (!round_with(pages, PLENTY, 0, make, work, settle))
		assert_true(++pages < STEPS_MAX);
	while (!round_with(PLENTY, inodes, 0, make, work, settle))
		assert_true(++inodes < STEPS_MAX);
	assert_false(round_with(PLENTY, PLENTY, MS_RDONLY, make, work, settle));
	print_message("# it takes %u pages, %u inodes\n", pages, inodes);
	return pages + inodes;
}
