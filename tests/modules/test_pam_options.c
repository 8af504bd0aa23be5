/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam_vsd's options and PAM's flags, and what the log says, under real libpam;
 * and what the module exports and calls. */
#include <crypt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "pam_fixture.h"

static bool ready;

static void shadow_alice(const char *password)
{
	struct crypt_data *d = calloc(1, sizeof(*d));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], text[512];

	assert_non_null(d);
	assert_non_null(crypt_gensalt_rn("$1$", 0, NULL, 0, setting, sizeof(setting)));
	snprintf(text, sizeof(text), "alice:%s:19000:0:99999:7:::\n",
		 *password ? crypt_r(password, setting, d) : "");
	free(d);
	fx_shadow(text);
}

/* An earlier line asks for the password; the second is the one that is tried. */
static void two_lines(const char *options)
{
	char text[512];

	snprintf(text, sizeof(text), "auth optional %s\nauth required %s %s\n", fx_module(),
		 fx_module(), options);
	fx_write(FX_CONFDIR "/sshd", 0644, text);
}

static void earlier_password(void **state)
{
	static const struct {
		const char *options, *answers;
		int want, asked;
	} t[] = {
		{ "use_first_pass", "secret-1\nsecret-1", PAM_SUCCESS, 1 },
		{ "use_first_pass", "wrong\nsecret-1", PAM_AUTH_ERR, 1 },
		{ "try_first_pass", "secret-1\nwrong", PAM_SUCCESS, 1 },
		{ "try_first_pass", "wrong\nsecret-1", PAM_SUCCESS, 2 },
		{ "try_first_pass", "wrong\nwrong", PAM_AUTH_ERR, 2 },
		{ "use_first_pass try_first_pass", "wrong\nsecret-1", PAM_AUTH_ERR, 1 },
		{ "", "secret-1\nwrong", PAM_SUCCESS, 1 },
		{ "", "wrong\nsecret-1", PAM_AUTH_ERR, 1 },
	};

	NEED();
	shadow_alice("secret-1");
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct fx_talk talk = { .answers = t[i].answers };
		pam_handle_t *pamh;

		two_lines(t[i].options);
		pamh = fx_start("sshd", "alice@vs1", &talk);
		assert_int_equal(pam_authenticate(pamh, 0), t[i].want);
		assert_int_equal(talk.asked, t[i].asked);
		pam_end(pamh, 0);
	}
}

/* A password line that takes what an earlier module was given asks nobody. */
static void no_earlier_password_of_a_change(void **state)
{
	static const struct {
		int flags, want;
	} t[] = {
		{ PAM_CHANGE_EXPIRED_AUTHTOK, PAM_AUTH_ERR },
		{ 0, PAM_AUTHTOK_ERR }, /* root's: only the new one is wanted */
	};

	NEED();
	shadow_alice("secret-1");
	fx_service("sshd", "use_first_pass");
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct fx_talk talk = { .answers = "secret-1\nsecret-2\nsecret-2" };
		pam_handle_t *pamh = fx_start("sshd", "alice@vs1", &talk);

		assert_int_equal(pam_chauthtok(pamh, t[i].flags), t[i].want);
		assert_int_equal(talk.asked, 0);
		pam_end(pamh, 0);
	}
}

static void no_null_password(void **state)
{
	static const int flags[] = { 0, PAM_SILENT, PAM_DISALLOW_NULL_AUTHTOK };

	NEED();
	shadow_alice("");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct fx_talk talk = { .answers = "" };
		pam_handle_t *pamh = fx_start("sshd", "alice@vs1", &talk);

		assert_int_equal(pam_authenticate(pamh, flags[i]), PAM_AUTH_ERR);
		pam_end(pamh, 0);
	}
}

static void silence_of_a_change(void **state)
{
	struct fx_talk talk = { .answers = "secret-1\nshort\nshort" };
	pam_handle_t *pamh;

	NEED();
	shadow_alice("secret-1");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK | PAM_SILENT),
			 PAM_AUTHTOK_ERR);
	assert_string_equal(talk.said, "");
	pam_end(pamh, 0);
	talk.answers = "secret-1\nshort\nshort";
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_AUTHTOK_ERR);
	assert_string_equal(talk.said, "The new password is too short: at least 8 characters.");
	pam_end(pamh, 0);
}

static void nobody_to_ask(void **state)
{
	struct fx_talk talk = { .answers = NULL };
	pam_handle_t *pamh;

	NEED();
	shadow_alice("secret-1");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_CONV_ERR);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_CONV_ERR);
	assert_int_equal(pam_chauthtok(pamh, 0), PAM_AUTHTOK_ERR); /* root: only the new one */
	pam_end(pamh, 0);
}

