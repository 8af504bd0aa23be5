/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each return code that pam_vsd(8) names, from each function that it names it for, under
 * real libpam.  (Ageing and expiry: test_pam_vsd; PAM_SUCCESS of a session: the lab.) */
#include <crypt.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "pam_fixture.h"

static bool ready;
static char hash[2][CRYPT_OUTPUT_SIZE]; /* of old-secret and of other-secret */

static int authenticate(pam_handle_t *h) { return pam_authenticate(h, 0); }
static int establish(pam_handle_t *h) { return pam_setcred(h, PAM_ESTABLISH_CRED); }
static int account(pam_handle_t *h) { return pam_acct_mgmt(h, 0); }
static int change(pam_handle_t *h) { return pam_chauthtok(h, PAM_CHANGE_EXPIRED_AUTHTOK); }
static int open_it(pam_handle_t *h) { return pam_open_session(h, 0); }
static int close_it(pam_handle_t *h) { return pam_close_session(h, 0); }

static int (*const function[])(pam_handle_t *) = {
	authenticate, establish, account, change, open_it, close_it,
};
enum { AUTHENTICATE, ACCOUNT = 2, FUNCTIONS = sizeof(function) / sizeof(*function) };

static void nothing(void) {}
static void option(void) { fx_service("sshd", "enter=nowhere"); }
static void conf(void) { fx_conf("service.sshd\n"); }
static void registry(void) { fx_write("/etc/vsd/servers/vs1", 0644, "format = 1\nid = x\n"); }
static void foreign_passwd(void) { assert_int_equal(chown(FX_VS1 "/etc/passwd", 2000000, 0), 0); }
static void open_shadow(void) { assert_int_equal(chmod(FX_VS1 "/etc/shadow", 0666), 0); }
static void no_nss(void) { fx_write("/etc/passwd", 0644, "root:x:0:0::/root:/bin/sh\n"); }

static void shadow_alice(const char *of)
{
	char text[512];

	snprintf(text, sizeof(text), "alice:%s:19000:0:99999:7:::\nbob:!:19000:0:99999:7:::\n", of);
	fx_shadow(text);
}

static int code_of(unsigned f, const char *user, const char *answers)
{
	struct fx_talk talk = { .answers = answers };
	pam_handle_t *pamh = fx_start("sshd", user, &talk);
	int r = fx_code(function[f](pamh));

	pam_end(pamh, r);
	return r;
}

/* What all functions say alike; only pam_authenticate keeps an unknown name to itself. */
static void of_all_functions(void **state)
{
	static const struct {
		void (*arrange)(void);
		const char *user;
		int want, want_auth;
	} t[] = {
		{ nothing, "hosty", FX_IGNORED, FX_IGNORED },
		{ nothing, "carol@vs1", PAM_PERM_DENIED, PAM_PERM_DENIED },
		{ nothing, "stray", PAM_PERM_DENIED, PAM_PERM_DENIED },
		{ nothing, "dave@vs1", PAM_USER_UNKNOWN, PAM_AUTH_ERR },
		{ no_nss, "alice@vs1", PAM_USER_UNKNOWN, PAM_AUTH_ERR },
		{ option, "alice@vs1", PAM_SERVICE_ERR, PAM_SERVICE_ERR },
		{ conf, "alice@vs1", PAM_SERVICE_ERR, PAM_SERVICE_ERR },
		{ registry, "alice@vs1", PAM_SERVICE_ERR, PAM_SERVICE_ERR },
		{ foreign_passwd, "alice@vs1", PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL },
	};

	NEED();
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++)
		for (unsigned f = 0; f < FUNCTIONS; f++) {
			int want = f == AUTHENTICATE ? t[i].want_auth : t[i].want, got;

			fx_reset();
			assert_int_equal(chown(FX_VS1 "/etc/passwd", 0, 0), 0);
			t[i].arrange();
			got = code_of(f, t[i].user, "old-secret");
			if (got != want)
				fail_msg("line %u, function %u: %d, not %d", i, f, got, want);
		}
	assert_int_equal(chown(FX_VS1 "/etc/passwd", 0, 0), 0);
}

static void of_the_shadow_file(void **state)
{
	static const unsigned reads[] = { 0, 2, 3 };

	NEED();
	open_shadow();
	for (unsigned i = 0; i < sizeof(reads) / sizeof(*reads); i++)
		assert_int_equal(code_of(reads[i], "alice@vs1", "x\nA-new-0ne\nA-new-0ne"),
				 PAM_AUTHINFO_UNAVAIL);
}

