/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* user_mod: change a server's user, by the code that usermod inside the server uses. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"
#include "why.h"

/* Which texts may stand in the accounts' files is for vsd_users_edit to say. */
static int set_text(void *to, const struct adm_key *key, const char *value)
{
	memcpy((char *)to + key->offset, &value, sizeof(value));
	return 0;
}

static int set_lock(void *to, const struct adm_key *key, const char *value)
{
	struct vsd_user_edit *e = to;

	(void)key;
	if (strcmp(value, "on") == 0)
		e->lock = VSD_LOCK_ON;
	else if (strcmp(value, "off") == 0)
		e->lock = VSD_LOCK_OFF;
	else
		return -EINVAL;
	return 0;
}

/* Days after 1970, as shadow(5) has them, or "never". */
static int set_expire(void *to, const struct adm_key *key, const char *value)
{
	struct vsd_user_edit *e = to;
	uint64_t day = 0;

	(void)key;
	e->set_expire = true;
	e->expire_day = -1;
	if (strcmp(value, "never") == 0)
		return 0;
	if (vsd_number_parse(value, strlen(value), INT32_MAX, &day) < 0)
		return -EINVAL;
	e->expire_day = (long)day;
	return 0;
}

#define TEXT(member) NULL, offsetof(struct vsd_user_edit, member)
static const struct adm_key keys[] = {
	{ "expire", set_expire, "days after 1970, or never", 0 },
	{ "gecos", set_text, TEXT(gecos) },
	{ "group", set_text, TEXT(group) },
	{ "groups", set_text, TEXT(groups) },
	{ "home", set_text, TEXT(home) },
	{ "lock", set_lock, "on or off", 0 },
	{ "shell", set_text, TEXT(shell) },
};
#undef TEXT

int adm_user_mod(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX] = "";
	struct vsd_user_edit e = { .gecos = NULL };
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r = 0;

	for (int i = 2; i < c->argc && r == 0; i++)
		r = adm_set_key(keys, sizeof(keys) / sizeof(*keys), &e, c->argv[i], why);
	if (r < 0)
		return tool_error("change user", adm_qualified(c, object), why);
	r = adm_open(c->argv[0], &s, &root);
	if (r != TOOL_OK)
		return r;
	if (vsd_users_edit(root, &s, c->argv[1], &e, why) < 0)
		return tool_error("change user", adm_qualified(c, object), why);
	return TOOL_OK;
}
