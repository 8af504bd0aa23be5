/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <crypt.h>
#include <errno.h>
#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "users.h"

#define LENGTH_MIN 8 /* characters */

/* Root who sets somebody's password is not asked for the old one; a user whose
 * password has expired is, though the daemon that asks is root. */
static bool is_roots_change(int flags)
{
	return getuid() == 0 && !(flags & PAM_CHANGE_EXPIRED_AUTHTOK);
}

static int check_current(pam_handle_t *pamh, int flags, const struct pv_member *m)
{
	const char *old = NULL;
	int r;

	if (is_roots_change(flags))
		return PAM_SUCCESS;
	r = pv_ask(pamh, PAM_OLDAUTHTOK, &old);
	if (r == PAM_SUCCESS)
		r = pv_hash_verify(m, old);
	if (r == PAM_AUTH_ERR)
		pv_refused(pamh, m, "the current password is wrong");
	return r;
}

static bool is_good(pam_handle_t *pamh, int flags, const char *new)
{
	const void *old = NULL;
	const char *why = NULL;

	(void)pam_get_item(pamh, PAM_OLDAUTHTOK, &old);
	if (!new[0])
		why = "No password was given.";
	else if (old && strcmp(old, new) == 0)
		why = "The new password is the old one.";
	else if (strlen(new) < LENGTH_MIN && (getuid() != 0 || (flags & PAM_CHANGE_EXPIRED_AUTHTOK)))
		why = "The new password is too short: at least 8 characters.";
	if (why && !(flags & PAM_SILENT))
		(void)pam_error(pamh, "%s", why);
	return !why;
}

/* With libcrypt's own default method, so that it moves with the system. */
static int make_hash(const char *password, char *out, size_t size)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data;
	const char *got = NULL;
	size_t len = 0;

	data = calloc(1, sizeof(*data));
	if (!data)
		return PAM_BUF_ERR;
	if (crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)))
		got = crypt_r(password, setting, data);
	if (got && got[0] != '*')
		len = strlen(got);
	if (len > 0 && len < size)
		memcpy(out, got, len + 1);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return len > 0 && len < size ? PAM_SUCCESS : PAM_AUTHTOK_ERR;
}

/* old: the hash that the current password matched; NULL: root, not asked for it */
static int store(pam_handle_t *pamh, const struct pv_member *m, const char *old,
		 const char *password)
{
	const struct vsd_user_seen seen = { .name = m->user, .uid = m->uid, .hash = old };
	char hash[CRYPT_OUTPUT_SIZE], why[VSD_WHY_MAX] = "";
	int r = make_hash(password, hash, sizeof(hash));

	if (r != PAM_SUCCESS)
		return r;
	r = vsd_users_set_hash(m->rootfd, &m->server, &seen, hash, why);
	explicit_bzero(hash, sizeof(hash));
	if (r == 0)
		return PAM_SUCCESS;
	pv_broken(pamh, m, "password not changed: %s", why[0] ? why : strerror(-r));
	return r == -EBUSY ? PAM_AUTHTOK_LOCK_BUSY : PAM_AUTHTOK_ERR;
}

int pv_password(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	char seen[CRYPT_OUTPUT_SIZE] = "";
	struct pv_member *m = NULL;
	const char *new = NULL;
	int r;

	r = pv_member_served(pamh, o, &m);
	if (r != PAM_SUCCESS)
		return r;
	if (flags & PAM_PRELIM_CHECK)
		return check_current(pamh, flags, m);
	/* Read before it is compared: what changes from here on is noticed. */
	if (!is_roots_change(flags) && pv_hash_now(m, seen, sizeof(seen)) < 0)
		return PAM_AUTHINFO_UNAVAIL;
	/* A module's answer to the first round is not proof for the second: the
	 * stack may have been built without it. */
	r = check_current(pamh, flags, m);
	if (r == PAM_SUCCESS && (pam_get_authtok(pamh, PAM_AUTHTOK, &new, NULL) != PAM_SUCCESS ||
				 !is_good(pamh, flags, new)))
		r = PAM_AUTHTOK_ERR;
	if (r == PAM_SUCCESS)
		r = store(pamh, m, is_roots_change(flags) ? NULL : seen, new);
	explicit_bzero(seen, sizeof(seen));
	return r;
}
