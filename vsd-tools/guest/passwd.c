/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* passwd: one's own password with the old one; for admin, anybody's. */
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accounts.h"
#include "password.h"
#include "safe.h"
#include "tool.h"
#include "why.h"

struct question {
	const char *prompt;
	bool is_new;
	char *out;
};

static int read_answer(void *arg)
{
	const struct question *q = arg;

	return q->is_new ? password_read(q->prompt, q->out) : password_read_once(q->prompt, q->out);
}

static int ask(const struct guest *g, const char *prompt, bool is_new, char out[PASSWORD_MAX])
{
	struct question q = { prompt, is_new, out };

	return account_lent(g, read_answer, &q);
}

static int read_shadow(const struct account *a, char **text, struct vsd_shadow_line *out)
{
	struct vsd_span file;
	int r = vsd_safe_read_file(a->root, "etc/shadow", VSD_ACCOUNT_FILE_MAX, text, &file.len);

	if (r < 0)
		return r;
	file.p = *text;
	return vsd_shadow_find_name(file, (struct vsd_span){ a->name, strlen(a->name) }, out);
}

static bool is_right(const char *password, const char *hash)
{
	VSD_FREE struct crypt_data *data = calloc(1, sizeof(*data));
	const char *got;
	bool right;

	if (!data || !hash[0])
		return false;
	got = crypt_rn(password, hash, data, sizeof(*data));
	right = got && got[0] != '*' && strcmp(got, hash) == 0;
	explicit_bzero(data, sizeof(*data));
	return right;
}

/* A terminal that somebody left open must not give the account away. */
static int check_old(const struct guest *g, struct account *a, const char *hash)
{
	const struct timespec pause = { .tv_sec = 1 };
	char old[PASSWORD_MAX];
	int r = ask(g, "Current password", false, old);
	bool right = r == 0 && is_right(old, hash);

	explicit_bzero(old, sizeof(old));
	if (right)
		return 0;
	(void)nanosleep(&pause, NULL); /* a guess takes its time */
	why_say(a->why, "%s", r < 0 ? password_reason(r) : "that is not the password");
	return -EACCES;
}

static int set(const struct guest *g, struct account *a, const struct vsd_user_seen *seen)
{
	char password[PASSWORD_MAX], hash[PASSWORD_HASH_MAX], prompt[VSD_NAME_MAX + 32];
	int r = seen->hash ? check_old(g, a, seen->hash) : 0;

	if (r < 0)
		return r;
	(void)snprintf(prompt, sizeof(prompt), "New password of %s", a->name); /* fits */
	r = ask(g, prompt, true, password);
	if (r < 0) {
		why_say(a->why, "%s", password_reason(r));
		return r;
	}
	r = password_hash(password, hash);
	explicit_bzero(password, sizeof(password));
	if (r < 0)
		why_say(a->why, "libcrypt cannot hash it");
	else
		r = vsd_users_set_hash(a->root, &a->server, seen, hash, a->why);
	explicit_bzero(hash, sizeof(hash));
	return r;
}

/* One's own: it must be what the old password is compared with until the new one is
 * written.  Another's: admin's word counts, whatever it is. */
static int change(const struct guest *g, struct account *a, uint32_t uid,
		  const struct vsd_shadow_line *now)
{
	char hash[PASSWORD_HASH_MAX];
	struct vsd_user_seen seen = { .name = a->name, .uid = uid };
	int r;

	if (uid == g->caller.uid) {
		if (now->hash.len >= sizeof(hash)) {
			why_say(a->why, "the hash in /etc/shadow is too long");
			return -EINVAL;
		}
		memcpy(hash, now->hash.p, now->hash.len);
		hash[now->hash.len] = '\0';
		seen.hash = hash;
	}
	r = set(g, a, &seen);
	explicit_bzero(hash, sizeof(hash));
	return r;
}

static void say_status(const struct account *a, const struct vsd_shadow_line *l)
{
	const time_t changed = (time_t)(l->last_change > 0 ? l->last_change : 0) * 86400;
	const bool locked = l->hash.len > 0 && (l->hash.p[0] == '!' || l->hash.p[0] == '*');
	const char *kind = l->hash.len == 0 ? "N" : locked ? "L" : "P";
	char day[16] = "never";
	struct tm tm;

	if (l->last_change > 0 && gmtime_r(&changed, &tm))
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	tool_say("%s %s %s %ld %ld %ld %ld", a->name, kind, day, l->min, l->max, l->warn, l->inactive);
}

int verb_passwd(const struct guest *g, int argc, char **argv)
{
	struct account a;
	struct vsd_user_edit e = { .gecos = NULL };
	VSD_FREE char *passwd = NULL;
	VSD_FREE char *shadow = NULL;
	struct vsd_passwd_line line;
	struct vsd_shadow_line old;
	int r = account_begin(g, ARGS_PASSWD, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	r = account_find_own(g, &a, &passwd, &line);
	if (r == 0 && (a.args.lock || a.args.expired) && !guest_is_admin(g)) {
		why_say(a.why, "only admin may");
		r = -EPERM;
	}
	if (r == 0)
		r = read_shadow(&a, &shadow, &old);
	e.lock = a.args.lock ? VSD_LOCK_ON : VSD_LOCK_AS_IS;
	e.must_change = a.args.expired;
	if (r == 0 && a.args.status)
		say_status(&a, &old);
	else if (r == 0 && (a.args.lock || a.args.expired))
		r = vsd_users_edit(a.root, &a.server, a.name, &e, a.why);
	else if (r == 0)
		r = change(g, &a, line.uid, &old);
	if (shadow)
		explicit_bzero(shadow, strlen(shadow));
	return account_end(&a, r, "change password of");
}
