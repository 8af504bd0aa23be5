/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The six entry points: they read the line's options and hand on. */
#include "internal.h"

#include <security/pam_ext.h>

/* `is_vs_user` answers one question for a jump: PAM_SUCCESS for a VS user,
 * PAM_IGNORE for any other, a refusal's code when that cannot be told. */
static int is_vs_user(pam_handle_t *pamh, const struct pv_options *o)
{
	const struct pv_state *st = pv_state_peek(pamh);
	struct pv_member *m = NULL;

	/* An open session was a VS user's; "/" may be the VS's by now. */
	if (st && st->opener != 0)
		return PAM_SUCCESS;
	return pv_member_find(pamh, o, &m);
}

/* For the hooks that end on the host: after entering, the log may be the VS's.
 * A user of no VS is not spoken of: the name may be a password. */
static void debug_answer(pam_handle_t *pamh, int flags, const struct pv_options *o,
			 const char *name, int answer)
{
	const struct pv_state *st = pv_state_peek(pamh);

	if (answer != PAM_IGNORE)
		pv_debug(pamh, o, st ? st->member : NULL, "%s, flags 0x%x: %s", name,
			 (unsigned)flags, pam_strerror(pamh, answer));
}

static int run(pam_handle_t *pamh, int flags, int argc, const char **argv,
	       int (*hook)(pam_handle_t *, int, const struct pv_options *))
{
	struct pv_options o;
	int r;

	pv_options_read(argc, argv, &o);
	if (o.is_vs_user)
		return is_vs_user(pamh, &o);
	r = hook(pamh, flags, &o);
	if (hook == pv_auth)
		debug_answer(pamh, flags, &o, "authenticate", r);
	else if (hook == pv_account)
		debug_answer(pamh, flags, &o, "acct_mgmt", r);
	else if (hook == pv_password)
		debug_answer(pamh, flags, &o, "chauthtok", r);
	return r;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_auth);
}

EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_setcred);
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_account);
}

EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_password);
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_open);
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(pamh, flags, argc, argv, pv_close);
}
