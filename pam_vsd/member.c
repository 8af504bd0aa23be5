/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose user is this?  The one decision that all six hooks share.
 *
 * A qualified name says it itself.  A bare one is of the VS whose address the
 * client chose.  Whatever the name says, the uid that getpwnam gives (which is
 * the one the service will switch to) must be the VS entry's: with `files` first
 * in nsswitch.conf a host user of the same name would win. */
#include "internal.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safe.h"

#define DECISION_AGE_MAX 10 /* seconds that a decision may be used again */

void pv_member_free(struct pv_member *m)
{
	if (!m)
		return;
	vsd_scope_close(&m->rootfd);
	vsd_running_close(&m->run);
	vsd_conf_free(m->conf);
	free(m);
}

/* A path that can go into the environment as it is. */
static void copy_path(struct vsd_span from, const char *instead, char *out, size_t size)
{
	bool good = from.len > 0 && from.len < size && from.p[0] == '/';

	for (size_t i = 0; good && i < from.len; i++)
		good = (unsigned char)from.p[i] >= 0x20 && from.p[i] != 0x7f;
	if (good)
		(void)snprintf(out, size, "%.*s", (int)from.len, from.p);
	else
		(void)snprintf(out, size, "%s", instead);
}

/* -ENOENT: the VS has no such user. */
static int read_entry(struct pv_member *m)
{
	struct vsd_range range = { m->server.uid_first, m->server.uid_count };
	struct vsd_span name = { m->user, strlen(m->user) };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line line;
	struct vsd_span file = { NULL, 0 };
	int r;

	r = vsd_safe_open_root(m->server.root, &m->rootfd);
	if (r == 0)
		r = vsd_safe_read_file(m->rootfd, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text,
				       &file.len);
	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	file.p = text;
	r = vsd_passwd_find_name(file, range, name, &line);
	if (r < 0)
		return r;
	m->uid = line.uid;
	m->gid = line.gid;
	copy_path(line.dir, "/", m->home, sizeof(m->home));
	copy_path(line.shell, "/bin/sh", m->shell, sizeof(m->shell));
	return 0;
}

static int unknown(pam_handle_t *pamh, struct pv_member *m)
{
	m->user[0] = '\0'; /* it may be a password */
	pv_refused(pamh, m, "no such user");
	return PAM_USER_UNKNOWN;
}

/* The name is a VS's by its form or by the address: make sure. */
static int check_vs_user(pam_handle_t *pamh, const char *asked, struct pv_member *m)
{
	const struct passwd *pw;
	int r = read_entry(m);

	pw = pam_modutil_getpwnam(pamh, asked);
	if (r == -ENOENT && !pw)
		return unknown(pamh, m);
	if (r == -ENOENT) {
		pv_refused(pamh, m, "a host user may not log in at a virtual server's address");
		return PAM_PERM_DENIED;
	}
	if (r < 0) {
		pv_broken(pamh, m, "cannot read the server's etc/passwd: %s", strerror(-r));
		return PAM_AUTHINFO_UNAVAIL;
	}
	if (!pw) {
		pv_broken(pamh, m, "NSS does not give this user (nsswitch.conf, service.%s in vsd.conf)",
			  pv_service_name(pamh));
		return PAM_USER_UNKNOWN;
	}
	if (pw->pw_uid != m->uid || pw->pw_gid != m->gid) {
		pv_refused(pamh, m, "NSS gives uid %lu, the server's entry is %lu: a host user of that name?",
			   (unsigned long)pw->pw_uid, (unsigned long)m->uid);
		return PAM_PERM_DENIED;
	}
	return PAM_SUCCESS;
}

static void broken_registry(pam_handle_t *pamh, const struct pv_member *m, const char *vs, int error)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(vs, error, why);
	pv_broken(pamh, m, "cannot read the registry: %s", why);
}

/* No VS's name, no VS's address: a user of the host, unless the uid says else. */
static int check_host_user(pam_handle_t *pamh, const char *asked, struct pv_member *m)
{
	const struct passwd *pw = pam_modutil_getpwnam(pamh, asked);
	int r;

	if (!pw || pw->pw_uid == 0)
		return PAM_IGNORE;
	r = vsd_registry_find_uid(pw->pw_uid, &m->server);
	if (r == -ENOENT)
		return PAM_IGNORE;
	if (r == 0)
		pv_refused(pamh, m, "uid %lu lies in a virtual server's range",
			   (unsigned long)pw->pw_uid);
	else
		broken_registry(pamh, m, NULL, r);
	return r == 0 ? PAM_PERM_DENIED : PAM_SERVICE_ERR;
}

static int load_conf(pam_handle_t *pamh, const struct pv_options *o, struct pv_member *m)
{
	char why[VSD_WHY_MAX] = "";
	int r;

	if (o->bad) {
		pv_broken(pamh, m, "unknown option \"%s\" in the PAM configuration", o->bad);
		return PAM_SERVICE_ERR;
	}
	r = vsd_conf_load(&m->conf, why);
	if (r < 0) {
		pv_broken(pamh, m, "vsd.conf: %s", why[0] ? why : strerror(-r));
		return PAM_SERVICE_ERR;
	}
	m->service = vsd_conf_find_service(m->conf, pv_service_name(pamh));
	return PAM_SUCCESS;
}

/* The address could not be asked.  A host whose registry is damaged must still
 * let its root in to repair it, and root's uid is in no range. */
