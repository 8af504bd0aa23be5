/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing what is there: users' fields, groups and their members. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "number.h"
#include "users_impl.h"

#define DAY_SECONDS 86400

/* ---- lines ---- */

/* Where the line of that name begins and ends.  -ENOENT */
static int find_line(const struct vsd_text *t, const char *name, size_t *out_at, size_t *out_end)
{
	size_t cursor = 0, n = strlen(name);
	struct vsd_span line;

	while (vsd_lines_next(vsd_text_span(t), &cursor, &line))
		if (line.len > n && line.p[n] == ':' && memcmp(line.p, name, n) == 0) {
			*out_at = (size_t)(line.p - t->p);
			*out_end = *out_at + line.len;
			return 0;
		}
	return -ENOENT;
}

bool vsd_text_has_line(const struct vsd_text *t, const char *name)
{
	size_t at, end;

	return find_line(t, name, &at, &end) == 0;
}

int vsd_text_set_field(struct vsd_text *t, const char *name, unsigned field, const char *value)
{
	size_t at, end, stop;
	int r = find_line(t, name, &at, &end);

	for (; r == 0 && field > 0; field--) {
		const char *colon = memchr(t->p + at, ':', end - at);

		if (!colon)
			return -EINVAL;
		at = (size_t)(colon - t->p) + 1;
	}
	if (r < 0)
		return r;
	stop = at;
	while (stop < end && t->p[stop] != ':')
		stop++;
	return vsd_text_splice(t, at, stop - at, value, strlen(value));
}

static int set_number(struct vsd_text *t, const char *name, unsigned field, long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ld", value); /* fits */
	return vsd_text_set_field(t, name, field, value < 0 ? "" : text);
}

/* ---- groups ---- */

static int find_group(const struct vsd_server *s, const struct vsd_text *group, const char *name,
		      struct vsd_group_line *out)
{
	const struct vsd_range range = { s->uid_first, s->uid_count };

	if (!vsd_name_is_user(name, strlen(name)))
		return -ENOENT;
	return vsd_group_find_name(vsd_text_span(group), range,
				   (struct vsd_span){ name, strlen(name) }, out);
}

static int join(const struct vsd_server *s, struct vsd_text *group, const char *name,
		const char *user, char why[VSD_WHY_MAX])
{
	char text[VSD_NAME_MAX + 2];
	struct vsd_group_line g;

	if (find_group(s, group, name, &g) < 0)
		return vsd_because(why, -ENOENT, "no group '%.40s' in the server's range", name);
	if (vsd_members_has(g.members, user))
		return 0;
	(void)snprintf(text, sizeof(text), "%s%s", g.members.len ? "," : "", user); /* fits */
	return vsd_text_splice(group, (size_t)(g.members.p - group->p) + g.members.len, 0, text,
			       strlen(text));
}

/* Leave the group, or with `name` NULL all of them. */
static int leave(struct vsd_text *group, const char *name, const char *user)
{
	struct vsd_text part = { .p = NULL };
	size_t at, end;
	int r;

	if (!name)
		return vsd_text_drop_member(group, user);
	r = find_line(group, name, &at, &end);
	if (r == 0)
		r = vsd_text_splice(&part, 0, 0, group->p + at, end - at);
	if (r == 0)
		r = vsd_text_drop_member(&part, user);
	if (r == 0)
		r = vsd_text_splice(group, at, end - at, part.p, part.len);
	vsd_text_free(&part);
	return r;
}

/* Each name of the list "a,b,c". */
static int join_list(const struct vsd_server *s, struct vsd_text *group, const char *list,
		     const char *user, char why[VSD_WHY_MAX])
{
	char name[VSD_NAME_MAX + 1];
	int r = 0;

	while (r == 0 && *list) {
		size_t n = strcspn(list, ",");

		if (n == 0 || n > VSD_NAME_MAX)
			return vsd_because(why, -EINVAL, "'%.40s' is no list of groups", list);
		memcpy(name, list, n);
		name[n] = '\0';
		r = join(s, group, name, user, why);
		list += n + (list[n] == ',' && list[n + 1]);
		if (*list == ',')
			return vsd_because(why, -EINVAL, "a list of groups ends with a name");
	}
	return r;
}

