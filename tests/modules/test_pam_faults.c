/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam_vsd with each of its calls failing once: nobody comes in who would not have, no
 * crash, no descriptor left. */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "faults.h"
#include "pam_fixture.h"

static bool ready;
static char hash[CRYPT_OUTPUT_SIZE];

static int authenticate(pam_handle_t *h) { return pam_authenticate(h, 0); }
static int account(pam_handle_t *h) { return pam_acct_mgmt(h, 0); }
static int change(pam_handle_t *h) { return pam_chauthtok(h, PAM_CHANGE_EXPIRED_AUTHTOK); }
static int establish(pam_handle_t *h) { return pam_setcred(h, PAM_ESTABLISH_CRED); }
static int open_it(pam_handle_t *h) { return pam_open_session(h, 0); }
static int close_it(pam_handle_t *h) { return pam_close_session(h, 0); }

static void nothing(void) {}
static void disabled(void) { fx_server("vs1", 1, "disabled", 64); }
static void stopped(void) { fx_running(false); }
static void no_right(void) { fx_priv("ftp:x::alice\nlogin:x::bob\n"); }
static void nologin(void) { fx_write(FX_VS1 "/etc/nologin", 0644, "no\n"); }
static void no_sessions(void) { fx_server("vs1", 1, "enabled", 1); }
static void broken_conf(void) { fx_conf("service.sshd = login\nnonsense\n"); }
static void unlisted(void) { fx_conf("service.vsftpd = ftp\n"); }
static void bad_option(void) { fx_service("sshd", "enter=never"); }
static void credentials(void) { fx_service("sshd", "enter=credentials"); }
static void expired(void)
{
	char text[512];

	snprintf(text, sizeof(text), "alice:%s:19000:0:99999:7::19001:\n", hash);
	fx_shadow(text);
}

enum want { MAY, REFUSED, STRAY, NOT_OURS };

static const struct {
	const char *name, *user, *answers;
	int (*step)(pam_handle_t *h);
	void (*arrange)(void);
	enum want want;
} cases[] = {
	{ "auth", "alice@vs1", "right", authenticate, nothing, MAY },
	{ "auth, wrong", "alice@vs1", "wrong", authenticate, nothing, REFUSED },
	{ "auth, locked", "bob@vs1", "", authenticate, nothing, REFUSED },
	{ "auth, unknown", "nobody@vs1", "right", authenticate, nothing, REFUSED },
	{ "auth, nobody to ask", "alice@vs1", NULL, authenticate, nothing, REFUSED },
	{ "auth, host's", "hosty", "right", authenticate, nothing, NOT_OURS },
	{ "auth, an id of a range", "stray", "right", authenticate, nothing, STRAY },
	{ "account", "alice@vs1", "", account, nothing, MAY },
	{ "account, host's", "hosty", "", account, nothing, NOT_OURS },
	{ "account, another's id", "carol@vs1", "", account, nothing, REFUSED },
	{ "account, disabled", "alice@vs1", "", account, disabled, REFUSED },
	{ "account, stopped", "alice@vs1", "", account, stopped, REFUSED },
	{ "account, no right", "alice@vs1", "", account, no_right, REFUSED },
	{ "account, nologin", "alice@vs1", "", account, nologin, REFUSED },
	{ "account, expired", "alice@vs1", "", account, expired, REFUSED },
	{ "account, no service", "alice@vs1", "", account, unlisted, REFUSED },
	{ "account, conf", "alice@vs1", "", account, broken_conf, REFUSED },
	{ "account, option", "alice@vs1", "", account, bad_option, REFUSED },
	{ "password", "alice@vs1", "right\nA-new-0ne\nA-new-0ne", change, nothing, MAY },
	{ "password, wrong", "alice@vs1", "wrong\nA-new-0ne\nA-new-0ne", change, nothing, REFUSED },
	{ "setcred", "alice@vs1", "", establish, nothing, MAY },
	{ "setcred, disabled", "alice@vs1", "", establish, unlisted, REFUSED },
	/* the fixture's server is not whole: no session may ever be had */
	{ "session", "alice@vs1", "", open_it, nothing, REFUSED },
	{ "session by credentials", "alice@vs1", "", open_it, credentials, REFUSED },
	{ "session, host's", "hosty", "", open_it, nothing, NOT_OURS },
};

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void arrange(unsigned c)
{
	char text[512];

	fx_reset();
	snprintf(text, sizeof(text), "alice:%s:19000:0:99999:7:::\nbob:!:19000:0:99999:7:::\n", hash);
	fx_shadow(text);
	cases[c].arrange();
}

