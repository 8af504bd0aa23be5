/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam_vsd under real libpam: one return code a line. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "pam_fixture.h"

static bool ready;

static const char *hash_of(const char *method, const char *password)
{
	static char out[CRYPT_OUTPUT_SIZE];
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *d = calloc(1, sizeof(*d));

	if (*method == '-') /* the 13 characters of DES */
		snprintf(setting, sizeof(setting), "ab");
	else
		assert_non_null(crypt_gensalt_rn(method, 0, NULL, 0, setting, sizeof(setting)));
	snprintf(out, sizeof(out), "%s", crypt_r(password, setting, d));
	free(d);
	return out;
}

static void shadow_alice(const char *hash, const char *rest)
{
	char text[512];

	snprintf(text, sizeof(text), "alice:%s:%s\nbob:!:19000:0:99999:7:::\n", hash, rest);
	fx_shadow(text);
}

static int auth(const char *service, const char *user, const char *answers)
{
	struct fx_talk talk = { .answers = answers };
	pam_handle_t *pamh = fx_start(service, user, &talk);
	int r = fx_code(pam_authenticate(pamh, 0));

	pam_end(pamh, r);
	return r;
}

static int account(const char *service, const char *user)
{
	struct fx_talk talk = { .answers = "" };
	pam_handle_t *pamh = fx_start(service, user, &talk);
	int r = fx_code(pam_acct_mgmt(pamh, 0));

	pam_end(pamh, r);
	return r;
}

static void passwords(void **state)
{
	static const struct {
		const char *method, *before, *typed;
		int want;
	} t[] = {
		{ "$y$", "", "secret-1", PAM_SUCCESS },
		{ "$6$", "", "secret-1", PAM_SUCCESS },
		{ "$5$", "", "secret-1", PAM_SUCCESS },
		{ "$2b$", "", "secret-1", PAM_SUCCESS },
		{ "$1$", "", "secret-1", PAM_SUCCESS },
		{ "-", "", "secret-1", PAM_SUCCESS },
		{ "$y$", "", "secret-2", PAM_AUTH_ERR },
		{ "$y$", "", "", PAM_AUTH_ERR },
		{ "$y$", "!", "secret-1", PAM_AUTH_ERR }, /* locked by usermod -L */
		{ "$y$", "*", "secret-1", PAM_AUTH_ERR },
	};
	char hash[CRYPT_OUTPUT_SIZE + 1];

	NEED();
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		snprintf(hash, sizeof(hash), "%s%s", t[i].before, hash_of(t[i].method, "secret-1"));
		shadow_alice(hash, "19000:0:99999:7:::");
		assert_int_equal(auth("sshd", "alice@vs1", t[i].typed), t[i].want);
	}
	shadow_alice("", "19000:0:99999:7:::"); /* an empty hash lets nobody in */
	assert_int_equal(auth("sshd", "alice@vs1", ""), PAM_AUTH_ERR);
	shadow_alice("*", "19000:0:99999:7:::");
	assert_int_equal(auth("sshd", "alice@vs1", "*"), PAM_AUTH_ERR);
}

static void who_is_asked_about(void **state)
{
	static const struct {
		const char *user;
		int want;
	} t[] = {
		{ "alice@vs1", PAM_SUCCESS },
		{ "root", FX_IGNORED },
		{ "hosty", FX_IGNORED },
		{ "nobody-at-all", FX_IGNORED },
		{ "corp@realm", FX_IGNORED },       /* another realm's name, no server's */
		{ "dave@vs1", PAM_USER_UNKNOWN },
		{ "carol@vs1", PAM_PERM_DENIED },   /* NSS gives a uid of the host */
		{ "root@vs1", PAM_USER_UNKNOWN },   /* uid 0 does not exist in a server */
		{ "stray", PAM_PERM_DENIED },       /* a host line inside a range */
		{ "Alice@vs1", FX_IGNORED },
		{ "alice@vs1@vs1", FX_IGNORED },
		{ "alice@../vs1", FX_IGNORED },
	};

	NEED();
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_int_equal(account("sshd", t[i].user), t[i].want);
}