/* Who, which server, which service, from where, why; on one line, whatever the
 * client's reverse DNS says. */
static void what_is_logged(void **state)
{
	struct fx_talk talk = { .answers = "wrong" };
	pam_handle_t *pamh;

	NEED();
	shadow_alice("secret-1");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_set_item(pamh, PAM_RHOST, "192.0.2.9\nx y"), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_string_equal(fx_logged, "refused user=alice vs=vs1 service=sshd from=192.0.2.9?x?y: "
			    "wrong password, or none that can match");
	pam_end(pamh, 0);
	talk.answers = "wrong"; /* an address is one address, whoever listens */
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_set_item(pamh, PAM_RHOST, "::ffff:192.0.2.9"), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_non_null(strstr(fx_logged, " from=192.0.2.9: "));
	pam_end(pamh, 0);
}

/* pure-ftpd gives the host's own name: the socket says who asks. */
static void this_host_is_no_client(void **state)
{
	struct fx_talk talk = { .answers = "wrong" };
	char host[HOST_NAME_MAX + 1], unasked[sizeof(host) + 16];
	pam_handle_t *pamh;
	int s;

	NEED();
	shadow_alice("secret-1");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_set_item(pamh, PAM_RHOST, host), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	(void)snprintf(unasked, sizeof(unasked), " from=%s: ", host);
	assert_non_null(strstr(fx_logged, unasked)); /* no connection: as it was said */
	s = fx_connect("10.77.0.1");
	talk.answers = "wrong";
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_non_null(strstr(fx_logged, " from=10.77.0.1: "));
	pam_end(pamh, 0);
	(void)close(s);
	(void)close(200); /* the client's end */
}

static void debug(void **state)
{
	struct fx_talk talk = { .answers = "secret-1" };
	pam_handle_t *pamh;

	NEED();
	shadow_alice("secret-1");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	fx_logged[0] = '\0'; /* libpam's own, about the confdir */
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(fx_logged, "");
	pam_end(pamh, 0);
	fx_service("sshd", "debug");
	talk.answers = "secret-1";
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK), PAM_SUCCESS);
	assert_string_equal(fx_logged, "debug user=alice vs=vs1 service=sshd from=here: "
			    "authenticate, flags 0x1: Success");
	pam_end(pamh, 0);
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(pamh, PAM_SILENT), PAM_SUCCESS);
	assert_string_equal(fx_logged, "debug user=alice vs=vs1 service=sshd from=here: "
			    "acct_mgmt, flags 0x8000: Success");
	talk.answers = "wrong";
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_AUTH_ERR);
	assert_string_equal(fx_logged, "debug user=alice vs=vs1 service=sshd from=here: "
			    "chauthtok, flags 0x4020: Authentication failure");
	pam_end(pamh, 0);
	pamh = fx_start("sshd", "hosty", &talk); /* a host user is nobody's business */
	fx_logged[0] = '\0';
	assert_int_equal(fx_code(pam_acct_mgmt(pamh, 0)), FX_IGNORED);
	assert_string_equal(fx_logged, "");
	pam_end(pamh, 0);
}

/* Is it built for coverage, whose runtime exports and calls what it likes? */
static bool has_counters(void)
{
	static char command[4200];

	snprintf(command, sizeof(command), "nm %s | grep -q __llvm_profile_", fx_module());
	return system(command) == 0;
}

/* What it exports, and what it must not call in somebody else's process. */
static void symbols(void **state)
{
	static const char *const forbidden[] = { "getpwnam", "getpwuid", "getpwent", "initgroups",
		"openlog", "syslog", "exit", "setenv", "putenv", "getenv", "sigaction", "signal",
		"system", "popen", "fork", "abort", "strcpy", "atoi" };
	static char command[4200];
	char type, name[256];
	int exported = 0;
	FILE *f;

	(void)state;
	if (has_counters())
		skip();
	snprintf(command, sizeof(command), "nm -D %s | sed 's/^ *[0-9a-f]* //; s/@.*//'", fx_module());
	f = popen(command, "r");
	assert_non_null(f);
	while (fscanf(f, "%c %255s\n", &type, name) == 2) {
		if (type == 'T') {
			exported++;
			assert_memory_equal(name, "pam_sm_", 7);
		}
		for (unsigned i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
			assert_string_not_equal(name, forbidden[i]);
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(exported, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earlier_password),
		cmocka_unit_test(no_earlier_password_of_a_change),
		cmocka_unit_test(no_null_password),
		cmocka_unit_test(silence_of_a_change),
		cmocka_unit_test(nobody_to_ask),
		cmocka_unit_test(what_is_logged),
		cmocka_unit_test(this_host_is_no_client),
		cmocka_unit_test(debug),
		cmocka_unit_test(symbols),
	};

	ready = fx_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
