/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam_vsd's sessions under real libpam: counted, and refused where anything is missing. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "pam_fixture.h"

static bool ready;

static void sessions_are_counted(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *a, *b;

	NEED();
	fx_server("vs1", 1, "enabled", 1);
	a = fx_start("sshd", "alice@vs1", &talk);
	b = fx_start("sshd", "bob@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(a, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(b, 0), PAM_PERM_DENIED);
	pam_end(a, 0);
	assert_int_equal(pam_acct_mgmt(b, 0), PAM_SUCCESS);
	pam_end(b, 0);
}

static void sessions_without_a_limit(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *h[3];

	NEED();
	fx_server("vs1", 1, "enabled", 0);
	fx_conf("service.sshd = login\nmax_sessions = 1\n"); /* the server has none of its own */
	for (int i = 0; i < 2; i++) {
		h[i] = fx_start("sshd", "alice@vs1", &talk);
		assert_int_equal(pam_acct_mgmt(h[i], 0), i == 0 ? PAM_SUCCESS : PAM_PERM_DENIED);
	}
	pam_end(h[0], 0);
	pam_end(h[1], 0);
	fx_conf("service.sshd = login\nmax_sessions = 0\n");
	for (int i = 0; i < 3; i++) {
		h[i] = fx_start("sshd", "alice@vs1", &talk);
		assert_int_equal(pam_acct_mgmt(h[i], 0), PAM_SUCCESS);
	}
	for (int i = 0; i < 3; i++)
		pam_end(h[i], 0);
}

static void session_needs_what_it_needs(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh;

	NEED();
	/* a server that stopped after the account step */
	fx_running(false);
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_non_null(strstr(fx_logged, "cannot prepare to enter: the virtual server is not running"));
	pam_end(pamh, 0);
	fx_running(true);
	/* the session line without the auth line */
	fx_service("sshd", "enter=credentials");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	pam_end(pamh, 0);
	/* no filter, no cgroup: the server is not whole */
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	pam_end(pamh, 0);
	pamh = fx_start("sshd", "hosty", &talk);
	assert_int_equal(fx_code(pam_setcred(pamh, PAM_ESTABLISH_CRED)), FX_IGNORED);
	assert_int_equal(fx_code(pam_open_session(pamh, 0)), FX_IGNORED);
	assert_int_equal(fx_code(pam_close_session(pamh, 0)), FX_IGNORED);
	pam_end(pamh, 0);
}

/* What the account step has seen and opened is good for the session that follows it, and
 * only while it is still so. */
static void session_after_account(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh;

	NEED();
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	fx_running(false);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_non_null(strstr(fx_logged, "the virtual server is not running"));
	fx_running(true); /* again: another one than the account step's */
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_non_null(strstr(fx_logged, "the virtual server is not running"));
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_non_null(strstr(fx_logged, "its cgroup or its seccomp filter is missing")); /* the fixture's lack */
	fx_server("vs1", 1, "disabled", 0);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_non_null(strstr(fx_logged, "the virtual server is disabled"));
	pam_end(pamh, 0);
}

/* sshd asks a password in its monitor, and what keyboard-interactive wants in a process
 * that it forks: that one decides for itself. */
static void forked_process_decides_anew(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh;
	int status = 0;
	pid_t pid;

	NEED();
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	fx_write(FX_VS1 "/etc/passwd", 0644, "bob:x:2000002:2000002::/home/bob:/bin/sh\n");
	pid = fork();
	if (pid == 0)
		_exit(pam_acct_mgmt(pamh, 0));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), PAM_PERM_DENIED); /* to the host she is a user still */
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS); /* decided a moment ago */
	pam_end(pamh, 0);
}

/* sshd obeys a failed open_session late; its child must not live on. */
static void child_of_a_failed_session_ends(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh;
	int status = 0;
	pid_t pid;

	NEED();
	fx_service("sshd", "enter=credentials");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	pid = fork();
	if (pid == 0) {
		(void)pam_setcred(pamh, PAM_REINITIALIZE_CRED);
		_exit(42);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	pam_end(pamh, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_are_counted),
		cmocka_unit_test(sessions_without_a_limit),
		cmocka_unit_test(session_needs_what_it_needs),
		cmocka_unit_test(session_after_account),
		cmocka_unit_test(forked_process_decides_anew),
		cmocka_unit_test(child_of_a_failed_session_ends),
	};

	ready = fx_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
