/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verbs about a server's users and their rights. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "account.h"
#include "password.h"
#include "safe.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"

#define OBJECT_MAX 128

/* "alice@vs1", for messages. */
static const char *qualified(const struct adm_call *c, char out[OBJECT_MAX])
{
	(void)snprintf(out, OBJECT_MAX, "%.60s@%.60s", c->argv[1], c->argv[0]);
	return out;
}

static int give_rights(const struct adm_call *c, int root, const char *object)
{
	char list[256], why[VSD_WHY_MAX], *save = NULL;

	if (snprintf(list, sizeof(list), "%s", c->rights) >= (int)sizeof(list))
		return tool_error("give rights to", object, "the list is too long");
	for (char *right = strtok_r(list, ",", &save); right; right = strtok_r(NULL, ",", &save)) {
		int r = vsd_rights_set(root, right, c->argv[1], true, why);

		if (r < 0)
			return tool_error("give rights to", object, why);
	}
	return TOOL_OK;
}

int adm_user_add(const struct adm_call *c)
{
	struct vsd_user_new u = { .name = c->argv[1], .make_home = true,
				  .gecos = c->argc > 2 ? c->argv[2] : NULL };
	char object[OBJECT_MAX], why[VSD_WHY_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	uint32_t uid;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	if (vsd_users_add(root, &s, &u, &uid, why) < 0)
		return tool_error("add user", qualified(c, object), why);
	return c->rights ? give_rights(c, root, qualified(c, object)) : TOOL_OK;
}

int adm_user_del(const struct adm_call *c)
{
	char object[OBJECT_MAX], why[VSD_WHY_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	if (vsd_users_remove(root, &s, c->argv[1], why) < 0)
		return tool_error("delete user", qualified(c, object), why);
	return TOOL_OK;
}

static const char *password_reason(int r)
{
	switch (r) {
	case -EINVAL:
		return "the password is empty, too long, or holds a control byte";
	case -EAGAIN:
		return "the two differ";
	case -ENODATA:
		return "no password on stdin";
	default:
		return strerror(-r);
	}
}

int adm_user_passwd(const struct adm_call *c)
{
	char object[OBJECT_MAX], why[VSD_WHY_MAX], prompt[OBJECT_MAX + 32];
	char password[PASSWORD_MAX], hash[PASSWORD_HASH_MAX];
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	(void)snprintf(prompt, sizeof(prompt), "New password of %s", qualified(c, object));
	r = password_read(prompt, password);
	if (r < 0)
		return tool_error("set password of", object, password_reason(r));
	r = password_hash(password, hash);
	explicit_bzero(password, sizeof(password));
	if (r < 0)
		return tool_error("set password of", object, "libcrypt cannot hash it");
	r = vsd_users_set_hash(root, &s, c->argv[1], hash, why);
	explicit_bzero(hash, sizeof(hash));
	return r < 0 ? tool_error("set password of", object, why) : TOOL_OK;
}

static json_t *span_json(struct vsd_span s)
{
	json_t *j = json_stringn(s.p, s.len);

	return j ? j : json_string("?"); /* not UTF-8 */
}

static void list_user(const struct vsd_passwd_line *l, json_t *array)
{
	char gecos[128], dir[VSD_PATH_MAX], name[VSD_NAME_MAX + 1];

	if (array) {
		json_t *o = json_object();

		(void)json_object_set_new(o, "user", span_json(l->name));
		(void)json_object_set_new(o, "uid", json_integer(l->uid));
		(void)json_object_set_new(o, "name", span_json(l->gecos));
		(void)json_object_set_new(o, "home", span_json(l->dir));
		(void)json_array_append_new(array, o);
		return;
	}
	(void)vsd_gecos_clean(l->gecos, gecos, sizeof(gecos));
	/* vsd_gecos_clean leaves nothing that a terminal would obey */
	(void)vsd_gecos_clean(l->dir, dir, sizeof(dir));
	(void)vsd_gecos_clean(l->name, name, sizeof(name));
	tool_say("%-20s %-8lu %-24s %s", name, (unsigned long)l->uid, dir, gecos);
}

int adm_user_list(const struct adm_call *c)
{
	json_t *array = c->json ? json_array() : NULL;
	VSD_FREE char *text = NULL;
	VSD_CLOSE int root = -1;
	struct vsd_server s;
	size_t len, cursor = 0;
	struct vsd_span line;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return tool_errno("read etc/passwd of", s.name, r);
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line)) {
		struct vsd_passwd_line l;

		if (vsd_passwd_parse(line, &l) == 0 && vsd_server_has_id(&s, l.uid) &&
		    vsd_server_has_id(&s, l.gid))
			list_user(&l, array);
	}
	if (array) {
		(void)json_dumpf(array, stdout, JSON_INDENT(2));
		(void)putchar('\n');
		json_decref(array);
	}
	return TOOL_OK;
}

static void list_right(struct vsd_span line, size_t name_len)
{
	const char *colon = memrchr(line.p, ':', line.len);
	struct vsd_span members = { colon + 1, (size_t)(line.p + line.len - colon) - 1 }, user;
	size_t at = 0;

	(void)printf("%.*s:", (int)name_len, line.p);
	while (vsd_members_next(members, &at, &user))
		(void)printf(" %.*s", (int)user.len, user.p);
	tool_say("%s", "");
}

/* The lines of etc/vsd/priv: RIGHT:x::user,user */
int adm_priv_list(const struct adm_call *c)
{
	VSD_FREE char *text = NULL;
	VSD_CLOSE int root = -1;
	struct vsd_server s;
	struct vsd_span line;
	size_t len, cursor = 0;
	int r = adm_open(c->argv[0], &s, &root);

	if (r != TOOL_OK)
		return r;
	r = vsd_safe_read_file(root, "etc/vsd/priv", VSD_ACCOUNT_FILE_MAX, &text, &len);
	if (r < 0)
		return tool_errno("read etc/vsd/priv of", s.name, r);
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line)) {
		const char *colon = memchr(line.p, ':', line.len);
		char right[VSD_NAME_MAX + 1];
		size_t n = colon ? (size_t)(colon - line.p) : 0;

		if (!vsd_name_is_user(line.p, n)) /* a comment, or nothing of ours */
			continue;
		memcpy(right, line.p, n);
		right[n] = '\0';
		if (c->argc == 1)
			list_right(line, n);
		else if (vsd_rights_has(root, right, c->argv[1]) == 1)
			tool_say("%s", right);
	}
	return TOOL_OK;
}

int adm_priv_set(const struct adm_call *c)
{
	char object[OBJECT_MAX], why[VSD_WHY_MAX];
	bool on = strcmp(c->argv[3], "on") == 0;
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r;

	if (!on && strcmp(c->argv[3], "off") != 0)
		return tool_misuse("priv_set: '%s' is neither on nor off", c->argv[3]);
	r = adm_open(c->argv[0], &s, &root);
	if (r != TOOL_OK)
		return r;
	r = vsd_rights_set(root, c->argv[2], c->argv[1], on, why);
	return r < 0 ? tool_error("set right of", qualified(c, object), why) : TOOL_OK;
}
