/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The six entry points: they read the line's options and hand on. */
#include "internal.h"

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

static int run(pam_handle_t *pamh, int flags, int argc, const char **argv,
	       int (*hook)(pam_handle_t *, int, const struct pv_options *))
{
	struct pv_options o;

	pv_options_read(argc, argv, &o);
	if (o.is_vs_user)
		return is_vs_user(pamh, &o);
	return hook(pamh, flags, &o);
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