static void check(unsigned c, unsigned n, int code)
{
	const char *failed = faults_name();
	bool right = true;

	switch (cases[c].want) {
	case MAY: right = failed ? code != FX_IGNORED : code == PAM_SUCCESS; break;
	case REFUSED: right = code != PAM_SUCCESS && code != FX_IGNORED; break;
	/* a host's line for an id of a range: not known, it is nobody's here either, and
	 * each later hook asks anew */
	case STRAY: right = failed && strcmp(failed, "pam_modutil_getpwnam") == 0
				    ? code != PAM_SUCCESS
				    : code != PAM_SUCCESS && code != FX_IGNORED;
		break;
	case NOT_OURS: right = failed ? code != PAM_SUCCESS : code == FX_IGNORED; break;
	}
	/* The codes that pam_vsd(8) has for these; what else is refused comes first. */
	if (failed && cases[c].want == MAY && strcmp(failed, "clock_gettime") == 0)
		right = code == PAM_SYSTEM_ERR;
	if (failed && cases[c].want == MAY && strcmp(failed, "strdup") == 0)
		right = code == PAM_BUF_ERR;
	if (!right)
		fail_msg("%s: call %u (%s) fails: %d; %s", cases[c].name, n,
			 failed ? failed : "none", code, fx_logged);
}

static unsigned one(unsigned c, unsigned n, int error)
{
	struct fx_talk talk = { .answers = cases[c].answers };
	pam_handle_t *h;
	unsigned calls;
	int code, fds = open_fds();

	h = fx_start("sshd", cases[c].user, &talk);
	faults_arm(n, error);
	code = fx_code(cases[c].step(h));
	calls = faults_disarm();
	check(c, n, code);
	assert_int_equal(pam_end(h, 0), PAM_SUCCESS);
	if (open_fds() != fds)
		fail_msg("%s: call %u (%s) fails: a descriptor is left", cases[c].name, n,
			 faults_name());
	return calls;
}

static void each_call_fails_once(void **state)
{
	unsigned tried = 0;

	(void)state;
	if (!ready)
		skip();
	for (unsigned c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		arrange(c);
		for (unsigned n = 1;; n++, tried++) {
			(void)one(c, n, n & 1 ? EIO : EINTR);
			if (!faults_name())
				break;
			arrange(c); /* a password may be another one now */
		}
		for (unsigned n = 1;; n++, tried++) {
			(void)one(c, n, n & 1 ? EMFILE : EIO);
			if (!faults_name())
				break;
			arrange(c);
		}
	}
	print_message("# %u failures of calls\n", tried);
	assert_true(tried > 500);
}

/* A session more than there may be, while another is held. */
static void no_session_too_many(void **state)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *held;

	(void)state;
	if (!ready)
		skip();
	fx_reset();
	no_sessions();
	held = fx_start("sshd", "bob@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(held, 0), PAM_SUCCESS);
	for (unsigned n = 1;; n++) {
		pam_handle_t *h = fx_start("sshd", "alice@vs1", &talk);
		int code;

		faults_arm(n, EIO);
		code = pam_acct_mgmt(h, 0);
		(void)faults_disarm();
		if (code == PAM_SUCCESS || fx_code(code) == FX_IGNORED)
			fail_msg("call %u (%s) fails: let in", n, faults_name());
		pam_end(h, 0);
		if (!faults_name())
			break;
	}
	pam_end(held, 0);
}

/* What pam_vsd(8) says of all functions: no memory for the name or for the handle's state,
 * no clock. */
static void no_memory_no_clock(void **state)
{
	static int (*const function[])(pam_handle_t *) = { authenticate, establish, account,
							   change, open_it, close_it };
	static const struct {
		const char *call;
		int code;
	} want[] = { { "calloc", PAM_BUF_ERR }, { "strdup", PAM_BUF_ERR },
		     { "clock_gettime", PAM_SYSTEM_ERR } };

	(void)state;
	if (!ready)
		skip();
	for (unsigned f = 0; f < sizeof(function) / sizeof(*function); f++)
		for (unsigned w = 0; w < sizeof(want) / sizeof(*want); w++) {
			const char *failed;
			unsigned n = 1;

			do { /* the first call of that name */
				struct fx_talk talk = { .answers = "right\nA-new-0ne\nA-new-0ne" };
				pam_handle_t *h;
				int code;

				arrange(0);
				h = fx_start("sshd", "alice@vs1", &talk);
				faults_arm(n++, EIO);
				code = function[f](h);
				(void)faults_disarm();
				failed = faults_name();
				pam_end(h, 0);
				if (!failed)
					fail_msg("function %u makes no call of %s", f, want[w].call);
				if (strcmp(failed, want[w].call) == 0 && code != want[w].code)
					fail_msg("function %u without %s: %d", f, failed, code);
			} while (strcmp(failed, want[w].call) != 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_fails_once),
		cmocka_unit_test(no_memory_no_clock),
		cmocka_unit_test(no_session_too_many),
	};
	static struct crypt_data data;
	const char *made = crypt_r("right", "$5$rounds=1000$saltsalt", &data);

	ready = fx_enter();
	if (made)
		snprintf(hash, sizeof(hash), "%s", made);
	fx_module_is("pam_vsd_faults.so");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
