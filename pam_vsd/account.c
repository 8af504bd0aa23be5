/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "running.h"
#include "safe.h"
#include "terminal.h"
#include "users.h"

#define DAY_SECONDS 86400

static int read_shadow(const struct pv_member *m, struct vsd_shadow_line *out)
{
	struct vsd_span user = { m->user, strlen(m->user) };
	struct vsd_span file;
	char *text = NULL;
	int r;

	r = vsd_safe_read_file(m->rootfd, "etc/shadow", VSD_ACCOUNT_FILE_MAX, &text, &file.len);
	if (r < 0)
		return r;
	file.p = text;
	r = vsd_shadow_find_name(file, user, out);
	out->name = out->hash = (struct vsd_span){ NULL, 0 }; /* they end with the text */
	explicit_bzero(text, file.len);
	free(text);
	return r;
}

/* shadow(5), in its own order. */
static int check_age(pam_handle_t *pamh, int flags, const struct pv_member *m,
		     const struct vsd_shadow_line *s)
{
	long today = (long)(time(NULL) / DAY_SECONDS);
	long left;

	if (s->expire >= 0 && today >= s->expire) {
		pv_refused(pamh, m, "the account has expired");
		return PAM_ACCT_EXPIRED;
	}
	if (s->last_change == 0) {
		pv_note(pamh, m, "the password must be changed now (set by the admin)");
		return PAM_NEW_AUTHTOK_REQD;
	}
	if (s->last_change < 0 || s->max < 0 || today < s->last_change)
		return PAM_SUCCESS; /* no ageing; or a clock that went back */
	left = s->max - (today - s->last_change);
	if (left < 0 && s->inactive >= 0 && -left > s->inactive) {
		pv_refused(pamh, m, "the password expired too long ago");
		return PAM_AUTHTOK_EXPIRED;
	}
	if (left < 0) {
		pv_note(pamh, m, "the password has expired and must be changed");
		return PAM_NEW_AUTHTOK_REQD;
	}
	if (s->warn >= 0 && left <= s->warn && !(flags & PAM_SILENT))
		(void)pam_info(pamh, "Your password expires in %ld day%s.", left,
			       left == 1 ? "" : "s");
	return PAM_SUCCESS;
}

static int check_running(pam_handle_t *pamh, struct pv_member *m)
{
	int r;

	if (m->server.state != VSD_SERVER_ENABLED) {
		pv_refused(pamh, m, "the virtual server is disabled");
		return PAM_PERM_DENIED;
	}
	vsd_running_close(&m->run);
	r = vsd_running_open(m->server.name, &m->run);
	if (r == 0)
		return PAM_SUCCESS;
	if (r == -EPROTONOSUPPORT)
		pv_refused(pamh, m, "another version of vsboot started the virtual server");
	else
		pv_refused(pamh, m, "the virtual server is not running (vsboot --start %s)",
			   m->server.name);
	return PAM_PERM_DENIED;
}

/* The server's own nologin stops all but its admin, the host's stops all. */
static int check_nologin(pam_handle_t *pamh, const struct pv_member *m)
{
	VSD_CLOSE int fd = -1;
	int r;

	if (faccessat(AT_FDCWD, "/etc/nologin", F_OK, AT_EACCESS) == 0 ||
	    faccessat(AT_FDCWD, "/run/nologin", F_OK, AT_EACCESS) == 0) {
		pv_refused(pamh, m, "the host is closed for logins (nologin)");
		return PAM_PERM_DENIED;
	}
	r = vsd_safe_open_beneath(m->rootfd, "etc/nologin", O_PATH, 0, &fd);
	if (r == -ENOENT || m->uid == m->server.uid_first)
		return PAM_SUCCESS;
	pv_refused(pamh, m, "the virtual server is closed for logins (etc/nologin)");
	return PAM_PERM_DENIED;
}

static int check_right(pam_handle_t *pamh, const struct pv_member *m)
{
	int has = vsd_rights_has(m->rootfd, m->service->right, m->user);

	if (has == 1)
		return PAM_SUCCESS;
	if (has == 0)
		pv_refused(pamh, m, "the user lacks the right \"%s\" in the server's etc/vsd/priv",
			   m->service->right);
	else
		pv_broken(pamh, m, "cannot read the server's etc/vsd/priv: %s", strerror(-has));
	return PAM_PERM_DENIED;
}

/* A login that opens its terminal by name in the VS gets somebody else's there. */
static int check_terminal(pam_handle_t *pamh, const struct pv_member *m)
{
	if (vsd_login_reopens(pv_service_name(pamh), "/proc/self/exe") == 0)
		return PAM_SUCCESS;
	pv_refused(pamh, m, "the login of util-linux opens its terminal by name when the session is "
		   "open, which is another one in the virtual server: ssh serves them");
	return PAM_PERM_DENIED;
}

/* Take the session's place here, where a refusal is obeyed at once, and keep it
 * for open_session. */
static int check_count(pam_handle_t *pamh, const struct pv_member *m, int run)
{
	struct pv_state *st = pv_state_get(pamh);
	int r;

	if (!st)
		return PAM_BUF_ERR;
	if (st->slot >= 0)
		return PAM_SUCCESS;
	r = pv_slot_take(run, m, pv_service_name(pamh), &st->slot);
	if (r == 0)
		return PAM_SUCCESS;
	if (r == -EUSERS)
		pv_refused(pamh, m, "the virtual server has all the sessions it may have");
	else
		pv_broken(pamh, m, "cannot count the session: %s", strerror(-r));
	return PAM_PERM_DENIED;
}

/* May this user have a session now? */
static int check_session(pam_handle_t *pamh, struct pv_member *m)
{
	int r = check_running(pamh, m);

	if (r == PAM_SUCCESS)
		r = check_nologin(pamh, m);
	if (r == PAM_SUCCESS)
		r = check_right(pamh, m);
	if (r == PAM_SUCCESS)
		r = check_terminal(pamh, m);
	if (r == PAM_SUCCESS)
		r = check_count(pamh, m, m->run.dirfd);
	if (r != PAM_SUCCESS)
		vsd_running_close(&m->run); /* else open_session takes it over */
	return r;
}

int pv_account(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	struct vsd_shadow_line s;
	struct pv_member *m = NULL;
	int r;

	r = pv_member_served(pamh, o, &m);
	if (r == PAM_SUCCESS)
		r = check_session(pamh, m);
	if (r != PAM_SUCCESS)
		return r;
	r = read_shadow(m, &s);
	if (r < 0) {
		pv_broken(pamh, m, "cannot read the user's line in the server's etc/shadow: %s",
			  strerror(-r));
		return PAM_AUTHINFO_UNAVAIL;
	}
	return check_age(pamh, flags, m, &s);
}