/* What a program of util-linux says of itself; for pam_vsd this test is one. */
__attribute__((used)) static const char version[] = "util-linux 2.99";

static void login_that_opens_its_terminal_anew(void **state)
{
	static const char *const service[] = { "login", "remote" };

	NEED();
	fx_conf("service.sshd = login\nservice.login = login\nservice.remote = login\n");
	for (unsigned i = 0; i < sizeof(service) / sizeof(*service); i++) {
		struct fx_talk talk = { .answers = "" };
		pam_handle_t *pamh;

		fx_service(service[i], "");
		pamh = fx_start(service[i], "alice@vs1", &talk);
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED);
		assert_non_null(strstr(fx_logged, "opens its terminal by name"));
		pam_end(pamh, 0);
	}
	assert_int_equal(code_of(ACCOUNT, "alice@vs1", ""), PAM_SUCCESS); /* sshd's, whoever made it */
}

/* An application that never said whose login it is. */
static int no_name(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	(void)n;
	(void)msg;
	(void)resp;
	return *(int *)arg;
}

static int nobodys(unsigned f, int says)
{
	const struct pam_conv c = { no_name, &says };
	pam_handle_t *pamh = NULL;
	int r;

	assert_int_equal(pam_start_confdir("sshd", NULL, &c, FX_CONFDIR, &pamh), PAM_SUCCESS);
	r = function[f](pamh);
	pam_end(pamh, r);
	return r;
}

static void nobody_named(void **state)
{
	NEED();
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		assert_int_equal(nobodys(f, PAM_CONV_ERR), PAM_CONV_ERR);
		assert_int_equal(nobodys(f, PAM_CONV_AGAIN), PAM_INCOMPLETE);
	}
}

/* ---- the password ---- */

/* Answers in order; before question `at`, or when something is told, somebody else is
 * at work. */
struct busy {
	const char *answer[4];
	int asked, at;
	void (*work)(void);
};
enum { WHEN_TOLD = -1 };

static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	struct pam_response *out = calloc((size_t)n, sizeof(*out));
	struct busy *b = arg;

	assert_non_null(out);
	for (int i = 0; i < n; i++) {
		bool told = msg[i]->msg_style != PAM_PROMPT_ECHO_OFF;

		if (b->work && (told ? b->at == WHEN_TOLD : b->asked == b->at))
			b->work();
		if (told)
			continue;
		out[i].resp = strdup(b->answer[b->asked++]);
	}
	*resp = out;
	return PAM_SUCCESS;
}

static int change_with(struct busy *b)
{
	const struct pam_conv c = { converse, b };
	pam_handle_t *pamh = NULL;
	int r;

	b->asked = 0;
	assert_int_equal(pam_start_confdir("sshd", "alice@vs1", &c, FX_CONFDIR, &pamh), PAM_SUCCESS);
	r = change(pamh);
	pam_end(pamh, r);
	return r;
}

static const char *shadow_now(void)
{
	static char text[1024];
	int fd = open(FX_VS1 "/etc/shadow", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	return text;
}

/* How a hash by libcrypt's own default begins: "$y$". */
static const char *default_prefix(void)
{
	static char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	assert_non_null(crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)));
	return setting;
}

static void somebody_sets_it(void) { shadow_alice(hash[1]); }

/* Who typed the old password while the admin set another one does not undo that. */
static void changed_meanwhile(void **state)
{
	struct busy b = { .answer = { "old-secret", "new-secret", "new-secret" }, .at = 1,
			  .work = somebody_sets_it };

	NEED();
	shadow_alice(hash[0]);
	assert_int_equal(change_with(&b), PAM_AUTHTOK_ERR);
	assert_non_null(strstr(fx_logged, "the account has changed meanwhile"));
	assert_non_null(strstr(shadow_now(), hash[1]));
	b.work = NULL;
	shadow_alice(hash[0]);
	assert_int_equal(change_with(&b), PAM_SUCCESS);
	assert_null(strstr(shadow_now(), hash[0]));
	assert_memory_equal(shadow_now() + strlen("alice:"), default_prefix(), 3);
}

static void somebody_locks_it(void)
{
	shadow_alice("!");
	fx_write(FX_VS1 "/etc/shadow", 0666, shadow_now());
}

/* After the first round, in which pam_echo speaks last, the hash cannot be read any
 * more: nothing is written. */
