/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* passwd: one's own password with the old one; for admin, anybody's. */
#include <crypt.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accounts.h"
#include "password.h"
#include "safe.h"
#include "tool.h"
#include "why.h"

/* The terminal may end or stop us while somebody types: nothing is held then. */
static int ask(const char *prompt, bool is_new, char out[PASSWORD_MAX])
{
	sigset_t none;
	int r;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* a valid set: it cannot fail */
	r = is_new ? password_read(prompt, out) : password_read_once(prompt, out);
	return guest_shield() < 0 ? -EIO : r;
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

static bool is_right(const char *password, const struct vsd_shadow_line *l)
{
	VSD_FREE struct crypt_data *data = calloc(1, sizeof(*data));
	char hash[PASSWORD_HASH_MAX];
	const char *got;
	bool right = false;

	if (!data || l->hash.len == 0 || l->hash.len >= sizeof(hash))
		return false;
	memcpy(hash, l->hash.p, l->hash.len);
	hash[l->hash.len] = '\0';
	got = crypt_rn(password, hash, data, sizeof(*data));
	right = got && got[0] != '*' && strcmp(got, hash) == 0;
	explicit_bzero(data, sizeof(*data));
	explicit_bzero(hash, sizeof(hash));
	return right;
}

/* A terminal that somebody left open must not give the account away. */
static int check_old(struct account *a, const struct vsd_shadow_line *l)
{
	const struct timespec pause = { .tv_sec = 1 };
	char old[PASSWORD_MAX];
	int r = ask("Current password", false, old);
	bool right = r == 0 && is_right(old, l);

	explicit_bzero(old, sizeof(old));
	if (right)
		return 0;
	(void)nanosleep(&pause, NULL); /* a guess takes its time */
	why_say(a->why, "%s", r < 0 ? password_reason(r) : "that is not the password");
	return -EACCES;
}

static int set(struct account *a, const struct vsd_shadow_line *old)
{
	char password[PASSWORD_MAX], hash[PASSWORD_HASH_MAX], prompt[VSD_NAME_MAX + 32];
	int r = old ? check_old(a, old) : 0;

	if (r < 0)
		return r;
	(void)snprintf(prompt, sizeof(prompt), "New password of %s", a->name); /* fits */
	r = ask(prompt, true, password);
	if (r < 0) {
		why_say(a->why, "%s", password_reason(r));
		return r;
	}
	r = password_hash(password, hash);
	explicit_bzero(password, sizeof(password));
	if (r < 0)
		why_say(a->why, "libcrypt cannot hash it");
	else
		r = vsd_users_set_hash(a->root, &a->server, a->name, hash, a->why);
	explicit_bzero(hash, sizeof(hash));
	return r;
}

static void say_status(const struct account *a, const struct vsd_shadow_line *l)
{
	const time_t changed = (time_t)(l->last_change > 0 ? l->last_change : 0) * 86400;
	const char kind = l->hash.len == 0 ? 'N' : l->hash.p[0] == '!' || l->hash.p[0] == '*' ? 'L' : 'P';
	char day[16] = "never";
	struct tm tm;

	if (l->last_change > 0 && gmtime_r(&changed, &tm))
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	tool_say("%s %c %s %ld %ld %ld %ld", a->name, kind, day, l->min, l->max, l->warn, l->inactive);
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
		r = set(&a, line.uid == g->caller.uid ? &old : NULL);
	if (shadow)
		explicit_bzero(shadow, strlen(shadow));
	return account_end(&a, r, "change password of");
}
