/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry on a full disk: what it says is what is there, and what needs no room
 * is done. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "paths_test.h"
#include "servers.h"
#include "starve.h"

#define SERVER TEST_TREE "/etc/vsd/servers/vs1"

static int *said; /* by a child: of the lock, of adding vs2, of removing vs1 */

static void make_one(void)
{
	assert_int_equal(test_tree_make(), 0);
	test_server_add("vs1", 1, "10.0.0.1");
}

static int add_and_remove(void)
{
	struct vsd_server s = test_server("vs2", 2, "10.0.0.2");
	char why[VSD_WHY_MAX] = "";
	int lock = -1;

	said[0] = vsd_registry_lock(&lock);
	if (said[0] < 0)
		return 1;
	said[1] = vsd_registry_add(lock, &s, why);
	close(lock);
	said[0] = vsd_registry_lock(&lock); /* the index may be dirty now */
	if (said[0] == 0)
		said[2] = vsd_registry_remove(lock, "vs1");
	return said[1] < 0;
}

/* What was said is what is there; and what needs no room was done. */
static void check_said(void)
{
	struct vsd_server s;

	if (said[0] == -EROFS)
		return;
	assert_int_equal(said[0], 0);
	assert_int_equal(said[1] == 0, vsd_registry_find_name("vs2", &s) == 0);
	assert_int_equal(said[1] == 0, vsd_registry_find_uid(2000200, &s) == 0);
	assert_int_equal(said[2], 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), -ENOENT);
	assert_int_equal(vsd_registry_find_uid(2000000, &s), -ENOENT);
	close(test_locked()); /* writes the index anew */
	assert_int_equal(said[1] == 0, vsd_registry_find_uid(2000200, &s) == 0);
}

static void full_disk(void **state)
{
	(void)state;
	said = mmap(NULL, 3 * sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(said != MAP_FAILED);
	assert_true(starve(make_one, add_and_remove, check_said) > 0);
}

static void fill_disk(void)
{
	static const char page[4096] = "";
	int fd;

	assert_int_equal(mount(NULL, TEST_TREE, NULL, MS_REMOUNT, "size=256k"), 0);
	fd = open(TEST_TREE "/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, page, sizeof(page)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(close(fd), 0);
}

static int cut_error; /* of ftruncate, as if the process ended there; 0: it works */

int ftruncate(int fd, off_t len)
{
	if (cut_error) {
		errno = cut_error;
		return -1;
	}
	return (int)syscall(SYS_ftruncate, fd, len);
}

static int disable(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	int lock = test_locked(), r;

	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	s.state = VSD_SERVER_DISABLED;
	r = vsd_registry_update(lock, &s, why);
	assert_int_equal(close(lock), 0);
	return r;
}

/* Without room a file is written over; one that is another file, too, is not. */
static void written_over(void **state)
{
	struct vsd_server s;

	(void)state;
	make_one();
	assert_int_equal(link(SERVER, TEST_TREE "/twin"), 0);
	fill_disk();
	assert_int_equal(disable(), -ENOSPC);
	assert_non_null(strstr(test_tree_read("twin"), "state = enabled\n"));
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.state, VSD_SERVER_ENABLED);
	assert_int_equal(unlink(TEST_TREE "/twin"), 0);
	fill_disk(); /* the name's own room */
	assert_int_equal(disable(), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.state, VSD_SERVER_DISABLED);
}

/* Ended before the rest of a longer one is cut off, it is whole. */
static void written_over_longer(void **state)
{
	static const char more[] = "# a line of the host's admin, longer than what is new\n";
	struct vsd_server s;
	int fd;

	(void)state;
	make_one();
	fd = open(SERVER, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, more, sizeof(more) - 1), sizeof(more) - 1);
	assert_int_equal(close(fd), 0);
	fill_disk();
	cut_error = EIO;
	assert_int_equal(disable(), -EIO);
	cut_error = 0;
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(s.state, VSD_SERVER_DISABLED);
	close(test_locked());
	assert_int_equal(disable(), 0);
	assert_null(strstr(test_tree_read("etc/vsd/servers/vs1"), "longer than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_disk),
		cmocka_unit_test(written_over),
		cmocka_unit_test(written_over_longer),
	};

	return RUN_AS_ROOT(tests);
}
