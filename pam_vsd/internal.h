/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PAM_VSD_INTERNAL_H
#define PAM_VSD_INTERNAL_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <time.h>

#include "account.h"
#include "conf.h"
#include "enter.h"
#include "registry.h"
#include "running.h"

/* The parts of pam_vsd.  All of it runs as root in somebody else's process: no
 * exit but where going on would leave a half-entered process, no environment, no signal, no
 * state but what pam_set_data holds. */

struct pv_options {
	bool enter_credentials; /* enter=credentials */
	bool enter_chroot;      /* enter=chroot: for a daemon that gave its powers up */
	bool debug;
	bool use_first_pass;    /* libpam reads it on the line, and obeys it */
	bool try_first_pass;
	bool is_vs_user;        /* the form for jumps: answer the question alone */
	const char *bad;        /* the first option that is none, or NULL */
};

/* Read the words of the PAM line. */
void pv_options_read(int argc, const char **argv, struct pv_options *out);

/* Who asks: a VS user, with all that the hooks need to know of them. */
struct pv_member {
	struct vsd_conf *conf;
	const struct vsd_service *service; /* in conf; NULL: not listed */
	struct vsd_server server;
	int rootfd;                        /* these two go to the session that is opened, */
	struct vsd_running run;            /*   the second is the account step's */
	uint32_t uid, gid;
	char user[VSD_NAME_MAX + 1];       /* bare */
	char home[VSD_PATH_MAX];           /* as the VS says it */
	char shell[VSD_PATH_MAX];
};

/* Is PAM_USER a VS user?
 * Returns PAM_SUCCESS (yes; *out is borrowed from the handle), PAM_IGNORE (no, and
 * not on a VS's address), or the code of a refusal that has been logged. */
int pv_member_find(pam_handle_t *pamh, const struct pv_options *o, struct pv_member **out);

/* The same, and the PAM service must be one that vsd.conf lists. */
int pv_member_served(pam_handle_t *pamh, const struct pv_options *o, struct pv_member **out);
void pv_member_free(struct pv_member *m);

/* Which VS's address, if any, did the client choose?
 * 1 one's, 0 none, -errno cannot tell */
int pv_address_server(pam_handle_t *pamh, struct vsd_server *out);

/* What a handle remembers from hook to hook. */
struct pv_state {
	struct pv_member *member;  /* of the last decision */
	struct pv_member *refused; /* of the last refusal, for the time it takes */
	struct timespec decided;   /* CLOCK_MONOTONIC */
	pid_t decider;
	char *asked;               /* PAM_USER of that decision */
	struct vsd_enter *enter;   /* enter=credentials: prepared, the child enters */
	pid_t opener;              /* who opened the session; 0: nobody */
	bool established;          /* setcred came by */
	bool failed;               /* open_session refused: a child must not go on */
	int slot;                  /* of the session count, or -1 */
};

/* The handle's state, made at the first call.  NULL: no memory. */
struct pv_state *pv_state_get(pam_handle_t *pamh);
/* The same without making it. */
struct pv_state *pv_state_peek(pam_handle_t *pamh);

/* Does the password match the user's hash?  user NULL or unknown, a locked, an
 * empty and a wrong one take the time of a right one.
 * Returns PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_BUF_ERR */
int pv_hash_verify(const struct pv_member *m, const char *password);

/* The user's hash, whatever it is, as text.  -errno: it cannot be read, or is too long */
int pv_hash_now(const struct pv_member *m, char *out, size_t size);

/* Take a session's place in the server's count; it is given back when the last
 * process that holds the descriptor is gone, however it went.
 * Shape:  run: the folder /run/vsd/NAME
 * Errors: -EUSERS: all are taken */
int pv_slot_take(int run, const struct pv_member *m, const char *service, int *out_fd);

/* The hooks for a VS user. */
int pv_auth(pam_handle_t *pamh, int flags, const struct pv_options *o);
int pv_setcred(pam_handle_t *pamh, int flags, const struct pv_options *o);
int pv_account(pam_handle_t *pamh, int flags, const struct pv_options *o);
int pv_password(pam_handle_t *pamh, int flags, const struct pv_options *o);
int pv_open(pam_handle_t *pamh, int flags, const struct pv_options *o);
int pv_close(pam_handle_t *pamh, int flags, const struct pv_options *o);

/* One line in syslog: who, which VS, which service, from where, why.  m may be
 * NULL: then the name is not written, for it may be a password typed too early. */
void pv_refused(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pv_broken(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pv_note(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pv_debug(pam_handle_t *pamh, const struct pv_options *o, const struct pv_member *m,
	      const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Ask for the present password, as `item`. libpam says PAM_AUTHTOK_ERR when the
 * application could not ask; here that is PAM_CONV_ERR. */
int pv_ask(pam_handle_t *pamh, int item, const char **out);

/* PAM_SERVICE, or "" */
const char *pv_service_name(pam_handle_t *pamh);

#endif
