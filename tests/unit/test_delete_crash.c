/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's deletion killed before each of its changes in turn, or starved: what
 * check --repair, vsd-vsbatch and the others call then leaves a server that is whole or
 * none, never one that is registered and has no tree. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delete.h"
#include "jobs.h"
#include "killer.h"
#include "paths_test.h"
#include "starve.h"
#include "tree.h"
#include "unfinished.h"

#define SERVERS "/mnt/etc/vsd/servers"
#define SPOOL "/mnt/var/spool/vsd"

static void told(const char *object, const char *reason, void *arg)
{
	(void)arg;
	print_error("%s: %s\n", object, reason);
}

static void make(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	struct job j = { .address = "10.0.0.1", .fqdn = "a.example", .max_users = 5, .name = "vs1" };

	assert_int_equal(jobs_tree_make(), 0);
	assert_int_equal(jobs_queue("vs1", "10.0.0.1", "a.example", "5", why), 0);
	assert_int_equal(jobs_queue("vs2", "10.0.0.2", "b.example", "5", why), 0);
	assert_int_equal(jobs_work(), 0);
	/* what a vsd-vsbatch leaves that was killed when it was done */
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	j.id = s.id;
	j.uid_first = s.uid_first;
	j.uid_count = s.uid_count;
	assert_int_equal(job_write(&j), 0);
}

static int set_state(struct vsd_server *s, enum vsd_server_state state)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int lock = -1;
	int r = vsd_registry_lock(&lock);

	s->state = state;
	return r < 0 ? r : vsd_registry_update(lock, s, why);
}

/* As vsdadm vs_delete does it, which may be run again. */
static int delete(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	int r = vsd_registry_find_name("vs1", &s);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = set_state(&s, VSD_SERVER_DISABLED);
	if (r == 0)
		r = delete_server(&s, why);
	return r < 0;
}

static void check_gone(void)
{
	struct stat st;

	killer_holds_only(JOBS_VS_ROOT, "vs2", NULL);
	killer_holds_only(SERVERS, "vs2", NULL);
	killer_holds_only(SPOOL, NULL, NULL);
	assert_int_equal(stat(JOBS_VS_ROOT "/vs2/usr/tool", &st), 0);
	assert_int_equal(st.st_nlink, 2); /* the shared inode is as it was */
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(vsd_registry_check(told, NULL), 0);
}

static void settle(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	struct stat st;

	assert_int_equal(unfinished_finish(JOBS_VS_ROOT, NULL, why), 0);
	assert_int_equal(vsd_registry_check(told, NULL), 0);
	if (vsd_registry_find_name("vs1", &s) == 0) {
		killer_holds_only(JOBS_VS_ROOT, "vs1", "vs2");
		assert_int_equal(stat(JOBS_VS_ROOT "/vs1/usr/tool", &st), 0);
		assert_int_equal(st.st_nlink, 3);
		assert_int_equal(stat(JOBS_VS_ROOT "/vs1/home", &st), 0);
		assert_int_equal(st.st_uid, s.uid_first);
		assert_int_equal(delete(), 0);
	}
	check_gone();
}

static void killed_at_every_change(void **state)
{
	unsigned n = 1;
	int killed = 1;

	(void)state;
	for (; killed; n += KILLER_STRIDE) {
		make();
		killed = killer_run(delete, n);
		settle();
		make(); /* or run again at once */
		if (killer_run(delete, n)) {
			assert_int_equal(delete(), 0);
			settle();
		}
	}
	assert_true(n > 20);
	print_message("# killed before each of %u changes\n", n);
}

static void starved(void **state)
{
	(void)state;
	/* what frees room must not need any */
	assert_int_equal(starve(make, delete, settle), 0);
}

/* Retired, and killed before it was forgotten. */
static void orphan(struct vsd_server *s)
{
	char why[VSD_WHY_MAX] = "", retired[VSD_PATH_MAX];

	make();
	assert_int_equal(vsd_registry_find_name("vs1", s), 0);
	assert_int_equal(set_state(s, VSD_SERVER_DISABLED), 0);
	assert_int_equal(tree_retire(s->root, retired, why), 0);
}

static unsigned forgotten(void)
{
	char why[VSD_WHY_MAX] = "";
	struct unfinished u = { 0 };

	assert_int_equal(unfinished_finish(JOBS_VS_ROOT, &u, why), 0);
	return u.forgotten;
}

static void orphans(void **state)
{
	struct vsd_server s;
	char path[VSD_PATH_MAX];

	(void)state;
	orphan(&s);
	assert_int_equal(forgotten(), 1);
	check_gone();
	orphan(&s);
	assert_int_equal(set_state(&s, VSD_SERVER_ENABLED), 0); /* nobody deletes that */
	assert_int_equal(forgotten(), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	orphan(&s);
	assert_int_equal(mkdir(s.root, 0755), 0); /* it has another tree */
	assert_int_equal(forgotten(), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	make(); /* what is retired was another server's, of the same name */
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(set_state(&s, VSD_SERVER_DISABLED), 0);
	snprintf(path, sizeof(path), JOBS_VS_ROOT "/.vs1.deleted-00");
	assert_int_equal(rename(s.root, path), 0);
	snprintf(path, sizeof(path), JOBS_VS_ROOT "/.vs1.deleted-00/home");
	assert_int_equal(chown(path, s.uid_first + s.uid_count, 0), 0);
	assert_int_equal(forgotten(), 0);
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
}

static void enabled_meanwhile(void **state)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;

	(void)state;
	make();
	assert_int_equal(vsd_registry_find_name("vs1", &s), 0);
	assert_int_equal(delete_server(&s, why), -EBUSY);
	assert_true(jobs_is_there("home/vsd/vs/vs1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orphans),
		cmocka_unit_test(enabled_meanwhile),
		cmocka_unit_test(killed_at_every_change),
		cmocka_unit_test(starved),
	};

	return RUN_AS_ROOT(tests);
}
