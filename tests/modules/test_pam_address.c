/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which address was asked, where the sockets alone do not say: a host whose daemon has
 * connections of its own, or whose registry is damaged. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "pam_fixture.h"

static bool ready;

/* The account step's answer, with that in the PAM environment. */
static int ask(const char *service, const char *user, const char *connection)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh = fx_start(service, user, &talk);
	char env[128];
	int r;

	if (connection) {
		snprintf(env, sizeof(env), "SSH_CONNECTION=%s", connection);
		assert_int_equal(pam_putenv(pamh, env), PAM_SUCCESS);
	}
	fx_logged[0] = '\0';
	r = fx_code(pam_acct_mgmt(pamh, 0));
	pam_end(pamh, 0);
	return r;
}

/* The connection is found wherever the daemon keeps it, and however large the table of
 * its descriptors is. */
static void anywhere(void **state)
{
	static const int at[] = { 3, 63, 64, 65, 127, 128, 200, 255, 256, 300, 511, 512, 700, 1023 };

	NEED();
	assert_int_equal(ask("sshd", "bob@vs1", NULL), PAM_SUCCESS); /* no connection */
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		int fd = fx_connect("10.77.0.2");

		if (fd != at[i]) {
			assert_int_equal(dup2(fd, at[i]), at[i]);
			(void)close(fd);
		}
		if (at[i] != 200)
			(void)close(200); /* the client's end */
		if (ask("sshd", "bob@vs1", NULL) != PAM_PERM_DENIED)
			fail_msg("descriptor %d is not seen", at[i]);
		close_range(3, ~0U, 0);
	}
}

/* sshd's own word counts, and no other program's. */
static void two_connections(void **state)
{
	static const struct {
		const char *service, *user, *connection;
		int code;
	} t[] = {
		{ "sshd", "bob", "192.0.2.1 4000 10.77.0.1 22", PAM_SUCCESS },
		{ "sshd", "bob@vs1", "192.0.2.1 4000 10.77.0.1 22", PAM_SUCCESS },
		{ "sshd", "bob@vs1", "192.0.2.1 4000 10.77.0.2 22", PAM_PERM_DENIED },
		{ "sshd", "hosty", "192.0.2.1 4000 127.0.0.1 22", FX_IGNORED },
		{ "sshd", "bob@vs1", "192.0.2.1 4000 127.0.0.1 22", PAM_SUCCESS },
		{ "sshd", "hosty", NULL, PAM_SERVICE_ERR },
		{ "sshd", "bob@vs1", NULL, PAM_SERVICE_ERR },
		{ "sshd", "hosty", "", PAM_SERVICE_ERR },
		{ "sshd", "hosty", "127.0.0.1", PAM_SERVICE_ERR },
		{ "sshd", "hosty", "192.0.2.1 4000", PAM_SERVICE_ERR },
		{ "sshd", "hosty", "192.0.2.1 4000 ", PAM_SERVICE_ERR },
		{ "sshd", "hosty", "192.0.2.1 4000 x 22", PAM_SERVICE_ERR },
		{ "vsftpd", "hosty", "192.0.2.1 4000 127.0.0.1 22", PAM_SERVICE_ERR },
		{ "vsftpd", "bob@vs1", "192.0.2.1 4000 10.77.0.1 22", PAM_SERVICE_ERR },
	};

	NEED();
	fx_service("vsftpd", "");
	(void)fx_connect("10.77.0.1");
	(void)fx_connect("10.77.0.2");
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int r = ask(t[i].service, t[i].user, t[i].connection);

		if (r != t[i].code)
			fail_msg("line %zu: %d, not %d: %s", i, r, t[i].code, fx_logged);
		if (r == PAM_SERVICE_ERR)
			assert_non_null(strstr(fx_logged, "cannot tell which address was asked"));
	}
}

/* Who is to repair the host must get in. */
static void root_is_let_pass(void **state)
{
	NEED();
	(void)fx_connect("10.77.0.1");
	(void)fx_connect("10.77.0.2");
	assert_int_equal(ask("sshd", "root", NULL), FX_IGNORED);
	assert_non_null(strstr(fx_logged, "(root is let pass)"));
	assert_int_equal(ask("sshd", "nobody-here", NULL), PAM_SERVICE_ERR);
	assert_null(strstr(fx_logged, "nobody-here")); /* it may be a password */
	close_range(3, ~0U, 0);
	(void)fx_connect("10.77.0.2");
	fx_server("other", 2, "enabled", 64); /* two claim the address */
	assert_int_equal(ask("sshd", "root", NULL), FX_IGNORED);
	assert_non_null(strstr(fx_logged, "(root is let pass)"));
	assert_int_equal(ask("sshd", "hosty", NULL), PAM_SERVICE_ERR);
	assert_non_null(strstr(fx_logged, "cannot tell which address was asked"));
	assert_int_equal(ask("sshd", "bob@vs1", NULL), PAM_SERVICE_ERR);
	assert_int_equal(unlink("/etc/vsd/servers/other"), 0);
	assert_int_equal(ask("sshd", "hosty", NULL), PAM_PERM_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anywhere),
		cmocka_unit_test(two_connections),
		cmocka_unit_test(root_is_let_pass),
	};

	ready = fx_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
