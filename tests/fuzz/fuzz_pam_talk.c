/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A login as a hostile client and a careless admin would have it: real libpam, pam_vsd,
 * options, a user's name, and a conversation that answers what the input says, with
 * errors, with nothing or at any length.  The input, byte by byte:
 *   how      bits 0 to 3: authenticate, acct_mgmt, chauthtok, open_session;
 *            4: by vs1's address; 5: another service; 6: silent; 7: password expired
 *   user     which of `users`; past them none is given, and the module asks
 *   options  how many, then which of `options`
 *   answers  one for each message: a letter (see answer()) and what follows it */
#include "fuzz.h"

#include <crypt.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../modules/pam_fixture.h"

#define RIGHT "right-horse-7"
#define ANSWERS_MAX 16
#define OPTIONS_MAX 8
#define LONG_MAX_BYTES 2048
enum { AUTH = 1, ACCT = 2, CHANGE = 4, OPEN = 8, AT_VS1 = 16, OTHER = 32, SILENT = 64, EXPIRED = 128 };

int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const users[] = { "alice@vs1", "bob@vs1", "alice", "bob", "root", "hosty", "dave@vs1",
				     "carol@vs1", "bob@vs2", RIGHT };
static const char *const options[] = { "debug", "enter=session", "enter=credentials", "try_first_pass",
				       "use_first_pass", "is_vs_user", "enter=", "nullok", "[debug x]",
				       "Debug" };
enum { IS_VS_USER = 5, KNOWN = 6, N_USERS = sizeof(users) / sizeof(*users),
       N_OPTIONS = sizeof(options) / sizeof(*options) };

struct talk {
	const uint8_t *p;
	size_t left;
	char *given[ANSWERS_MAX]; /* what was answered */
	size_t n;
};

struct login {
	struct talk talk;
	uint8_t how, user;
	bool bad, asks_who; /* an unknown option; is_vs_user */
	pam_handle_t *pamh;
};

static char shadow[256];

/* The program's own stands before libcrypt's: the default method takes a tenth of a second. */
__attribute__((visibility("default")))
char *crypt_gensalt_rn(const char *prefix, unsigned long count, const char *bytes, int nbytes, char *out,
		       int size)
{
	(void)prefix;
	(void)count;
	(void)bytes;
	(void)nbytes;
	MUST(snprintf(out, (size_t)size, "$1$abcdefgh") < size);
	return out;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!fx_enter()) {
		(void)fprintf(stderr, "skipped: not root, or no namespaces\n");
		exit(0);
	}
	fx_module_is("pam_vsd_fuzz.so");
	/* Kept: the fuzzer reads its counters after libpam has let it go. */
	MUST(dlopen(fx_module(), RTLD_NOW | RTLD_NODELETE));
	fx_reset();
	(void)snprintf(shadow, sizeof(shadow), "alice:%s:19000:0:99999:7:::\n", crypt(RIGHT, "$1$salt"));
	(void)snprintf(shadow + strlen(shadow), sizeof(shadow) - strlen(shadow),
		       "bob:%s:19000:0:99999:7:::\n", crypt(RIGHT, "$1$pepper"));
	fx_shadow(shadow);
	return 0;
}

/* libpam's own: pam_get_authtok loses the first answer when the second is none. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:pam_vprompt\n";
}

static uint8_t byte(struct talk *t)
{
	if (t->left == 0)
		return 0;
	t->left--;
	return *t->p++;
}

/* Text of the input's, or the one password that is right, or one that is far too long. */
static char *text(struct talk *t, uint8_t letter)
{
	char *s;
	size_t len;

	if (letter == 'r')
		return strdup(RIGHT);
	if (letter == 'u')
		return strdup(users[byte(t) % N_USERS]);
	len = letter == 'l' ? byte(t) * (LONG_MAX_BYTES / 256) : byte(t);
	if (letter == 's' && len > t->left)
		len = t->left;
	s = malloc(len + 1);
	MUST(s);
	memset(s, 'x', len);
	if (letter == 's') {
		memcpy(s, t->p, len);
		t->p += len;
		t->left -= len;
	}
	s[len] = '\0';
	return s;
}

/* n: no text; g: a return code that is none; else text. */
static void answer(struct talk *t, struct pam_response *out)
{
	uint8_t letter = byte(t);

	if (letter == 'n')
		return;
	if (letter == 'g')
		out->resp_retcode = byte(t);
	out->resp = text(t, letter);
	MUST(out->resp);
	if (t->n < ANSWERS_MAX)
		t->given[t->n++] = strdup(out->resp);
}

/* e: an error, any code but success; z: success and no answers at all. */
static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	struct talk *t = arg;
	struct pam_response *out;
	int code;

	if (t->left == 0)
		return PAM_CONV_ERR;
	if (*t->p == 'e' || *t->p == 'z') {
		code = byte(t) == 'e' ? byte(t) : PAM_SUCCESS;
		*resp = NULL;
		return code;
	}
	out = calloc((size_t)n, sizeof(*out));
	MUST(out);
	for (int i = 0; i < n; i++) {
		MUST(msg[i]->msg && !strstr(msg[i]->msg, RIGHT));
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_OFF || msg[i]->msg_style == PAM_PROMPT_ECHO_ON)
			answer(t, &out[i]);
	}
	*resp = out;
	return PAM_SUCCESS;
}

