/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: each PAM service of the host, and what becomes of a VS user there. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "pam_stack.h"
#include "safe.h"
#include "terminal.h"
#include "tool.h"
#include "why.h"

#define PAM_FOLDER "/etc/pam.d"

/* The host's own, and what packages bring where it has none. */
static const char *const folders[] = { PAM_FOLDER, "/usr/lib/pam.d", NULL };

static const char accounts[] = "account [success=done new_authtok_reqd=done ignore=ignore "
			       "default=die] pam_vsd.so";

struct service {
	const char *name;
	const struct vsd_service *listed; /* NULL: not in vsd.conf */
	char by[48];                      /* what confines or refuses */
	char wrong[VSD_WHY_MAX];          /* or what does not, and the line to change */
};

static int judge(const char *service, enum pam_type type, enum pam_vsd_answer answer,
		 struct pam_verdict *out, char wrong[VSD_WHY_MAX])
{
	struct pam_stack *s = NULL;
	int r = pam_stack_read(folders, service, type, &s);

	if (r < 0) {
		(void)snprintf(wrong, VSD_WHY_MAX, "%s/%s cannot be read: %s", PAM_FOLDER, service,
			       strerror(-r));
		return r;
	}
	pam_stack_judge(s, answer, out);
	pam_stack_free(s);
	return 0;
}

/* Not in vsd.conf: pam_vsd refuses, and the service has to obey. */
static void judge_unlisted(struct service *s)
{
	struct pam_verdict account, session;

	if (judge(s->name, PAM_STACK_ACCOUNT, PAM_VSD_REFUSES, &account, s->wrong) < 0 ||
	    judge(s->name, PAM_STACK_SESSION, PAM_VSD_REFUSES, &session, s->wrong) < 0)
		return;
	if (!account.passes)
		(void)snprintf(s->by, sizeof(s->by), "refused, not in vsd.conf");
	else if (!session.passes)
		(void)snprintf(s->by, sizeof(s->by), "refused by its session, not in vsd.conf");
	else
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "lets VS users in on the host: put \"%s\" first into %s/%s", accounts,
			       PAM_FOLDER, s->name);
}

static bool has_auth_line(const char *service)
{
	struct pam_verdict v, without;
	char unused[VSD_WHY_MAX];

	/* with pam_vsd's refusal and with its success: a stack without it cannot tell */
	return judge(service, PAM_STACK_AUTH, PAM_VSD_ENTERS, &v, unused) == 0 &&
	       judge(service, PAM_STACK_AUTH, PAM_VSD_REFUSES, &without, unused) == 0 &&
	       v.how[0] != '\0';
}

static void judge_session(struct service *s, const struct pam_verdict *v)
{
	bool ssh = strcmp(s->name, "sshd") == 0;
	struct pam_verdict auth;

	if (!v->passes)
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "no session of a VS user can open: compare %s/%s with pam_vsd(8)",
			       PAM_FOLDER, s->name);
	else if (v->passes_outside)
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "a session can open without entering the VS: put \"session "
			       "[success=done default=die] pam_vsd.so enter=%s\" into %s/%s as "
			       "pam_vsd(8) shows", ssh ? "credentials" : "session", PAM_FOLDER,
			       s->name);
	else if (v->after[0])
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "%s runs after pam_vsd.so, on the VS's files: let pam_vsd.so be the "
			       "last that a VS user meets in %s/%s", v->after, PAM_FOLDER, s->name);
	else if (v->before[0])
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "%s runs for VS users on the host: jump over it in %s/%s with "
			       "pam_vsd.so is_vs_user", v->before, PAM_FOLDER, s->name);
	else if (judge(s->name, PAM_STACK_AUTH, PAM_VSD_ENTERS, &auth, s->wrong) < 0)
		return;
	else if (auth.before[0])
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "%s acts for VS users on the host: put it after the auth line of "
			       "pam_vsd.so in %s/%s", auth.before, PAM_FOLDER, s->name);
	else if (ssh != (strcmp(v->how, "credentials") == 0))
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "its session line must say enter=%s in %s/%s",
			       ssh ? "credentials" : "session", PAM_FOLDER, s->name);
	else if (ssh && !has_auth_line(s->name))
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "its auth line of pam_vsd.so is missing in %s/%s", PAM_FOLDER, s->name);
	else
		(void)snprintf(s->by, sizeof(s->by), "confined by pam_vsd, enter=%s", v->how);
}

static void judge_listed(struct service *s)
{
	struct pam_verdict account, session;

	if (judge(s->name, PAM_STACK_ACCOUNT, PAM_VSD_REFUSES, &account, s->wrong) < 0 ||
	    judge(s->name, PAM_STACK_SESSION, PAM_VSD_ENTERS, &session, s->wrong) < 0)
		return;
	if (account.passes)
		(void)snprintf(s->wrong, sizeof(s->wrong),
			       "does not obey pam_vsd's account check: put \"%s\" first into %s/%s",
			       accounts, PAM_FOLDER, s->name);
	else
		judge_session(s, &session);
	if (!s->wrong[0] && vsd_login_reopens(s->name, "/usr/bin/login") == 1)
		(void)snprintf(s->by, sizeof(s->by), "refused, login is that of util-linux");
}

static void report(struct check *c, const struct service *s)
{
	json_t *j;

	if (s->wrong[0])
		check_wrong(c, s->name, s->wrong);
	else if (!c->json)
		tool_say("%-24s %s", s->name, s->by);
	if (!c->services)
		return;
	j = json_pack("{s:s, s:b, s:b, s:s}", "service", s->name, "listed", s->listed != NULL,
		      "safe", s->wrong[0] == '\0', "by", s->wrong[0] ? s->wrong : s->by);
	if (!j || json_array_append_new(c->services, j) < 0)
		c->wrong++;
}

static void check_service(struct check *c, const struct vsd_conf *conf, const char *name)
{
	struct service s = { .name = name, .listed = vsd_conf_find_service(conf, name) };

	if (s.listed)
		judge_listed(&s);
	else
		judge_unlisted(&s);
	report(c, &s);
}

/* Not what others include, nor what a package manager or an editor left. */
static int is_service(const struct dirent *e)
{
	return e->d_name[0] != '.' && strncmp(e->d_name, "common-", 7) != 0 &&
	       !strchr(e->d_name, '~') && !strstr(e->d_name, ".dpkg-") &&
	       !strstr(e->d_name, ".vsd-") && !strstr(e->d_name, ".rpm");
}

/* Is there a file of that name in a folder that comes before? */
static bool is_hidden(const char *name, size_t folder)
{
	char path[512];

	for (size_t i = 0; i < folder && folders[i]; i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", folders[i], name);

		if (n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void check_folder_of_services(struct check *c, const struct vsd_conf *conf, size_t folder)
{
	struct dirent **found = NULL;
	int n = scandir(folders[folder], &found, is_service, alphasort);

	if (n < 0) {
		if (folder == 0 || errno != ENOENT)
			check_wrong(c, folders[folder], strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		if (!is_hidden(found[i]->d_name, folder))
			check_service(c, conf, found[i]->d_name);
		free(found[i]);
	}
	free(found);
}

void check_services(struct check *c, const struct vsd_conf *conf)
{
	for (size_t i = 0; folders[i]; i++)
		check_folder_of_services(c, conf, i);
}
