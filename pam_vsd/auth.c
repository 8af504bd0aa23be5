/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <security/pam_ext.h>
#include <string.h>
#include <sys/types.h>
#include <syslog.h>

#define FAIL_DELAY_US 2000000 /* as pam_unix */

int pv_ask(pam_handle_t *pamh, int item, const char **out)
{
	int r = pam_get_authtok(pamh, item, out, NULL);

	return r == PAM_AUTHTOK_ERR ? PAM_CONV_ERR : r;
}

/* The password: an earlier module's, else asked for.  With use_first_pass libpam itself
 * asks nobody (pam_get_authtok(3)). */
static int ask_and_verify(pam_handle_t *pamh, const struct pv_options *o,
			  const struct pv_member *m)
{
	const char *password = NULL;
	const void *earlier = NULL;
	int r;

	if (pam_get_item(pamh, PAM_AUTHTOK, &earlier) != PAM_SUCCESS)
		earlier = NULL;
	r = pv_ask(pamh, PAM_AUTHTOK, &password);
	if (r != PAM_SUCCESS)
		return r;
	r = pv_hash_verify(m, password);
	if (r == PAM_AUTH_ERR && earlier && o->try_first_pass) {
		(void)pam_set_item(pamh, PAM_AUTHTOK, NULL); /* so that the next asks */
		r = pv_ask(pamh, PAM_AUTHTOK, &password);
		if (r == PAM_SUCCESS)
			r = pv_hash_verify(m, password);
	}
	return r;
}

/* Whose hashes set the time that a refusal takes: the server's that was named. */
static const struct pv_member *refused_member(pam_handle_t *pamh)
{
	const struct pv_state *st = pv_state_peek(pamh);

	return st ? st->refused : NULL;
}

int pv_auth(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	struct pv_member *m = NULL;
	int r, verdict;

	(void)flags; /* DISALLOW_NULL_AUTHTOK: an empty hash never matches anyhow */
	r = pv_member_served(pamh, o, &m);
	if (r == PAM_IGNORE || r == PAM_BUF_ERR || r == PAM_INCOMPLETE)
		return r;
	(void)pam_fail_delay(pamh, FAIL_DELAY_US);
	/* A refused name is asked for its password all the same, and the answer
	 * takes the same time: which names exist is not for strangers. */
	verdict = ask_and_verify(pamh, o, r == PAM_SUCCESS ? m : refused_member(pamh));
	if (r == PAM_USER_UNKNOWN)
		return verdict == PAM_SUCCESS ? PAM_AUTH_ERR : verdict;
	if (r != PAM_SUCCESS)
		return r;
	if (verdict == PAM_AUTH_ERR)
		pv_refused(pamh, m, "wrong password, or none that can match");
	else if (verdict != PAM_SUCCESS)
		pv_broken(pamh, m, "password not checked: %s", pam_strerror(pamh, verdict));
	return verdict;
}
