/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "keyval.h"
#include "safe.h"
#include "users_impl.h"

#define DAY_SECONDS 86400
#define LINE_SIZE 1024 /* bytes of a line that we write */

static int files_read(int rootfd, struct vsd_users_files *f, char why[VSD_WHY_MAX])
{
	static const char *const path[] = { "etc/passwd", "etc/group", "etc/shadow" };
	struct vsd_text *const to[] = { &f->passwd, &f->group, &f->shadow };

	for (int i = 0; i < 3; i++) {
		int r = vsd_text_read(rootfd, path[i], false, to[i]);

		if (r < 0)
			return vsd_because(why, r, "%s: %s", path[i], strerror(-r));
	}
	return 0;
}

int vsd_users_open(int rootfd, int *out_lock, struct vsd_users_files *f, char why[VSD_WHY_MAX])
{
	int r;

	why[0] = '\0';
	r = vsd_users_lock(rootfd, out_lock, why);
	return r < 0 ? r : files_read(rootfd, f, why);
}

/* A group without members whose name has a shadow line and no passwd line: a crash
 * between the files left it.  Groups have no shadow lines of their own. */
static bool is_leftover(const struct vsd_users_files *f, const char *name)
{
	const char *p = f->group.p, *end = p + f->group.len;
	size_t n = strlen(name);

	if (!vsd_text_has_line(&f->shadow, name))
		return false;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;

		if ((size_t)(stop - p) > n && p[n] == ':' && memcmp(p, name, n) == 0 &&
		    stop[-1] != ':')
			return false;
		p = nl ? nl + 1 : end;
	}
	return true;
}

static int check_new(const struct vsd_user_new *u, const struct vsd_users_files *f,
		     char why[VSD_WHY_MAX])
{
	if (!vsd_name_is_user(u->name, strlen(u->name)))
		return vsd_because(why, -EINVAL, "'%.40s' is no user name ([a-z_][a-z0-9_-]{0,31})",
			       u->name);
	if ((u->gecos && !vsd_users_is_field(u->gecos, false)) ||
	    (u->shell && !vsd_users_is_field(u->shell, true)) ||
	    (u->home && !vsd_users_is_field(u->home, true)) ||
	    (u->hash && !vsd_users_is_field(u->hash, false)))
		return vsd_because(why, -EINVAL, VSD_USERS_BAD_FIELD);
	if (vsd_text_has_line(&f->passwd, u->name) ||
	    (!u->group && vsd_text_has_line(&f->group, u->name) && !is_leftover(f, u->name)))
		return vsd_because(why, -EEXIST, "'%s' exists", u->name);
	return 0;
}

static uint32_t count_users(const struct vsd_server *s, const struct vsd_users_files *f)
{
	struct vsd_range r = { s->uid_first, s->uid_count };
	struct vsd_passwd_line p;
	uint32_t n = 0;

	for (uint32_t i = 1; i < s->uid_count; i++)
		n += vsd_passwd_find_uid(vsd_text_span(&f->passwd), r, s->uid_first + i, &p) == 0;
	return n;
}

static int choose_uid(int rootfd, const struct vsd_server *s, const struct vsd_user_new *u,
		      const struct vsd_users_files *f, uint32_t *out, char why[VSD_WHY_MAX])
{
	if (count_users(s, f) >= s->max_users)
		return vsd_because(why, -EDQUOT, "the server has its %lu users",
				   (unsigned long)s->max_users);
	return vsd_users_choose_id(rootfd, s, f, u->uid, out, why);
}

__attribute__((format(printf, 2, 3)))
static int append(struct vsd_text *t, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		return -EINVAL;
	n = vsd_text_append(t, line);
	explicit_bzero(line, sizeof(line));
	return n;
}

/* Lines left by a crash between the files: before an id is chosen, as they hold one. */
static int drop_leftovers(struct vsd_users_files *f, const struct vsd_user_new *u)
{
	bool unused;
	int r = vsd_text_drop_line(&f->shadow, u->name, &unused);

	return r < 0 || u->group ? r : vsd_text_drop_line(&f->group, u->name, &unused);
}

static int put_lines(const struct vsd_user_new *u, uint32_t uid, uint32_t gid, const char *home,
		     struct vsd_users_files *f)
{
	unsigned long id = uid;
	int r = append(&f->shadow, "%s:%s:%ld:0:99999:7:::", u->name, u->hash ? u->hash : "!",
			   (long)(time(NULL) / DAY_SECONDS));
	if (r == 0 && !u->group)
		r = append(&f->group, "%s:x:%lu:", u->name, id);
	if (r == 0)
		r = append(&f->passwd, "%s:x:%lu:%lu:%s:%s:%s", u->name, id, (unsigned long)gid,
			   u->gecos ? u->gecos : "", home, u->shell ? u->shell : "/bin/bash");
	return r;
}