static void on_an_address(void **state)
{
	static const struct {
		const char *address, *user;
		int want;
	} t[] = {
		{ "10.77.0.1", "bob", PAM_SUCCESS },
		{ "10.77.0.1", "alice", PAM_PERM_DENIED },  /* the host's alice wins in NSS */
		{ "10.77.0.1", "alice@vs1", PAM_SUCCESS },
		{ "10.77.0.1", "root", PAM_PERM_DENIED },
		{ "10.77.0.1", "hosty", PAM_PERM_DENIED },
		{ "10.77.0.1", "bob@vs2", PAM_PERM_DENIED },
		{ "10.77.0.1", "nobody-at-all", PAM_USER_UNKNOWN },
		{ "10.77.0.2", "bob@vs1", PAM_PERM_DENIED },
		{ "10.77.0.99", "hosty", FX_IGNORED },
		{ "10.77.0.99", "root", FX_IGNORED },
		{ "10.77.0.99", "bob@vs1", PAM_SUCCESS },
	};
	int s;

	NEED();
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		s = fx_connect(t[i].address);
		assert_int_equal(account("sshd", t[i].user), t[i].want);
		close(s);
		close(200);
	}
	fx_conf("service.sshd = login\nhost_users_on_vs_address = yes\n");
	s = fx_connect("10.77.0.1");
	assert_int_equal(account("sshd", "hosty"), FX_IGNORED);
	assert_int_equal(account("sshd", "bob"), PAM_SUCCESS);
	close(s);
	close(200);
}

static void accounts(void **state)
{
	long today = (long)(time(NULL) / 86400);
	const struct {
		long last, max, warn, inactive, expire; /* -1: empty */
		int want;
	} t[] = {
		{ today, 99999, 7, -1, -1, PAM_SUCCESS },
		{ -1, -1, -1, -1, -1, PAM_SUCCESS },
		{ 0, 99999, 7, -1, -1, PAM_NEW_AUTHTOK_REQD },
		{ today - 10, 10, 7, -1, -1, PAM_SUCCESS },
		{ today - 11, 10, 7, -1, -1, PAM_NEW_AUTHTOK_REQD },
		{ today - 16, 10, 7, 5, -1, PAM_AUTHTOK_EXPIRED },
		{ today - 15, 10, 7, 5, -1, PAM_NEW_AUTHTOK_REQD },
		{ today, 99999, 7, -1, today, PAM_ACCT_EXPIRED },
		{ today, 99999, 7, -1, today + 1, PAM_SUCCESS },
		{ today + 30, 10, 7, 0, -1, PAM_SUCCESS }, /* the clock went back */
	};
	char rest[256], n[5][24];

	NEED();
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const long v[5] = { t[i].last, t[i].max, t[i].warn, t[i].inactive, t[i].expire };

		for (int k = 0; k < 5; k++) {
			n[k][0] = '\0';
			if (v[k] >= 0)
				snprintf(n[k], sizeof(n[k]), "%ld", v[k]);
		}
		snprintf(rest, sizeof(rest), "%s::%s:%s:%s:%s:", n[0], n[1], n[2], n[3], n[4]);
		shadow_alice("!", rest);
		assert_int_equal(account("sshd", "alice@vs1"), t[i].want);
	}
	fx_shadow("bob:!:19000:0:99999:7:::\n");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_AUTHINFO_UNAVAIL);
}

static void warning_and_silence(void **state)
{
	struct fx_talk talk = { .answers = "" };
	char rest[64];
	pam_handle_t *pamh;

	NEED();
	snprintf(rest, sizeof(rest), "%ld:0:10:7:::", (long)(time(NULL) / 86400) - 8);
	shadow_alice("!", rest);
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_acct_mgmt(pamh, PAM_SILENT), PAM_SUCCESS);
	assert_string_equal(talk.said, "");
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_string_equal(talk.said, "Your password expires in 2 days.");
	pam_end(pamh, 0);
}

static void refusals(void **state)
{
	NEED();
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SUCCESS);

	fx_service("cron", "");
	assert_int_equal(account("cron", "alice@vs1"), PAM_PERM_DENIED);
	assert_int_equal(account("cron", "hosty"), FX_IGNORED);
	fx_service("vsftpd", "");
	assert_int_equal(account("vsftpd", "alice@vs1"), PAM_PERM_DENIED); /* no right */
	fx_priv("login:x::bob\nftp:x::alice\n");
	assert_int_equal(account("vsftpd", "alice@vs1"), PAM_SUCCESS);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);

	fx_reset();
	fx_running(false);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);
	fx_write("/run/vsd/vs1/init", 0644, "1 1\n"); /* a pid used again */
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);

	fx_reset();
	fx_server("vs1", 1, "disabled", 64);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);

	fx_reset();
	fx_write(FX_VS1 "/etc/nologin", 0644, "");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);
	fx_reset();
	fx_write("/etc/nologin", 0644, "");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_PERM_DENIED);
	assert_int_equal(account("sshd", "hosty"), FX_IGNORED);
}

