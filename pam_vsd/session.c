/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening: everything that names and files are needed for happens here, on the
 * host.  With enter=credentials the process stays, and its child enters in
 * setcred: sshd's monitor goes on as root, and inside the VS it would run the
 * VS's files as root (FACTS 1).  Otherwise this process enters at once. */
#include "internal.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <grp.h>
#include <nss.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "running.h"
#include "scope.h"

static int put(pam_handle_t *pamh, const char *name, const char *value)
{
	char text[VSD_PATH_MAX + 16];
	int n = snprintf(text, sizeof(text), "%s=%s", name, value);

	if (n < 0 || (size_t)n >= sizeof(text))
		return PAM_BUF_ERR;
	return pam_putenv(pamh, text);
}

static int set_environment(pam_handle_t *pamh, const struct pv_member *m)
{
	int r = put(pamh, "HOME", m->home);

	if (r == PAM_SUCCESS)
		r = put(pamh, "USER", m->user);
	if (r == PAM_SUCCESS)
		r = put(pamh, "LOGNAME", m->user);
	if (r == PAM_SUCCESS)
		r = put(pamh, "SHELL", m->shell);
	return r;
}

/* files and dns are parts of libc itself from 2.34 on: nothing is loaded for them. */
static bool has_built_in(void)
{
	const char *dot = strchr(gnu_get_libc_version(), '.');

	return dot && strtol(dot + 1, NULL, 10) >= 34;
}

/* From here on this process asks nss_vsd for names of users and nothing else: the VS's
 * own nsswitch.conf would otherwise be read after the root change, and the modules it
 * names loaded, as root (FACTS 2).  What ssh -L connects to is named in the VS, by its
 * /etc/hosts and resolv.conf, where libc can read them without loading anything. */
static int pin_nss(void)
{
	static const struct {
		const char *database, *built_in;
	} pin[] = {
		{ "aliases", NULL },	{ "ethers", NULL },	{ "group", NULL },
		{ "gshadow", NULL },	{ "hosts", "files dns" }, { "initgroups", NULL },
		{ "netgroup", NULL },	{ "networks", "files" }, { "passwd", NULL },
		{ "protocols", "files" }, { "publickey", NULL }, { "rpc", NULL },
		{ "services", "files" }, { "shadow", NULL },
	};
	bool built_in = has_built_in();

	for (size_t i = 0; i < sizeof(pin) / sizeof(*pin); i++)
		if (__nss_configure_lookup(pin[i].database, built_in && pin[i].built_in ? pin[i].built_in
											: "vsd") < 0)
			return -errno;
	return 0;
}

/* Ask nss_vsd now for all that the service may ask later: after the root change it
 * gives only these answers, from memory.  (Never shadow: no hash stays in memory.)
 * It keeps the server's groups whole when it is asked for the user's, and its users
 * when a second one is asked for: then it knows every owner in a listing, too, and
 * this user by the other form of the name and by uid.
 * Fills the groups. */
static int warm_nss(pam_handle_t *pamh, const struct pv_member *m, const char *asked,
		    struct vsd_enter_who *who)
{
	gid_t got[VSD_ENTER_GROUPS_MAX];
	int n = VSD_ENTER_GROUPS_MAX;
	const struct passwd *pw = pam_modutil_getpwnam(pamh, asked);

	if (!pw || pw->pw_uid != m->uid)
		return -ENOENT;
	/* warmed; the answer, if there is one, is not used */
	(void)pam_modutil_getpwuid(pamh, m->server.uid_first + (m->uid == m->server.uid_first));
	if (getgrouplist(asked, m->gid, got, &n) < 0)
		n = VSD_ENTER_GROUPS_MAX; /* more than fit: the first ones */
	for (int i = 0; i < n; i++)
		who->group[i] = got[i];
	who->ngroup = (unsigned)n;
	return 0;
}

static const char *explain(int r)
{
	switch (-r) {
	case ESRCH: return "the virtual server is not running";
	case EACCES: return "the virtual server is disabled";
	case ENOENT: return "its cgroup or its seccomp filter is missing (vsboot --restart)";
	case EPERM: return "an owner, a mode or an id is not as it must be";
	case EPROTONOSUPPORT: return "another version of vsboot started the virtual server";
	default: return strerror(-r);
	}
}