int vsd_users_find_gid(const struct vsd_server *s, const struct vsd_text *group, const char *text,
		       uint32_t *out_gid, char why[VSD_WHY_MAX])
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	struct vsd_group_line g;
	uint32_t id;
	int r = vsd_number_id(text, strlen(text), &id);

	r = r == 0 ? vsd_group_find_gid(vsd_text_span(group), range, id, &g) :
		     find_group(s, group, text, &g);
	if (r < 0)
		return vsd_because(why, r, "no group '%.40s' in the server's range", text);
	*out_gid = g.gid;
	return 0;
}

int vsd_users_join(const struct vsd_server *s, struct vsd_text *group, const char *list,
		   const char *user, char why[VSD_WHY_MAX])
{
	return join_list(s, group, list, user, why);
}

int vsd_groups_add(int rootfd, const struct vsd_server *s, const char *name, uint32_t gid,
		   char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	char line[VSD_NAME_MAX + 24];
	VSD_CLOSE int lock = -1;
	int r = vsd_users_open(rootfd, &lock, &f, why);

	if (r < 0)
		return r;
	if (!vsd_name_is_user(name, strlen(name)))
		return vsd_because(why, -EINVAL, "'%.40s' is no group's name ([a-z_][a-z0-9_-]{0,31})", name);
	if (find_line(&f.group, name, &(size_t){ 0 }, &(size_t){ 0 }) == 0)
		return vsd_because(why, -EEXIST, "'%s' exists", name);
	r = vsd_users_choose_id(rootfd, s, &f, gid, &gid, why);
	if (r < 0)
		return r;
	(void)snprintf(line, sizeof(line), "%s:x:%lu:", name, (unsigned long)gid); /* fits */
	r = vsd_text_append(&f.group, line);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "group", &f.group);
	return r < 0 ? vsd_because(why, r, "etc/group: %s", strerror(-r)) : 0;
}

/* A group that is somebody's own, or admin's, stays. */
static int check_unused(const struct vsd_server *s, const struct vsd_users_files *f, uint32_t gid,
			char why[VSD_WHY_MAX])
{
	struct vsd_passwd_line p;
	size_t cursor = 0;

	if (gid == s->uid_first)
		return vsd_because(why, -EPERM, "it is admin's");
	while (vsd_passwd_next(vsd_text_span(&f->passwd), &cursor, &p))
		if (p.gid == gid)
			return vsd_because(why, -EBUSY, "it is the own group of '%.*s'", (int)p.name.len,
					   p.name.p);
	return 0;
}

int vsd_groups_remove(int rootfd, const struct vsd_server *s, const char *name,
		      char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	struct vsd_group_line g;
	VSD_CLOSE int lock = -1;
	bool found = false;
	int r = vsd_users_open(rootfd, &lock, &f, why);

	if (r < 0)
		return r;
	if (find_group(s, &f.group, name, &g) < 0)
		return vsd_because(why, -ENOENT, "no such group in the server's range");
	r = check_unused(s, &f, g.gid, why);
	if (r < 0)
		return r;
	r = vsd_users_retire_id(rootfd, s, g.gid);
	if (r == 0)
		r = vsd_text_drop_line(&f.group, name, &found);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "group", &f.group);
	return r < 0 ? vsd_because(why, r, "etc/group: %s", strerror(-r)) : 0;
}

int vsd_groups_member(int rootfd, const struct vsd_server *s, const char *name, const char *user,
		      bool on, char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	const struct vsd_range range = { s->uid_first, s->uid_count };
	struct vsd_passwd_line p;
	struct vsd_group_line g;
	VSD_CLOSE int lock = -1;
	int r = vsd_users_open(rootfd, &lock, &f, why);

	if (r < 0)
		return r;
	if (vsd_passwd_find_name(vsd_text_span(&f.passwd), range,
				 (struct vsd_span){ user, strlen(user) }, &p) < 0)
		return vsd_because(why, -ENOENT, "no user '%.40s'", user);
	if (find_group(s, &f.group, name, &g) < 0)
		return vsd_because(why, -ENOENT, "no group '%.40s' in the server's range", name);
	if (!on && !vsd_members_has(g.members, user))
		return vsd_because(why, -ENOENT, "'%.40s' is no member", user);
	r = on ? join(s, &f.group, name, user, why) : leave(&f.group, name, user);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "group", &f.group);
	return r < 0 && !why[0] ? vsd_because(why, r, "etc/group: %s", strerror(-r)) : r;
}

/* ---- one user ---- */

