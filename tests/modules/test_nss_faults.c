/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nss_vsd with each of its calls failing once: no crash, no wrong answer, no "not found"
 * of what is there, and nothing left open; and many lookups, which leave nothing. */
#include "faults.h"
#include "nss_rig.h"
#include "paths_test.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 14];
static int error;

typedef enum nss_status ask_fn(void);

static enum nss_status by_name(void)
{
	struct passwd p;
	enum nss_status s = rig.getpwnam("alice@vs1", &p, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS) {
		assert_int_equal(p.pw_uid, rig_uid(1, 1));
		assert_string_equal(p.pw_shell, "/usr/lib/vsd/vsd-shell");
	}
	return s;
}

static enum nss_status by_uid(void)
{
	struct passwd p;
	enum nss_status s = rig.getpwuid(rig_uid(2, 2), &p, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS)
		assert_string_equal(p.pw_name, "bob@vs2");
	return s;
}

static enum nss_status group_by_name(void)
{
	struct group g;
	enum nss_status s = rig.getgrnam("audio@vs1", &g, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS)
		assert_int_equal(g.gr_gid, rig_uid(1, 50));
	return s;
}

static enum nss_status group_by_gid(void)
{
	struct group g;
	enum nss_status s = rig.getgrgid(rig_uid(1, 51), &g, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS)
		assert_string_equal(g.gr_name, "sudo@vs1");
	return s;
}

static enum nss_status shadow(void)
{
	struct spwd p;
	enum nss_status s = rig.getspnam("alice@vs1", &p, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS)
		/* "*" is nobody's password */
		assert_true(strcmp(p.sp_pwdp, faults_name() ? "*" : "$6$c$d") == 0 ||
			    strcmp(p.sp_pwdp, "$6$c$d") == 0);
	return s;
}

static enum nss_status gshadow(void)
{
	struct sgrp g;
	enum nss_status s = rig.getsgnam("audio@vs1", &g, buffer, sizeof(buffer), &error);

	if (s == NSS_STATUS_SUCCESS)
		assert_string_equal(g.sg_adm[0], "admin@vs1");
	return s;
}

static enum nss_status groups(void)
{
	long start = 0, size = 1;
	gid_t *got = malloc(sizeof(*got));
	enum nss_status s;

	assert_non_null(got);
	s = rig.initgroups("alice@vs1", rig_uid(1, 1), &start, &size, &got, -1, &error);
	for (long i = 0; i < start; i++)
		assert_int_equal(got[i], rig_uid(1, 50)); /* never disk's 6 */
	if (s == NSS_STATUS_SUCCESS)
		assert_int_equal(start, 1);
	free(got);
	return s;
}

static enum nss_status enumerate(void)
{
	struct passwd p;
	enum nss_status s = rig.setpwent(0);
	unsigned n = 0;

	while (s == NSS_STATUS_SUCCESS) {
		s = rig.getpwent(&p, buffer, sizeof(buffer), &error);
		if (s != NSS_STATUS_SUCCESS)
			break;
		assert_true(p.pw_uid >= RIG_FIRST);
		n++;
	}
	(void)rig.endpwent();
	/* the end of the list, which is no error, but after all of it */
	return s == NSS_STATUS_NOTFOUND && n == 6 ? NSS_STATUS_SUCCESS : s;
}

static ask_fn *const asks[] = { by_name, by_uid,  group_by_name, group_by_gid,
				shadow,  gshadow, groups,	 enumerate };

/* Not known whether "/" is another one by now: then no file is read, and what was not
 * asked for before is not there.  And a list passes a server over whose files it cannot
 * read: one server must not take all others' users away. */
static bool may_be_not_found(ask_fn *ask, const char *failed)
{
	return ask == enumerate || strcmp(failed, "stat64") == 0;
}

/* Cold: the module is loaded anew, and holds nothing. */
static unsigned one(ask_fn *ask, unsigned n, int failure, const char **out_name)
{
	enum nss_status s;
	unsigned calls;
	size_t at;
	int fds;

	rig_load();
	fds = rig_open_fds();
	faults_arm(n, failure);
	s = ask();
	calls = faults_disarm();
	*out_name = faults_name();
	for (at = 0; asks[at] != ask; at++)
		;
	if (!*out_name ? s != NSS_STATUS_SUCCESS
		       : (s == NSS_STATUS_NOTFOUND && !may_be_not_found(ask, *out_name)) ||
				 s == NSS_STATUS_RETURN)
		fail_msg("lookup %zu: call %u (%s) fails: status %d", at, n, *out_name ? *out_name : "none", s);
	if (rig_open_fds() > fds)
		fail_msg("call %u (%s) fails: a descriptor is left", n, *out_name);
	/* and it recovers */
	if (ask() != NSS_STATUS_SUCCESS)
		fail_msg("call %u (%s) failed: the next lookup too", n, *out_name);
	rig_stop();
	rig.handle = NULL;
	return calls;
}

static void each_call_fails_once(void **state)
{
	static const int errors[] = { EIO, EINTR, EMFILE };
	unsigned tried = 0;

	(void)state;
	rig_stop();
	for (size_t a = 0; a < sizeof(asks) / sizeof(*asks); a++)
		for (size_t e = 0; e < sizeof(errors) / sizeof(*errors); e++) {
			const char *name = "";

			for (unsigned n = 1; name; n++, tried++)
				(void)one(asks[a], n, errors[e], &name);
		}
	print_message("# %u failures of calls\n", tried);
	assert_true(tried > 200);
}

static void many_lookups_leave_nothing(void **state)
{
	size_t before = 0, after;
	int fds = 0;

	(void)state;
	rig_load();
	for (unsigned i = 0; i < 100000; i++) {
		if (i == 1000) { /* all that is kept is kept by now */
			before = mallinfo2().uordblks;
			fds = rig_open_fds();
		}
		assert_int_equal(asks[i % 7](), NSS_STATUS_SUCCESS);
	}
	after = mallinfo2().uordblks;
	assert_int_equal(rig_open_fds(), fds);
	assert_true(after <= before + 4096);
}

static int set_up(void **state)
{
	rig_module = NSS_FAULTS_MODULE;
	(void)rig_set_up(state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_call_fails_once, set_up),
		cmocka_unit_test(many_lookups_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