static int take_slot(pam_handle_t *pamh, const struct pv_member *m, struct pv_state *st)
{
	VSD_CLOSE int run = -1;
	int r;

	if (st->slot >= 0)
		return PAM_SUCCESS;
	r = vsd_running_open_folder(m->server.name, &run);
	if (r == 0)
		r = pv_slot_take(run, m, pv_service_name(pamh), &st->slot);
	if (r == 0)
		return PAM_SUCCESS;
	pv_refused(pamh, m, "no session: %s",
		   r == -EUSERS ? "the virtual server has all it may have" : strerror(-r));
	return PAM_SESSION_ERR;
}

/* Pinned before it is asked, NSS does not read the host's own files for each question. */
static int ask_nss(pam_handle_t *pamh, const struct pv_member *m, struct vsd_enter_who *who)
{
	const char *asked = NULL;

	if (pam_get_user(pamh, &asked, NULL) != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	if (pin_nss() < 0) {
		pv_broken(pamh, m, "cannot pin NSS");
		return PAM_SESSION_ERR;
	}
	if (warm_nss(pamh, m, asked, who) < 0) {
		pv_broken(pamh, m, "NSS no longer gives this user");
		return PAM_SESSION_ERR;
	}
	return PAM_SUCCESS;
}

/* What the account step of this process has opened a moment ago (pv_member_find sees to
 * that) is not opened anew. */
static int open_server(struct pv_member *m, enum vsd_isolation how,
		       const struct vsd_enter_who *who, struct vsd_enter **out)
{
	int r = -ESTALE;

	if (m->run.pidfd >= 0)
		r = vsd_enter_prepare_with(&m->server, how, who, &m->rootfd, &m->run, out);
	return r == -ESTALE ? vsd_enter_prepare(&m->server, how, who, out) : r;
}

/* What may be refused comes first: a process that is refused keeps its NSS. */
static int prepare(pam_handle_t *pamh, struct pv_member *m, const struct pv_options *o,
		   struct vsd_enter **out)
{
	enum vsd_isolation how = o->enter_chroot ? VSD_ISOLATION_CHROOT : m->conf->isolation;
	struct vsd_enter_who who = { .uid = m->uid, .gid = m->gid };
	struct vsd_enter *e = NULL;
	int r = open_server(m, how, &who, &e);

	if (r < 0) {
		pv_refused(pamh, m, "cannot prepare to enter: %s", explain(r));
		return PAM_SESSION_ERR;
	}
	r = ask_nss(pamh, m, &who);
	if (r == PAM_SUCCESS && vsd_enter_set_who(e, &m->server, &who) < 0) {
		pv_refused(pamh, m, "cannot prepare to enter: %s", explain(-EPERM));
		r = PAM_SESSION_ERR;
	}
	if (r != PAM_SUCCESS) {
		vsd_enter_free(e);
		return r;
	}
	*out = e;
	return PAM_SUCCESS;
}

/* A daemon's child may never exec (sftp inside sshd): a folder outside that is
 * open in it is a way out by fchdir. */
static void close_folders(struct pv_state *st)
{
	vsd_scope_close(&st->member->rootfd);
	st->member->rootfd = -1;
	vsd_running_close(&st->member->run);
	if (!st->refused)
		return;
	vsd_scope_close(&st->refused->rootfd);
	st->refused->rootfd = -1;
}

/* In the process that will run for the user.  With enter=chroot, what it has forked
 * before (pure-ftpd's half that makes sockets as root) stays in the host's root, but is
 * the session's as well. */
static void enter_or_die(pam_handle_t *pamh, const struct pv_member *m, bool children,
			 struct vsd_enter *e)
{
	int r = children ? vsd_enter_children(e) : 0;

	if (r == 0)
		r = vsd_enter_go(e);
	if (r == 0)
		return;
	/* The process is half in, and sshd would ignore an error here and give a
	 * shell on the host (FACTS 1): this is the one module that must end its
	 * process. */
	pv_broken(pamh, m, "cannot enter: %s; the process ends", explain(r));
	_exit(1);
}

/* For who and last in the VS.  It is no wall: a VS that an older vsd-init has started has
 * no such file, and its people get in as before. */
static void keep_records(pam_handle_t *pamh, const struct pv_member *m, const struct vsd_enter *e)
{
	int r = vsd_enter_own_utmp(e);

	if (r < 0)
		pv_note(pamh, m, "its terminals are recorded on the host: %s", strerror(-r));
}

static int open_credentials(pam_handle_t *pamh, struct pv_member *m,
			    const struct pv_options *o, struct pv_state *st)
{
	int r;

	if (!st->established) {
		pv_broken(pamh, m, "enter=credentials, but setcred did not come before the session: "
			  "the auth line of pam_vsd is missing");
		return PAM_SESSION_ERR;
	}
	r = prepare(pamh, m, o, &st->enter);
	if (r != PAM_SUCCESS)
		return r;
	r = vsd_enter_own_devpts(st->enter);
	if (r == 0)
		keep_records(pamh, m, st->enter);
	if (r < 0 && m->conf->isolation == VSD_ISOLATION_CHROOT) {
		/* A host that forbids namespaces: a terminal without a name inside. */
		pv_note(pamh, m, "the terminal is the host's: %s", strerror(-r));
		r = 0;
	}
	if (r < 0) {
		vsd_enter_free(st->enter);
		st->enter = NULL;
		pv_broken(pamh, m, "cannot prepare the terminal: %s", strerror(-r));
		return PAM_SESSION_ERR;
	}
	st->opener = getpid();
	return PAM_SUCCESS;
}

static int open_session(pam_handle_t *pamh, struct pv_member *m, const struct pv_options *o,
			struct pv_state *st)
{
	struct vsd_enter *e = NULL;
	int r = prepare(pamh, m, o, &e);

	if (r != PAM_SUCCESS)
		return r;
	pv_note(pamh, m, "session opened");
	st->opener = getpid();
	enter_or_die(pamh, m, o->enter_chroot, e);
	vsd_enter_free(e);
	close_folders(st);
	if (o->enter_chroot)
		st->slot = -1; /* pure-ftpd closes its handle now: the place is its process's */
	return PAM_SUCCESS;
}

static int open_any(pam_handle_t *pamh, const struct pv_options *o)
{
	struct pv_state *st = pv_state_get(pamh);
	struct pv_member *m = NULL;
	int r;

	if (!st)
		return PAM_BUF_ERR;
	r = pv_member_served(pamh, o, &m);
	if (r != PAM_SUCCESS)
		return r;
	if (st->opener != 0) {
		pv_broken(pamh, m, "a session is open on this handle already");
		return PAM_SESSION_ERR;
	}
	r = take_slot(pamh, m, st);
	if (r == PAM_SUCCESS)
		r = set_environment(pamh, m);
	if (r != PAM_SUCCESS)
		return r;
	if (!o->enter_credentials)
		return open_session(pamh, m, o, st);
	st->failed = true; /* until it is known to have worked */
	r = open_credentials(pamh, m, o, st);
	st->failed = r != PAM_SUCCESS;
	if (r == PAM_SUCCESS)
		pv_note(pamh, m, "session opened");
	return r;
}

int pv_open(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	int r = open_any(pamh, o);

	(void)flags;
	/* pure-ftpd, which enter=chroot is for, goes on without a session (seen): outside
	 * the server's cgroup and fence, in no root but the one that it takes itself. */
	if (o->enter_chroot && r != PAM_SUCCESS && r != PAM_IGNORE)
		_exit(1);
	return r;
}

int pv_setcred(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	struct pv_state *st = pv_state_peek(pamh);
	struct pv_member *m = NULL;
	int r;

	/* First of all, and without a look at anything: the child of a prepared
	 * session enters. */
	if (st && st->enter && st->opener != getpid() && !(flags & PAM_DELETE_CRED)) {
		enter_or_die(pamh, st->member, false, st->enter);
		vsd_enter_free(st->enter);
		st->enter = NULL;
		close_folders(st);
		vsd_scope_close(&st->slot); /* the opener keeps it */
		st->slot = -1;
		return PAM_SUCCESS;
	}
	/* sshd obeys a failed open_session late: its child would by then forward
	 * ports on the host with the user's uid. */
	if (st && st->failed && st->decider != getpid())
		_exit(1);
	/* "/" may be the VS's by now: nothing is looked up any more. */
	if (st && st->opener != 0)
		return PAM_SUCCESS;
	r = pv_member_served(pamh, o, &m);
	if (r != PAM_SUCCESS)
		return r;
	st = pv_state_get(pamh);
	if (!st)
		return PAM_BUF_ERR;
	st->established = !(flags & PAM_DELETE_CRED);
	return PAM_SUCCESS;
}

int pv_close(pam_handle_t *pamh, int flags, const struct pv_options *o)
{
	struct pv_state *st = pv_state_peek(pamh);
	struct pv_member *m = NULL;

	(void)flags;
	if (!st || st->opener == 0)
		return pv_member_served(pamh, o, &m);
	if (!o->enter_chroot) /* the handle alone is closed, see open_session */
		pv_note(pamh, st->member, "session closed");
	vsd_enter_free(st->enter);
	st->enter = NULL;
	vsd_scope_close(&st->slot);
	st->slot = -1;
	return PAM_SUCCESS;
}