static void nothing_fails_open(void **state)
{
	NEED();
	fx_service("sshd", "enter=credentails");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SERVICE_ERR);
	assert_int_equal(account("sshd", "root"), FX_IGNORED);

	fx_reset();
	fx_conf("no such key\n");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SERVICE_ERR);
	assert_int_equal(account("sshd", "root"), FX_IGNORED);

	fx_reset();
	chmod("/etc/vsd.conf", 0666);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SERVICE_ERR);
	chmod("/etc/vsd.conf", 0644);

	fx_write("/etc/vsd/servers/vs1", 0644, "format = 1\nid = x\n");
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SERVICE_ERR);
	assert_int_equal(account("sshd", "root"), FX_IGNORED);

	fx_reset();
	assert_int_equal(chown(FX_VS1 "/etc/shadow", 2000000, 0), 0);
	assert_int_equal(auth("sshd", "alice@vs1", "x"), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(chown(FX_VS1 "/etc/shadow", 0, 0), 0);
	assert_int_equal(chown(FX_VS1 "/etc", 2000000, 0), 0);
	assert_int_not_equal(auth("sshd", "alice@vs1", "x"), PAM_SUCCESS);
	assert_int_equal(chown(FX_VS1 "/etc", 0, 0), 0);
	assert_int_equal(chown(FX_VS1, 2000000, 0), 0);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(chown(FX_VS1, 0, 0), 0);
}

static void first_pass(void **state)
{
	struct fx_talk talk = { .answers = "secret-1" };
	pam_handle_t *pamh;

	NEED();
	shadow_alice(hash_of("$6$", "secret-1"), "19000:0:99999:7:::");
	fx_service("sshd", "use_first_pass");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(talk.asked, 0);
	pam_end(pamh, 0);

	fx_service("sshd", "try_first_pass");
	talk.answers = "secret-1";
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(talk.asked, 1);
	pam_end(pamh, 0);
	talk = (struct fx_talk){ .answers = "wrong\nsecret-1" }; /* an own question is no earlier one */
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(talk.asked, 1);
	pam_end(pamh, 0);
}

/* The unknown are asked like the known. */
static void unknown_users_are_asked(void **state)
{
	struct fx_talk talk = { .answers = "x" };
	pam_handle_t *pamh;

	NEED();
	pamh = fx_start("sshd", "dave@vs1", &talk);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(talk.asked, 1);
	pam_end(pamh, 0);
}

static void jump_question(void **state)
{
	NEED();
	fx_service("anything", "is_vs_user");
	assert_int_equal(account("anything", "alice@vs1"), PAM_SUCCESS);
	assert_int_equal(account("anything", "hosty"), FX_IGNORED);
	assert_int_equal(account("anything", "stray"), PAM_PERM_DENIED);
}

static void change_password(void **state)
{
	struct fx_talk talk = { .answers = "old-secret\nnew-secret\nnew-secret" };
	pam_handle_t *pamh;

	NEED();
	shadow_alice(hash_of("$6$", "old-secret"), "0:0:99999:7:::");
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_SUCCESS);
	pam_end(pamh, 0);
	assert_int_equal(auth("sshd", "alice@vs1", "new-secret"), PAM_SUCCESS);
	assert_int_equal(auth("sshd", "alice@vs1", "old-secret"), PAM_AUTH_ERR);
	assert_int_equal(account("sshd", "alice@vs1"), PAM_SUCCESS);

	talk.answers = "wrong-secret\nx";
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_AUTH_ERR);
	pam_end(pamh, 0);
	talk.answers = "new-secret\nshort\nshort";
	pamh = fx_start("sshd", "alice@vs1", &talk);
	assert_int_equal(pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_AUTHTOK_ERR);
	pam_end(pamh, 0);
	pamh = fx_start("sshd", "hosty", &talk);
	assert_int_equal(fx_code(pam_chauthtok(pamh, 0)), FX_IGNORED);
	pam_end(pamh, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords),
		cmocka_unit_test(who_is_asked_about),
		cmocka_unit_test(on_an_address),
		cmocka_unit_test(accounts),
		cmocka_unit_test(warning_and_silence),
		cmocka_unit_test(refusals),
		cmocka_unit_test(nothing_fails_open),
		cmocka_unit_test(first_pass),
		cmocka_unit_test(unknown_users_are_asked),
		cmocka_unit_test(jump_question),
		cmocka_unit_test(change_password),
	};

	ready = fx_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
