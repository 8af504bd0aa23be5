/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_PAM_FIXTURE_H
#define TEST_PAM_FIXTURE_H

#include <security/pam_appl.h>
#include <stdbool.h>

/* A host of the test's own (private mount and net namespaces) with the server vs1
 * at 10.77.0.1 and vs2 at 10.77.0.2, and real libpam with a private confdir.
 * Names are served by `files`: the subject is pam_vsd alone. */

#define FX_VS1 "/home/vsd/vs/vs1"
#define FX_CONFDIR "/run/pam.d"
#define FX_IGNORED 77 /* the line answered PAM_IGNORE */

/* false: not root, or the kernel refuses namespaces: skip */
bool fx_enter(void);

/* Where pam_vsd.so lies, once fx_enter was called. */
const char *fx_module(void);

/* Another module of the same folder. */
void fx_module_is(const char *file);

/* How a test begins: `ready` is what fx_enter answered.  For a file that has unit.h and
 * unistd.h before this. */
#define NEED() do { (void)state; if (!ready) skip(); close_range(3, ~0U, 0); fx_reset(); } while (0)

/* Write all files anew: both servers enabled, vs1 running. */
void fx_reset(void);

/* Write a file whole. */
void fx_write(const char *path, int mode, const char *text);
void fx_conf(const char *text);
void fx_server(const char *name, int id, const char *state, int max_sessions);
void fx_running(bool on);
void fx_priv(const char *text);
void fx_shadow(const char *text);

/* The service's one line of each type, with these options. */
void fx_service(const char *service, const char *options);

/* The last line that went to syslog. */
extern char fx_logged[1024];

/* A handle whose conversation answers each question with the next of `answers`
 * (separated by newlines; NULL: it cannot ask), and the number of questions asked. */
struct fx_talk {
	const char *answers;
	int asked;
	char said[512];
};
pam_handle_t *fx_start(const char *service, const char *user, struct fx_talk *talk);

/* The code of pam_vsd's own hook: an ignored line gives FX_IGNORED. */
int fx_code(int r);

/* Connect to the address; the descriptor makes this process a login service's. */
int fx_connect(const char *address);

#endif
