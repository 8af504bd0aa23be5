/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a root change, in a process whose index has become old meanwhile: what it held
 * before answers, and nothing that lies in the server. */
#include "nss_rig.h"
#include "paths_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry.h"

/* The mapped index is no longer the current one. */
static void supersede(void)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	int lock;

	assert_int_equal(vsd_registry_find_name("vs2", &s), 0);
	s.max_sessions++;
	assert_int_equal(vsd_registry_lock(&lock), 0);
	assert_int_equal(vsd_registry_update(lock, &s, why), 0);
	assert_int_equal(close(lock), 0);
}

static enum nss_status first_of_all(void)
{
	static char room[1 << 12];
	struct passwd p;
	int e = 0;

	(void)rig.setpwent(0);
	return rig.getpwent(&p, room, sizeof(room), &e);
}

#define WANT(call, status) do { if ((call) != NSS_STATUS_##status) return __LINE__; } while (0)

/* 0, or the line of what was not so (the file has less than 256). */
static int in_the_server(void)
{
	static char room[1 << 12];
	struct passwd p;
	struct group g;
	struct spwd s;
	int e = 0;

	WANT(rig_pwnam("alice@vs1", &p), SUCCESS);
	WANT(rig.getgrnam("audio@vs1", &g, room, sizeof(room), &e), SUCCESS);
	supersede();
	rig_passwd(1, "alice:x:0:0::/:/bin/sh\n", "eve:x:2000209:2000209::/:/bin/sh\n");
	if (chroot(RIG_ROOTS "/vs1") < 0 || chdir("/") < 0)
		return __LINE__;
	WANT(rig_pwnam("alice@vs1", &p), SUCCESS);
	if (p.pw_uid != rig_uid(1, 1) || strcmp(p.pw_dir, RIG_ROOTS "/vs1/./home/alice") != 0)
		return __LINE__;
	WANT(rig_pwuid(rig_uid(1, 1), &p), SUCCESS);
	if (strcmp(p.pw_name, "alice@vs1") != 0)
		return __LINE__;
	WANT(rig.getgrnam("audio@vs1", &g, room, sizeof(room), &e), SUCCESS);
	if (g.gr_gid != rig_uid(1, 50))
		return __LINE__;
	WANT(rig.getgrgid(rig_uid(1, 50), &g, room, sizeof(room), &e), SUCCESS);
	/* never asked for before: not to be told, by name or by number */
	WANT(rig_pwnam("eve@vs1", &p), NOTFOUND);
	WANT(rig_pwnam("alice@vs2", &p), NOTFOUND);
	WANT(rig_pwnam("alice@vs9", &p), NOTFOUND);
	WANT(rig_pwuid(rig_uid(2, 1), &p), NOTFOUND);
	WANT(rig_pwuid(rig_uid(9, 1), &p), NOTFOUND);
	WANT(rig.getgrnam("audio@vs2", &g, room, sizeof(room), &e), NOTFOUND);
	WANT(rig_pwnam("alice", &p), NOTFOUND);
	if (rig.getspnam("alice@vs1", &s, room, sizeof(room), &e) == NSS_STATUS_SUCCESS &&
	    strcmp(s.sp_pwdp, "*") != 0)
		return __LINE__;
	WANT(first_of_all(), NOTFOUND);
	return 0;
}

static void held_before(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(in_the_server());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(held_before) };

	return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