static void no_delay(int status, unsigned usec, void *arg)
{
	(void)status;
	(void)usec;
	(void)arg;
}

static bool said(const struct talk *t, const char *password)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->given[i], password) == 0)
			return true;
	return false;
}

/* Whom pam_vsd may speak for: vs2 has no shadow, its bob gets no further than setcred. */
static bool is_servers(const struct login *l)
{
	const void *user = NULL;

	if (pam_get_item(l->pamh, PAM_USER, &user) != PAM_SUCCESS || !user)
		return false;
	return strcmp(user, "alice@vs1") == 0 || strcmp(user, "bob@vs1") == 0 ||
	       strcmp(user, l->how & AT_VS1 ? "bob" : "bob@vs2") == 0;
}

/* What a hook answered: only some codes, and success for few. */
static bool is_in(const struct login *l, int code)
{
	code = fx_code(code);
	MUST(code >= 0 && (code < _PAM_RETURN_VALUES || code == FX_IGNORED));
	MUST(!strstr(fx_logged, RIGHT));
	if (code != PAM_SUCCESS)
		return false;
	MUST(is_servers(l) && !l->bad);
	MUST(l->asks_who || !(l->how & OTHER));
	return !l->asks_who;
}

/* The new password is one that was given; for a change by the user so was the old. */
static void check_changed(const struct login *l, bool changed)
{
	char now[256] = "", *hash;
	const void *user = NULL;
	bool match = false;
	int fd = open(FX_VS1 "/etc/shadow", O_RDONLY | O_CLOEXEC);

	MUST(fd >= 0 && read(fd, now, sizeof(now) - 1) > 0);
	(void)close(fd);
	MUST(changed == (strcmp(now, shadow) != 0));
	if (!changed)
		return;
	MUST(!(l->how & EXPIRED) || said(&l->talk, RIGHT));
	MUST(pam_get_item(l->pamh, PAM_USER, &user) == PAM_SUCCESS);
	hash = strstr(now, *(const char *)user == 'a' ? "alice:" : "bob:");
	hash = strchr(hash, ':') + 1;
	hash[strcspn(hash, ":")] = '\0';
	for (size_t i = 0; i < l->talk.n; i++) {
		const char *p = l->talk.given[i], *got = crypt(p, hash);

		match = match || (got && strcmp(got, hash) == 0 && strlen(p) >= (l->how & EXPIRED ? 8 : 1));
	}
	MUST(match);
	fx_shadow(shadow);
}

static void hooks(const struct login *l)
{
	int silent = l->how & SILENT ? PAM_SILENT : 0;

	if ((l->how & AUTH) && is_in(l, pam_authenticate(l->pamh, silent)))
		MUST(said(&l->talk, RIGHT));
	(void)is_in(l, pam_setcred(l->pamh, PAM_ESTABLISH_CRED | silent));
	if (l->how & ACCT)
		(void)is_in(l, pam_acct_mgmt(l->pamh, silent));
	if (l->how & CHANGE)
		check_changed(l, is_in(l, pam_chauthtok(l->pamh, silent | (l->how & EXPIRED ?
					PAM_CHANGE_EXPIRED_AUTHTOK : 0))));
	/* No server runs here that could be entered. */
	if (l->how & OPEN)
		MUST(!is_in(l, pam_open_session(l->pamh, silent)));
}

static void read_options(struct login *l, char *out, size_t size)
{
	uint8_t n = byte(&l->talk) % (OPTIONS_MAX + 1), which;

	out[0] = '\0';
	for (uint8_t i = 0; i < n; i++) {
		which = byte(&l->talk) % N_OPTIONS;
		l->asks_who = l->asks_who || which == IS_VS_USER;
		l->bad = l->bad || which >= KNOWN;
		(void)snprintf(out + strlen(out), size - strlen(out), " %s", options[which]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct login l = { .talk = { .p = data, .left = size } };
	struct pam_conv conv = { converse, &l.talk };
	char words[OPTIONS_MAX * 24];
	const char *service;
	int client = -1, low = dup(0);

	(void)close(low);
	l.how = byte(&l.talk);
	l.user = byte(&l.talk);
	service = l.how & OTHER ? "other" : "sshd";
	read_options(&l, words, sizeof(words));
	fx_service(service, words);
	if (l.how & AT_VS1)
		client = fx_connect("10.77.0.1");
	fx_logged[0] = '\0';
	MUST(pam_start_confdir(service, l.user < N_USERS ? users[l.user] : NULL, &conv, FX_CONFDIR,
			       &l.pamh) == PAM_SUCCESS);
	MUST(pam_set_item(l.pamh, PAM_FAIL_DELAY, (const void *)(uintptr_t)no_delay) == PAM_SUCCESS);
	hooks(&l);
	MUST(pam_end(l.pamh, PAM_SUCCESS) == PAM_SUCCESS);
	for (size_t i = 0; i < l.talk.n; i++)
		free(l.talk.given[i]);
	if (client >= 0)
		MUST(close(client) == 0 && close(200) == 0); /* 200: the client's end */
	client = dup(0);
	MUST(client == low && close(client) == 0);
	return 0;
}
