/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs about a server's users. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "cron_spool.h"
#include "password.h"
#include "safe.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"

#define DEFAULT_RIGHTS "login,ftp"
#define RIGHTS_MAX 256 /* bytes of a list */
#define END_MS 5000

const char *adm_qualified(const struct adm_call *c, char out[ADM_OBJECT_MAX])
{
	(void)snprintf(out, ADM_OBJECT_MAX, "%.60s@%.60s", c->argv[1], c->argv[0]);
	return out;
}

/* Each name of the list, NUL-terminated in `list`; NULL: what is usual. */
static int split_rights(const char *given, char list[RIGHTS_MAX], unsigned *out_n,
			char why[VSD_WHY_MAX])
{
	const char *text = given ? given : DEFAULT_RIGHTS;
	int r = 0;

	*out_n = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	if (snprintf(list, RIGHTS_MAX, "%s", text) >= RIGHTS_MAX) {
		(void)snprintf(why, VSD_WHY_MAX, "the list of rights is too long");
		return -EINVAL;
	}
	for (char *p = list, *next; p && r == 0; p = next) {
		next = strchr(p, ',');
		if (next)
			*next++ = '\0';
		if (!vsd_name_is_user(p, strlen(p))) {
			(void)snprintf(why, VSD_WHY_MAX, "'%.40s' is no right", p);
			return -EINVAL;
		}
		r = given ? adm_check_right(p, why) : 0;
		++*out_n;
	}
	return r;
}

/* The user first: a right that names nobody would be had by whomever the
 * server's admin makes next, and `login` is the host's to give.  A user without
 * rights can do nothing. */
static int add(int root, const struct vsd_server *s, const struct adm_call *c,
	       char why[VSD_WHY_MAX])
{
	struct vsd_user_new u = { .name = c->argv[1], .make_home = true, .shell = c->shell,
				  .gecos = c->argc > 2 ? c->argv[2] : c->gecos };
	char list[RIGHTS_MAX], unused[VSD_WHY_MAX];
	const char *right = list;
	unsigned n;
	uint32_t uid;
	int r = split_rights(c->rights, list, &n, why);

	if (r == 0)
		r = vsd_users_add(root, s, &u, &uid, why);
	if (r < 0)
		return r;
	for (; r >= 0 && n > 0; n--, right += strlen(right) + 1)
		r = vsd_rights_set(root, right, u.name, true, why);
	if (r < 0 && vsd_users_remove(root, s, u.name, unused) < 0)
		return r; /* the first reason counts; what is left has no right */
	return r;
}

int adm_user_add(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r;

	if (c->argc > 2 && c->gecos)
		return tool_misuse("user_add: the full name is given twice");
	r = adm_open(c->argv[0], &s, &root);
	if (r != TOOL_OK)
		return r;
	if (add(root, &s, c, why) < 0)
		return tool_error("add user", adm_qualified(c, object), why);
	return TOOL_OK;
}

/* Another user of the same uid keeps their processes. */
static bool is_uid_free(int root, const struct vsd_server *s, uint32_t uid)
{
	struct vsd_range range = { s->uid_first, s->uid_count };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line l;
	size_t len;

	return vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len) == 0 &&
	       vsd_passwd_find_uid((struct vsd_span){ text, len }, range, uid, &l) == -ENOENT;
}

/* The name goes first, so that nobody logs in by it any more; then what runs: the
 * uid is given to the next new user, who must not meet a stranger's processes. */
int adm_user_del(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	uint32_t uid = 0;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_users_find(root, &s, c->argv[1], &uid);
	if (r == 0)
		r = vsd_users_remove(root, &s, c->argv[1], why);
	else
		(void)snprintf(why, sizeof(why), "%s", r == -ENOENT ? "no such user" : strerror(-r));
	if (r < 0)
		return tool_error("delete user", adm_qualified(c, object), why);
	r = cron_spool_forget(s.name, c->argv[1]);
	if (r < 0)
		return tool_errno("forget the crontab of", adm_qualified(c, object), r);
	if (uid == s.uid_first || !is_uid_free(root, &s, uid))
		return TOOL_OK;
	r = boot_end_range((struct vsd_range){ uid, 1 }, END_MS);
	return r < 0 ? tool_errno("end the processes of", adm_qualified(c, object), r) : TOOL_OK;
}

int adm_user_passwd(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX], prompt[ADM_OBJECT_MAX + 32];
	char password[PASSWORD_MAX], hash[PASSWORD_HASH_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	uint32_t uid;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_users_find(root, &s, c->argv[1], &uid); /* before anybody types */
	(void)snprintf(prompt, sizeof(prompt), "New password of %s", adm_qualified(c, object));
	if (r < 0)
		return tool_error("set password of", object, r == -ENOENT ? "no such user"
									  : strerror(-r));
	r = password_read(prompt, password);
	if (r < 0)
		return tool_error("set password of", object, password_reason(r));
	r = password_hash(password, hash);
	explicit_bzero(password, sizeof(password));
	if (r < 0)
		return tool_error("set password of", object, "libcrypt cannot hash it");
	r = vsd_users_set_hash(root, &s, &(struct vsd_user_seen){ .name = c->argv[1], .uid = uid },
			       hash, why);
	explicit_bzero(hash, sizeof(hash));
	return r < 0 ? tool_error("set password of", object, why) : TOOL_OK;
}