static int address_unknown(pam_handle_t *pamh, const char *asked, struct pv_member *m, int error)
{
	const struct passwd *pw = pam_modutil_getpwnam(pamh, asked);
	char why[VSD_WHY_MAX] = "";

	if (error == -EBADMSG || error == -EPROTONOSUPPORT)
		vsd_registry_why(NULL, error, why);
	pv_broken(pamh, m, "cannot tell which address was asked: %s%s",
		  why[0] ? why : strerror(-error),
		  pw && pw->pw_uid == 0 ? " (root is let pass)" : "");
	return pw && pw->pw_uid == 0 ? PAM_IGNORE : PAM_SERVICE_ERR;
}

static int decide_qualified(pam_handle_t *pamh, const struct pv_options *o, const char *asked,
			    const struct vsd_server *at, struct pv_member *m)
{
	int r;

	if (at && at->id != m->server.id) {
		pv_refused(pamh, m, "the address is that of %s", at->name);
		return PAM_PERM_DENIED;
	}
	r = load_conf(pamh, o, m);
	if (r != PAM_SUCCESS)
		return r;
	if (!at && m->service && strstr(m->service->name, "ftp"))
		pv_note(pamh, m, "came by a host address, where the fence refuses data "
			"connections: FTP is served on the server's own");
	return check_vs_user(pamh, asked, m);
}

static int decide_bare(pam_handle_t *pamh, const struct pv_options *o, const char *asked,
		       const struct vsd_server *at, struct pv_member *m)
{
	const struct passwd *pw;
	int r;

	if (!at)
		return check_host_user(pamh, asked, m);
	m->server = *at;
	r = load_conf(pamh, o, m);
	if (r != PAM_SUCCESS)
		return r;
	if (!vsd_name_is_user(asked, strlen(asked)))
		return unknown(pamh, m);
	(void)snprintf(m->user, sizeof(m->user), "%s", asked);
	if (m->conf->host_users_on_vs_address) {
		pw = pam_modutil_getpwnam(pamh, asked);
		if (pw && !vsd_server_has_id(at, pw->pw_uid)) {
			m->user[0] = '\0';
			return check_host_user(pamh, asked, m);
		}
	}
	return check_vs_user(pamh, asked, m);
}

static int decide(pam_handle_t *pamh, const struct pv_options *o, const char *asked,
		  struct pv_member *m)
{
	struct vsd_server at;
	struct vsd_qualified q;
	int on, r = -ENOENT;

	on = pv_address_server(pamh, &at);
	if (vsd_name_split(asked, strlen(asked), &q) == 0)
		r = vsd_registry_find_name(q.vs, &m->server);
	if (r == 0) {
		memcpy(m->user, q.user, sizeof(m->user));
		if (on < 0)
			return address_unknown(pamh, asked, m, on);
		return decide_qualified(pamh, o, asked, on ? &at : NULL, m);
	}
	memset(&m->server, 0, sizeof(m->server));
	if (r != -ENOENT) {
		broken_registry(pamh, m, q.vs, r);
		return PAM_SERVICE_ERR;
	}
	if (on < 0)
		return address_unknown(pamh, asked, m, on);
	return decide_bare(pamh, o, asked, on ? &at : NULL, m);
}

/* A decision of this process, for this name, a moment ago, of a server whose entry in the
 * registry is the same, and nothing of it was given away. */
static bool is_fresh(const struct pv_state *st, const char *asked, const struct timespec *now)
{
	return st->member && st->asked && st->decider == getpid() && strcmp(st->asked, asked) == 0 &&
	       now->tv_sec - st->decided.tv_sec < DECISION_AGE_MAX && st->member->rootfd >= 0 &&
	       vsd_registry_unchanged(&st->member->server) == 0;
}

static int remember(struct pv_state *st, struct pv_member *m, const char *asked,
		    const struct timespec *now)
{
	char *copy = strdup(asked);

	if (!copy) {
		pv_member_free(m);
		return PAM_BUF_ERR;
	}
	pv_member_free(st->member);
	free(st->asked);
	st->member = m;
	st->asked = copy;
	st->decider = getpid();
	st->decided = *now;
	return PAM_SUCCESS;
}

int pv_member_find(pam_handle_t *pamh, const struct pv_options *o, struct pv_member **out)
{
	struct pv_state *st = pv_state_get(pamh);
	const char *asked = NULL;
	struct pv_member *m;
	struct timespec now;
	int r;

	if (!st)
		return PAM_BUF_ERR;
	r = pam_get_user(pamh, &asked, NULL);
	if (r != PAM_SUCCESS)
		return r == PAM_CONV_AGAIN ? PAM_INCOMPLETE : r;
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return PAM_SYSTEM_ERR;
	if (o->bad || !is_fresh(st, asked, &now)) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return PAM_BUF_ERR;
		m->rootfd = -1;
		m->run = (struct vsd_running)VSD_RUNNING_NONE;
		r = decide(pamh, o, asked, m);
		if (r != PAM_SUCCESS) {
			pv_member_free(st->refused);
			st->refused = m;
			return r;
		}
		r = remember(st, m, asked, &now);
		if (r != PAM_SUCCESS)
			return r;
	}
	*out = st->member;
	return PAM_SUCCESS;
}

int pv_member_served(pam_handle_t *pamh, const struct pv_options *o, struct pv_member **out)
{
	int r = pv_member_find(pamh, o, out);

	if (r != PAM_SUCCESS)
		return r;
	if (!(*out)->service) {
		pv_refused(pamh, *out, "vsd.conf has no line service.%s", pv_service_name(pamh));
		return PAM_PERM_DENIED;
	}
	return PAM_SUCCESS;
}