/* In this order a crash leaves lines that name nobody yet. */
static int write_adding(int rootfd, const struct vsd_users_files *f)
{
	int r = vsd_text_write(rootfd, "etc", "shadow", &f->shadow);

	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "group", &f->group);
	return r < 0 ? r : vsd_text_write(rootfd, "etc", "passwd", &f->passwd);
}

/* The user is there; a crash may have come before their home was given to them. */
static int finish_home(int rootfd, const struct vsd_server *s, const char *name,
		       const struct vsd_users_files *f, char why[VSD_WHY_MAX])
{
	struct vsd_range range = { s->uid_first, s->uid_count };
	struct vsd_span span = { name, strlen(name) };
	struct vsd_passwd_line line;
	char home[VSD_PATH_MAX];

	if (vsd_passwd_find_name(vsd_text_span(&f->passwd), range, span, &line) < 0 ||
	    line.dir.len == 0 || line.dir.p[0] != '/' ||
	    vsd_span_copy(line.dir, home, sizeof(home)) < 0)
		return -EEXIST;
	return vsd_users_open_home(rootfd, home, line.uid, why);
}

int vsd_users_add(int rootfd, const struct vsd_server *s, const struct vsd_user_new *u,
		  uint32_t *out_uid, char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	VSD_CLOSE int lock = -1;
	char home[VSD_PATH_MAX];
	uint32_t uid = 0, gid;
	int r;

	why[0] = '\0';
	r = snprintf(home, sizeof(home), "%s%s", u->home ? u->home : "/home/",
		     u->home ? "" : u->name);
	if (r < 0 || (size_t)r >= sizeof(home))
		return vsd_because(why, -EINVAL, "the home's path is too long");
	r = vsd_users_open(rootfd, &lock, &f, why);
	if (r == 0)
		r = check_new(u, &f, why);
	if (r == 0)
		r = drop_leftovers(&f, u);
	if (r == 0)
		r = choose_uid(rootfd, s, u, &f, &uid, why);
	gid = uid;
	if (r == 0 && u->group)
		r = vsd_users_find_gid(s, &f.group, u->group, &gid, why);
	if (r == 0)
		r = put_lines(u, uid, gid, home, &f);
	if (r == 0 && u->groups)
		r = vsd_users_join(s, &f.group, u->groups, u->name, why);
	if (r == 0 && u->make_home)
		r = vsd_users_make_home(rootfd, home, uid, gid, why);
	if (r == 0)
		r = write_adding(rootfd, &f);
	if (r == 0 && u->make_home)
		r = vsd_users_open_home(rootfd, home, uid, why);
	if (r == -EEXIST && u->make_home) {
		char unused[VSD_WHY_MAX];

		if (finish_home(rootfd, s, u->name, &f, unused) < 0)
			return r; /* that they exist is what is to be told */
	}
	if (r < 0)
		return why[0] ? r : vsd_because(why, r, "%s", strerror(-r));
	*out_uid = uid;
	return 0;
}

/* A right that outlives its user would be had by the next one of that name. */
static int drop_rights(int rootfd, const char *name)
{
	struct vsd_text t = { .p = NULL };
	int r = vsd_text_read(rootfd, "etc/vsd/priv", true, &t);

	if (r == 0 && t.len > 0)
		r = vsd_text_drop_member(&t, name);
	if (r == 0 && t.len > 0)
		r = vsd_text_write(rootfd, "etc/vsd", "priv", &t);
	vsd_text_free(&t);
	return r;
}

