/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* user_mod: change a server's user, by the code that usermod inside the server uses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"
#include "why.h"

static int set_text(const char **member, const char *value)
{
	*member = value;
	return 0;
}

static int set_lock(struct vsd_user_edit *e, const char *value)
{
	if (strcmp(value, "on") == 0)
		e->lock = VSD_LOCK_ON;
	else if (strcmp(value, "off") == 0)
		e->lock = VSD_LOCK_OFF;
	else
		return -EINVAL;
	return 0;
}

/* Days after 1970, as shadow(5) has them, or "never". */
static int set_expire(struct vsd_user_edit *e, const char *value)
{
	uint64_t day = 0;

	e->set_expire = true;
	e->expire_day = -1;
	if (strcmp(value, "never") == 0)
		return 0;
	if (vsd_number_parse(value, strlen(value), INT32_MAX, &day) < 0)
		return -EINVAL;
	e->expire_day = (long)day;
	return 0;
}

/* KEY=VALUE.  -ENOENT no such key, -EINVAL no such value, of lock or expire */
static int set_one(struct vsd_user_edit *e, const char *pair)
{
	const char *value = strchr(pair, '=');
	struct vsd_span key = { pair, value ? (size_t)(value - pair) : 0 };

	if (!value)
		return -ENOENT;
	value++;
	if (vsd_span_is(key, "gecos"))
		return set_text(&e->gecos, value);
	if (vsd_span_is(key, "shell"))
		return set_text(&e->shell, value);
	if (vsd_span_is(key, "home"))
		return set_text(&e->home, value);
	if (vsd_span_is(key, "group"))
		return set_text(&e->group, value);
	if (vsd_span_is(key, "groups"))
		return set_text(&e->groups, value);
	if (vsd_span_is(key, "lock"))
		return set_lock(e, value);
	return vsd_span_is(key, "expire") ? set_expire(e, value) : -ENOENT;
}

int adm_user_mod(const struct adm_call *c)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX] = "";
	struct vsd_user_edit e = { .gecos = NULL };
	struct vsd_server s;
	VSD_CLOSE int root = -1;
	int r = 0;

	for (int i = 2; i < c->argc && r == 0; i++) {
		r = set_one(&e, c->argv[i]);
		if (r < 0)
			why_say(why, r == -ENOENT	  ? "'%.100s': no such key" :
				     *c->argv[i] == 'l' ? "'%.100s': lock takes on or off" :
							  "'%.100s': expire takes days after 1970, or never",
				c->argv[i]);
	}
	if (r < 0)
		return tool_error("change user", adm_qualified(c, object), why);
	r = adm_open(c->argv[0], &s, &root);
	if (r != TOOL_OK)
		return r;
	if (vsd_users_edit(root, &s, c->argv[1], &e, why) < 0)
		return tool_error("change user", adm_qualified(c, object), why);
	return TOOL_OK;
}
