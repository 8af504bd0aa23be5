/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs that show users and rights, and priv_set. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "boot.h"
#include "keyval.h"
#include "safe.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"

enum { END_MS = 5000 };

static json_t *span_json(struct vsd_span s)
{
	json_t *j = json_stringn(s.p, s.len);

	return j ? j : json_string("?"); /* not UTF-8 */
}

/* The server's admin may have written anything: what an administrator's terminal
 * would obey is left out. */
static void list_user(const struct vsd_passwd_line *l, json_t *array)
{
	char gecos[128], dir[VSD_PATH_MAX], name[VSD_NAME_MAX + 1];
	json_t *o;

	if (array) {
		o = json_object();
		(void)json_object_set_new(o, "user", span_json(l->name));
		(void)json_object_set_new(o, "uid", json_integer(l->uid));
		(void)json_object_set_new(o, "name", span_json(l->gecos));
		(void)json_object_set_new(o, "home", span_json(l->dir));
		(void)json_object_set_new(o, "shell", span_json(l->shell));
		(void)json_array_append_new(array, o); /* no memory: adm_print_json tells */
		return;
	}
	(void)vsd_gecos_clean(l->gecos, gecos, sizeof(gecos));
	(void)vsd_gecos_clean(l->dir, dir, sizeof(dir));
	(void)vsd_gecos_clean(l->name, name, sizeof(name));
	tool_say("%-20s %-8lu %-24s %s", name, (unsigned long)l->uid, dir, gecos);
}

int adm_user_list(const struct adm_call *c)
{
	VSD_FREE char *text = NULL;
	VSD_CLOSE int root = -1;
	struct vsd_server s;
	struct vsd_span line;
	size_t len, cursor = 0;
	json_t *array;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return tool_errno("read etc/passwd of", s.name, r);
	array = c->json ? json_array() : NULL;
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line)) {
		struct vsd_passwd_line l;

		if (vsd_passwd_parse(line, &l) == 0 && vsd_server_has_id(&s, l.uid) &&
		    vsd_server_has_id(&s, l.gid))
			list_user(&l, array);
	}
	return c->json ? adm_print_json(array) : TOOL_OK;
}

/* One right, and who has it; with `user`, only if that one does. */
static void list_right(struct vsd_span right, struct vsd_span users, const char *user, json_t *top)
{
	json_t *names = top ? json_array() : NULL;
	bool wanted = !user;
	struct vsd_span name;
	size_t at = 0;

	if (!top && !user)
		(void)printf("%.*s:", (int)right.len, right.p);
	while (vsd_members_next(users, &at, &name)) {
		if (user && !vsd_span_is(name, user))
			continue;
		wanted = true;
		(void)json_array_append_new(names, span_json(name));
		if (!top && !user)
			(void)printf(" %.*s", (int)name.len, name.p);
	}
	if (!top && (!user || wanted))
		tool_say("%.*s", user ? (int)right.len : 0, right.p);
	if (top && wanted)
		(void)json_object_setn_new(top, right.p, right.len, names);
	else
		json_decref(names);
}

static bool is_named(const struct vsd_conf *c, const char *right)
{
	for (unsigned i = 0; i < c->nservice; i++)
		if (strcmp(c->service[i].right, right) == 0)
			return true;
	for (unsigned i = 0; i < c->nexec; i++)
		if (strcmp(c->exec[i].name, right) == 0)
			return true;
	return false;
}

/* One that nothing asks for, a slip of the finger, would look given and do nothing. */
int adm_check_right(const char *right, char why[VSD_WHY_MAX])
{
	struct vsd_conf *conf;
	int r = vsd_conf_load(&conf, why);

	if (r < 0)
		return r;
	if (!is_named(conf, right)) {
		(void)snprintf(why, VSD_WHY_MAX,
			       "no right '%.40s': /etc/vsd.conf names none of that name", right);
		r = -ENOENT;
	}
	vsd_conf_free(conf);
	return r;
}

/* A right for a name that is nobody's would be had by whomever the server's admin
 * makes under it next. */
static int check_user(int root, const struct vsd_server *s, const char *name, uint32_t *out_uid,
		      char why[VSD_WHY_MAX])
{
	int r = vsd_users_find(root, s, name, out_uid);

	if (r < 0)
		(void)snprintf(why, VSD_WHY_MAX, "%s", r == -ENOENT ? "no such user" : strerror(-r));
	return r;
}

int adm_priv_list(const struct adm_call *c)
{
	const char *user = c->argc > 1 ? c->argv[1] : NULL;
	VSD_FREE char *text = NULL;
	VSD_CLOSE int root = -1;
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX];
	struct vsd_server s;
	struct vsd_span line, right, users;
	size_t len, cursor = 0;
	uint32_t uid;
	json_t *top;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	if (user && check_user(root, &s, user, &uid, why) < 0)
		return tool_error("show the rights of", adm_qualified(c, object), why);
	r = vsd_safe_read_file(root, "etc/vsd/priv", VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return tool_errno("read etc/vsd/priv of", s.name, r);
	top = c->json ? json_object() : NULL;
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line))
		if (vsd_rights_line(line, &right, &users))
			list_right(right, users, user, top);
	return c->json ? adm_print_json(top) : TOOL_OK;
}

/* With `login` gone, what its user runs goes too: for who else has admin's uid, never. */
static int end_now(const struct adm_call *c, const struct vsd_server *s, uint32_t uid)
{
	char object[ADM_OBJECT_MAX];
	int r;

	if (uid == s->uid_first)
		return tool_error("end the processes of", adm_qualified(c, object),
				  "they are the server's admin's: vsboot --restart ends them");
	r = boot_end_range((struct vsd_range){ uid, 1 }, END_MS);
	return r < 0 ? tool_errno("end the processes of", adm_qualified(c, object), r) : TOOL_OK;
}

int adm_priv_set(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX];
	bool on = strcmp(c->argv[3], "on") == 0;
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	uint32_t uid = 0;
	int r;

	if (c->now && (on || strcmp(c->argv[2], "login") != 0))
		return tool_misuse("priv_set: --now goes with login off");
	if (!on && strcmp(c->argv[3], "off") != 0)
		return tool_misuse("priv_set: '%s' is neither on nor off", c->argv[3]);
	r = adm_open(c->argv[0], &s, &root);
	if (r != TOOL_OK)
		return r;
	r = on || c->now ? check_user(root, &s, c->argv[1], &uid, why) : 0;
	if (r == 0 && on) /* what vsd.conf has no more can be taken away */
		r = adm_check_right(c->argv[2], why);
	if (r == 0)
		r = vsd_rights_set(root, c->argv[2], c->argv[1], on, why);
	if (r < 0)
		return tool_error("set right of", adm_qualified(c, object), why);
	return c->now ? end_now(c, &s, uid) : TOOL_OK;
}