int vsd_users_remove(int rootfd, const struct vsd_server *s, const char *name,
		     char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	struct vsd_range range = { s->uid_first, s->uid_count };
	struct vsd_span span = { name, strlen(name) };
	struct vsd_passwd_line line;
	VSD_CLOSE int lock = -1;
	bool found = false;
	int r;

	r = vsd_users_open(rootfd, &lock, &f, why);
	if (r < 0)
		return r;
	if (!vsd_name_is_user(name, span.len) ||
	    vsd_passwd_find_name(vsd_text_span(&f.passwd), range, span, &line) < 0)
		return vsd_because(why, -ENOENT, "no such user");
	if (line.uid == s->uid_first)
		return vsd_because(why, -EPERM, "the server cannot be without its admin");
	/* The id is not given to the next one while files of theirs may be left. */
	r = vsd_users_retire_id(rootfd, s, line.uid);
	if (r == 0)
		r = vsd_text_drop_line(&f.passwd, name, &found);
	if (r == 0)
		r = vsd_text_drop_line(&f.group, name, &found);
	if (r == 0)
		r = vsd_text_drop_member(&f.group, name);
	if (r == 0)
		r = vsd_text_drop_line(&f.shadow, name, &found);
	if (r == 0)
		r = drop_rights(rootfd, name);
	/* Like a right, it would be the next one's of that name. */
	if (r == 0 && (r = vsd_users_drop_crontab(rootfd, name)) == -ENOENT)
		r = 0;
	/* passwd first: after a crash the name is gone, and its leftovers harmless */
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "passwd", &f.passwd);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "group", &f.group);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "shadow", &f.shadow);
	return r < 0 ? vsd_because(why, r, "%s", strerror(-r)) : 0;
}

/* The line's second and third fields. */
static int put_hash(struct vsd_text *t, const struct vsd_shadow_line *s, const char *hash)
{
	char field[LINE_SIZE];
	const char *day = s->hash.p + s->hash.len + 1;
	const char *stop = strchr(day, ':');
	int n, r;

	n = snprintf(field, sizeof(field), "%s:%ld", hash, (long)(time(NULL) / DAY_SECONDS));
	if (!stop || n < 0 || (size_t)n >= sizeof(field))
		return -EINVAL;
	r = vsd_text_splice(t, (size_t)(s->hash.p - t->p), (size_t)(stop - s->hash.p), field,
			    (size_t)n);
	explicit_bzero(field, sizeof(field));
	return r;
}

/* Is the account still the one that was seen? */
static int check_seen(const struct vsd_server *s, const struct vsd_users_files *f,
		      const struct vsd_user_seen *u, struct vsd_shadow_line *out)
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	const struct vsd_span name = { u->name, strlen(u->name) };
	struct vsd_passwd_line p;
	int r = vsd_passwd_find_name(vsd_text_span(&f->passwd), range, name, &p);

	if (r == 0)
		r = vsd_shadow_find_name(vsd_text_span(&f->shadow), name, out);
	if (r == 0 && (p.uid != u->uid || (u->hash && !vsd_span_is(out->hash, u->hash))))
		r = -ESTALE;
	return r;
}

int vsd_users_set_hash(int rootfd, const struct vsd_server *s, const struct vsd_user_seen *u,
		       const char *hash, char why[VSD_WHY_MAX])
{
	VSD_USERS_FILES struct vsd_users_files f = { .passwd = { 0 } };
	struct vsd_shadow_line line;
	VSD_CLOSE int lock = -1;
	int r;

	why[0] = '\0';
	if (!vsd_users_is_field(hash, false))
		return vsd_because(why, -EINVAL, "the hash holds a colon or a control byte");
	r = vsd_users_lock(rootfd, &lock, why);
	if (r < 0)
		return r;
	r = vsd_text_read(rootfd, "etc/passwd", false, &f.passwd);
	if (r < 0)
		return vsd_because(why, r, "etc/passwd: %s", strerror(-r));
	r = vsd_text_read(rootfd, "etc/shadow", false, &f.shadow);
	if (r == 0)
		r = check_seen(s, &f, u, &line);
	if (r == -ESTALE)
		return vsd_because(why, r, "the account has changed meanwhile");
	if (r == 0)
		r = put_hash(&f.shadow, &line, hash);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc", "shadow", &f.shadow);
	if (r >= 0)
		return 0;
	return vsd_because(why, r, "etc/shadow: %s", r == -ENOENT ? "no such user" : strerror(-r));
}

int vsd_users_find(int rootfd, const struct vsd_server *s, const char *name, uint32_t *out_uid)
{
	const struct vsd_range range = { s->uid_first, s->uid_count };
	VSD_FREE char *passwd = NULL;
	struct vsd_passwd_line p;
	size_t len;
	int r = vsd_safe_read_file(rootfd, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &passwd, &len);

	if (r == 0)
		r = vsd_passwd_find_name((struct vsd_span){ passwd, len }, range,
					 (struct vsd_span){ name, strlen(name) }, &p);
	if (r == 0)
		*out_uid = p.uid;
	return r;
}