static void unreadable_meanwhile(void **state)
{
	struct busy b = { .answer = { "old-secret", "new-secret", "new-secret" }, .at = WHEN_TOLD,
			  .work = somebody_locks_it };
	char text[512];

	NEED();
	shadow_alice(hash[0]);
	snprintf(text, sizeof(text), "password required %s\npassword optional pam_echo.so hello\n",
		 fx_module());
	fx_write(FX_CONFDIR "/sshd", 0644, text);
	assert_int_equal(change_with(&b), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(strncmp(shadow_now(), "alice:!:", 8), 0);
}

static void the_lock_is_held(void **state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct busy b = { .answer = { "old-secret", "new-secret", "new-secret" } };
	int fd;

	NEED();
	shadow_alice(hash[0]);
	fx_write(FX_VS1 "/etc/.pwd.lock", 0600, "");
	fd = open(FX_VS1 "/etc/.pwd.lock", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	assert_int_equal(change_with(&b), PAM_AUTHTOK_LOCK_BUSY);
	assert_non_null(strstr(fx_logged, "etc/.pwd.lock: held by another program"));
	assert_non_null(strstr(shadow_now(), hash[0]));
	close(fd);
	assert_int_equal(change_with(&b), PAM_SUCCESS);
	unlink(FX_VS1 "/etc/.pwd.lock");
}

static void not_a_good_one(void **state)
{
	static const char *const typed[][3] = {
		{ "old-secret", "new-secret", "other-one" }, /* twice, but not the same */
		{ "old-secret", "short", "short" },
		{ "old-secret", "old-secret", "old-secret" },
		{ "old-secret", "", "" },
	};

	NEED();
	shadow_alice(hash[0]);
	for (unsigned i = 0; i < sizeof(typed) / sizeof(*typed); i++) {
		struct busy b = { .answer = { typed[i][0], typed[i][1], typed[i][2] } };

		assert_int_equal(change_with(&b), PAM_AUTHTOK_ERR);
		assert_non_null(strstr(shadow_now(), hash[0]));
	}
}

/* ---- the time that a refusal takes ---- */

/* Of the processor: a busy machine has no part in it. */
static double once(const char *user)
{
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_not_equal(code_of(AUTHENTICATE, user, "wrong-secret"), PAM_SUCCESS);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* alice's hash sets the time; what bob's field holds takes it as well. */
static void refusals_take_one_time(void **state)
{
	static char locked[CRYPT_OUTPUT_SIZE + 1];
	static const struct {
		const char *bob, *user;
	} t[] = {
		{ "", "alice@vs1" },    /* a wrong one */
		{ "", "dave@vs1" },     /* no such user */
		{ "", "bob@vs1" }, { "!", "bob@vs1" }, { "*", "bob@vs1" }, { "x", "bob@vs1" },
		{ locked, "bob@vs1" },  /* by usermod -L */
	};
	double least[sizeof(t) / sizeof(*t)];
	char text[1024];

	NEED();
	snprintf(locked, sizeof(locked), "!%s", hash[0]);
	for (unsigned n = 0; n < 60 * sizeof(t) / sizeof(*t); n++) {
		unsigned i = n % (sizeof(t) / sizeof(*t));
		double took;

		snprintf(text, sizeof(text), "bob:%s:19000:0:99999:7:::\nalice:%s:19000:0:99999:7:::\n",
			 t[i].bob, hash[0]);
		fx_shadow(text);
		took = once(t[i].user);
		if (n < sizeof(t) / sizeof(*t) || took < least[i])
			least[i] = took;
	}
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		print_message("# %s '%s': %.4f s\n", t[i].user, t[i].bob, least[i]);
		assert_true(least[i] > least[0] * 0.7 && least[i] < least[0] * 1.4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_all_functions),
		cmocka_unit_test(of_the_shadow_file),
		cmocka_unit_test(login_that_opens_its_terminal_anew),
		cmocka_unit_test(nobody_named),
		cmocka_unit_test(changed_meanwhile),
		cmocka_unit_test(unreadable_meanwhile),
		cmocka_unit_test(the_lock_is_held),
		cmocka_unit_test(not_a_good_one),
		cmocka_unit_test(refusals_take_one_time),
	};
	static struct crypt_data data;

	ready = fx_enter();
	/* dear enough for its time to be seen among the rest */
	snprintf(hash[0], sizeof(hash[0]), "%s", crypt_r("old-secret", "$6$rounds=20000$saltsalt", &data));
	snprintf(hash[1], sizeof(hash[1]), "%s", crypt_r("other-secret", "$6$rounds=1000$saltsalt", &data));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
