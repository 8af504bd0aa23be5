/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "password.h"

#include <crypt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>

static volatile sig_atomic_t caught;

static void note_signal(int sig)
{
	caught = sig;
}

/* What is left until then; false: nothing. */
static bool is_time_left(const struct timespec *until, struct timespec *out)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return false;
	out->tv_sec = until->tv_sec - now.tv_sec;
	out->tv_nsec = until->tv_nsec - now.tv_nsec;
	if (out->tv_nsec < 0) {
		out->tv_nsec += 1000000000;
		out->tv_sec--;
	}
	return out->tv_sec >= 0;
}

/* Wait for input with the signals of `open` let in, and only then: one that comes
 * just before the wait ends it all the same. */
static int wait_input(const sigset_t *open, const struct timespec *until)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec left;

	while (is_time_left(until, &left)) {
		int n = ppoll(&p, 1, &left, open);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0 && caught)
			return -EINTR;
	}
	return -ETIMEDOUT;
}

/* A line of stdin without its newline, byte by byte: what follows is not ours. */
static int read_line(const sigset_t *open, char out[PASSWORD_MAX])
{
	struct timespec until;
	size_t len = 0;

	if (clock_gettime(CLOCK_MONOTONIC, &until) < 0)
		return -errno;
	until.tv_sec += PASSWORD_WAIT_S;
	for (;;) {
		char c;
		int r = wait_input(open, &until);
		ssize_t n = r < 0 ? -1 : read(STDIN_FILENO, &c, 1);

		if (r < 0)
			return r;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 && len == 0)
			return -ENODATA;
		if (n == 0 || c == '\n')
			break;
		if ((unsigned char)c < 0x20 || c == 0x7f || len + 1 >= PASSWORD_MAX)
			return -EINVAL;
		out[len++] = c;
	}
	out[len] = '\0';
	return len > 0 ? 0 : -EINVAL;
}

static int ask(const char *prompt, const char *more, const sigset_t *open, char out[PASSWORD_MAX])
{
	(void)fprintf(stderr, "%s%s: ", prompt, more);
	(void)fflush(stderr);
	return read_line(open, out);
}

static int ask_twice(const char *prompt, const sigset_t *open, char out[PASSWORD_MAX])
{
	char again[PASSWORD_MAX];
	int r = ask(prompt, "", open, out);

	if (r == 0)
		r = ask(prompt, ", again", open, again);
	if (r == 0 && strcmp(out, again) != 0)
		r = -EAGAIN;
	explicit_bzero(again, sizeof(again));
	return r;
}

/* Signals that would end or stop us while the terminal is silent. */
static const int fatal[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
enum { NFATAL = sizeof(fatal) / sizeof(fatal[0]) };

/* Ask with the terminal silent and the signals held but for the waits.  What was typed
 * before the question counts, as it does on a pipe: a script's terminal may have given
 * all that it has, its end too, and would leave us waiting (TCSAFLUSH throws that away). */
static int ask_silently(const char *prompt, bool twice, const struct termios *before,
			char out[PASSWORD_MAX])
{
	struct termios quiet = *before;
	sigset_t held, open;
	int r;

	(void)sigemptyset(&held);
	for (int i = 0; i < NFATAL; i++)
		(void)sigaddset(&held, fatal[i]); /* a valid signal */
	(void)sigprocmask(SIG_BLOCK, &held, &open);
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	quiet.c_lflag |= ECHONL;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	r = twice ? ask_twice(prompt, &open, out) : ask(prompt, "", &open, out);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, before);
	(void)sigprocmask(SIG_SETMASK, &open, NULL);
	return r;
}

static int read_password(const char *prompt, bool twice, char out[PASSWORD_MAX])
{
	struct sigaction note = { .sa_handler = note_signal }, old[NFATAL];
	struct termios before;
	int r;

	caught = 0;
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return read_line(NULL, out);
	for (int i = 0; i < NFATAL; i++)
		(void)sigaction(fatal[i], &note, &old[i]); /* all of them can be caught */
	r = ask_silently(prompt, twice, &before, out);
	for (int i = 0; i < NFATAL; i++)
		(void)sigaction(fatal[i], &old[i], NULL);
	if (caught) {
		explicit_bzero(out, PASSWORD_MAX);
		(void)fputc('\n', stderr);
		(void)raise(caught);
	}
	return caught ? -EINTR : r;
}

int password_read(const char *prompt, char out[PASSWORD_MAX])
{
	return read_password(prompt, true, out);
}

int password_read_once(const char *prompt, char out[PASSWORD_MAX])
{
	return read_password(prompt, false, out);
}

const char *password_reason(int error)
{
	switch (error) {
	case -EINVAL:
		return "the password is empty, too long, or holds a control byte";
	case -EAGAIN:
		return "the two differ";
	case -ENODATA:
		return "no password on stdin";
	case -EINTR:
		return "interrupted";
	case -ETIMEDOUT:
		return "nothing was typed for too long";
	default:
		return strerror(-error);
	}
}

bool password_is_hash(const char *text)
{
	VSD_FREE struct crypt_data *data = calloc(1, sizeof(*data)); /* 32 KiB */
	const char *hash = data && text[0] == '$' ? crypt_rn("", text, data, sizeof(*data)) : NULL;

	return hash && hash[0] != '*' && strlen(hash) == strlen(text);
}

int password_hash(const char *password, char out[PASSWORD_HASH_MAX])
{
	VSD_FREE struct crypt_data *data = calloc(1, sizeof(*data)); /* 32 KiB */
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash;
	int n = -1;

	if (!data)
		return -ENOMEM;
	/* NULL: the method that libcrypt's maintainers hold for the best. */
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, salt, sizeof(salt)))
		return -EIO;
	hash = crypt_rn(password, salt, data, sizeof(*data));
	if (hash && hash[0] != '*')
		n = snprintf(out, PASSWORD_HASH_MAX, "%s", hash);
	explicit_bzero(data, sizeof(*data));
	return n > 0 && n < PASSWORD_HASH_MAX ? 0 : -EIO;
}
