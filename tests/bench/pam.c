/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a PAM stack costs its service: pam new|used CONFDIR ROUNDS SERVICE=USER...
 *
 * A sample is pam_start, acct_mgmt, setcred and open_session, in a process of its own,
 * which may enter a server; the services take turns, in another order each time: what
 * one leaves behind (a mount namespace to clear away) would else always hit the same next.  Prints "SERVICE MICROSECONDS".
 *   new   the process has done nothing before
 *   used  as sshd, vsftpd and login come to PAM: it has asked NSS for the user and has
 *         libcrypt; that is not counted */
#include <dlfcn.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *confdir;
static bool used;

static int no_answer(int n, const struct pam_message **m, struct pam_response **out, void *data)
{
	(void)n;
	(void)m;
	(void)out;
	(void)data;
	return PAM_CONV_ERR;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* In the child. */
static void sample(const char *service, const char *user, int out)
{
	const struct pam_conv conv = { .conv = no_answer };
	pam_handle_t *pamh = NULL;
	double start, took;
	int r;

	if (used && (!dlopen("libcrypt.so.1", RTLD_NOW) || !getpwnam(user)))
		_exit(1);
	start = now();
	r = pam_start_confdir(service, user, &conv, confdir, &pamh);
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(pamh, 0);
	if (r == PAM_SUCCESS)
		r = pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (r == PAM_SUCCESS)
		r = pam_open_session(pamh, 0);
	took = r == PAM_SUCCESS ? now() - start : -1;
	_exit(write(out, &took, sizeof(took)) == (ssize_t)sizeof(took) ? 0 : 1);
}

static double one(const char *service, const char *user)
{
	int pair[2], status;
	double took = -1;
	pid_t child;

	if (pipe(pair) < 0 || (child = fork()) < 0)
		return -1;
	if (child == 0)
		sample(service, user, pair[1]);
	(void)close(pair[1]);
	if (read(pair[0], &took, sizeof(took)) != (ssize_t)sizeof(took))
		took = -1;
	(void)close(pair[0]);
	return waitpid(child, &status, 0) == child ? took : -1;
}

static void shuffle(char **v, int n)
{
	for (int i = n - 1; i > 0; i--) {
		long k = random() % (i + 1);
		char *t = v[i];

		v[i] = v[k];
		v[k] = t;
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 4 ? strtol(argv[3], NULL, 10) : 0;

	if (rounds <= 0 || (strcmp(argv[1], "new") && strcmp(argv[1], "used"))) {
		(void)fprintf(stderr, "usage: pam new|used CONFDIR ROUNDS SERVICE=USER...\n");
		return 2;
	}
	/* As daemons do: what else a shell left open would be looked at in each sample. */
	closefrom(STDERR_FILENO + 1);
	used = !strcmp(argv[1], "used");
	confdir = argv[2];
	for (int i = 4; i < argc; i++)
		argv[i][strcspn(argv[i], "=")] = '\0';
	for (long n = 0; n < rounds; n++) {
		shuffle(argv + 4, argc - 4);
		for (int i = 4; i < argc; i++) {
			double took = one(argv[i], argv[i] + strlen(argv[i]) + 1);

			if (took < 0) {
				(void)fprintf(stderr, "pam: %s: no session\n", argv[i]);
				return 1;
			}
			(void)printf("%s %.1f\n", argv[i], took);
		}
	}
	return 0;
}