static int edit_passwd(const struct vsd_server *s, struct vsd_users_files *f, const char *name,
		       const struct vsd_user_edit *e, char why[VSD_WHY_MAX])
{
	uint32_t gid = 0;
	int r = 0;

	if (e->gecos)
		r = vsd_text_set_field(&f->passwd, name, 4, e->gecos);
	if (r == 0 && e->home)
		r = vsd_text_set_field(&f->passwd, name, 5, e->home);
	if (r == 0 && e->shell)
		r = vsd_text_set_field(&f->passwd, name, 6, e->shell);
	if (r == 0 && e->group) {
		r = vsd_users_find_gid(s, &f->group, e->group, &gid, why);
		if (r == 0)
			r = set_number(&f->passwd, name, 3, (long)gid);
	}
	return r;
}

/* Locked is a hash that nothing hashes to, which unlocking gives back. */
static int edit_lock(struct vsd_text *shadow, const char *name, bool locked, char why[VSD_WHY_MAX])
{
	struct vsd_shadow_line l;
	size_t at;
	int r = vsd_shadow_find_name(vsd_text_span(shadow), (struct vsd_span){ name, strlen(name) }, &l);

	if (r < 0)
		return vsd_because(why, r, "no line in etc/shadow");
	at = (size_t)(l.hash.p - shadow->p);
	if (locked)
		return l.hash.len && l.hash.p[0] == '!' ? 0 : vsd_text_splice(shadow, at, 0, "!", 1);
	if (l.hash.len == 0 || l.hash.p[0] != '!')
		return 0;
	if (l.hash.len == 1)
		return vsd_because(why, -EPERM, "there is no password to unlock: give one");
	return vsd_text_splice(shadow, at, 1, "", 0);
}

static int edit_shadow(struct vsd_text *shadow, const char *name, const struct vsd_user_edit *e,
		       char why[VSD_WHY_MAX])
{
	int r = 0;

	if (e->lock != VSD_LOCK_AS_IS)
		r = edit_lock(shadow, name, e->lock == VSD_LOCK_ON, why);
	if (r == 0 && e->must_change)
		r = set_number(shadow, name, 2, 0);
	if (r == 0 && e->set_expire)
		r = set_number(shadow, name, 7, e->expire_day);
	return r;
}

static int check_edit(const struct vsd_user_edit *e, char why[VSD_WHY_MAX])
{
	if ((e->gecos && !vsd_users_is_field(e->gecos, false)) ||
	    (e->home && !vsd_users_is_field(e->home, true)) ||
	    (e->shell && e->shell[0] && !vsd_users_is_field(e->shell, true)))
		return vsd_because(why, -EINVAL, VSD_USERS_BAD_FIELD);
	return 0;
}

int vsd_users_edit(int rootfd, const struct vsd_server *s, const char *name,
		   const struct vsd_user_edit *e, char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	const struct vsd_range range = { s->uid_first, s->uid_count };
	struct vsd_passwd_line p;
	VSD_CLOSE int lock = -1;
	int r = vsd_users_open(rootfd, &lock, &f, why);

	if (r == 0)
		r = check_edit(e, why);
	if (r < 0)
		return r;
	if (!vsd_name_is_user(name, strlen(name)) ||
	    vsd_passwd_find_name(vsd_text_span(&f.passwd), range,
				 (struct vsd_span){ name, strlen(name) }, &p) < 0)
		return vsd_because(why, -ENOENT, "no such user");
	if (p.uid == s->uid_first && (e->home || e->group || e->lock == VSD_LOCK_ON || e->set_expire))
		return vsd_because(why, -EPERM, "admin's home, group and account stay as they are");
	r = edit_passwd(s, &f, name, e, why);
	if (r == 0 && e->groups && !e->append)
		r = leave(&f.group, NULL, name);
	if (r == 0 && e->groups)
		r = join_list(s, &f.group, e->groups, name, why);
	if (r == 0)
		r = edit_shadow(&f.shadow, name, e, why);
	if (r == 0 && (e->lock != VSD_LOCK_AS_IS || e->must_change || e->set_expire))
		r = vsd_text_write(rootfd, "etc", "shadow", &f.shadow);
	if (r == 0 && e->groups)
		r = vsd_text_write(rootfd, "etc", "group", &f.group);
	if (r == 0 && (e->gecos || e->home || e->shell || e->group))
		r = vsd_text_write(rootfd, "etc", "passwd", &f.passwd);
	return r < 0 && !why[0] ? vsd_because(why, r, "%s", strerror(-r)) : r;
}
