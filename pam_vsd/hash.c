/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "safe.h"

#define HASH_MAX CRYPT_OUTPUT_SIZE

struct wanted {
	char setting[HASH_MAX]; /* what to hash with */
	bool can_match;         /* false: only for the time it takes */
};

/* Text that crypt would give back: a method's prefix, or the 13 characters of the
 * old DES form, which admins of old servers bring along. */
static bool is_hash(struct vsd_span h)
{
	if (h.len == 0 || h.len >= HASH_MAX)
		return false;
	for (size_t i = 0; i < h.len; i++)
		if (h.p[i] <= ' ' || h.p[i] >= 0x7f || strchr("!*:;\\", h.p[i]))
			return false;
	return h.p[0] == '$' || h.p[0] == '_' || h.len == 13;
}

static void copy_hash(struct vsd_span h, struct wanted *w)
{
	memcpy(w->setting, h.p, h.len);
	w->setting[h.len] = '\0';
}

/* Locked, empty, "*" and unknown: hash all the same, with the method and cost
 * that this server's users have, or an outsider could tell by the clock which
 * names exist. */
static void pretend(struct vsd_span file, struct vsd_span own, struct wanted *w)
{
	size_t cursor = 0;
	struct vsd_span line;
	struct vsd_shadow_line s;

	w->can_match = false;
	while (own.len > 0 && *own.p == '!') {
		own.p++;
		own.len--;
	}
	if (is_hash(own)) {
		copy_hash(own, w);
		return;
	}
	while (vsd_lines_next(file, &cursor, &line))
		if (vsd_shadow_parse(line, &s) == 0 && is_hash(s.hash)) {
			copy_hash(s.hash, w);
			return;
		}
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, w->setting, sizeof(w->setting)))
		w->setting[0] = '\0';
}

static int read_wanted(const struct pv_member *m, struct wanted *w)
{
	struct vsd_span user = { m->user, strlen(m->user) };
	struct vsd_span none = { "", 0 };
	struct vsd_shadow_line s = { .hash = { "", 0 } };
	struct vsd_span file;
	char *text = NULL;
	int r;

	r = vsd_safe_read_file(m->rootfd, "etc/shadow", VSD_ACCOUNT_FILE_MAX, &text, &file.len);
	if (r < 0)
		return r;
	file.p = text;
	r = vsd_shadow_find_name(file, user, &s);
	if (r == 0 && is_hash(s.hash)) {
		copy_hash(s.hash, w);
		w->can_match = true;
	} else {
		pretend(file, r == 0 ? s.hash : none, w);
	}
	explicit_bzero(text, file.len);
	free(text);
	return 0;
}

/* Without an early way out: the time must not tell how many bytes agree. */
static bool equal(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned char diff = la != lb;

	for (size_t i = 0; i < la && i < lb; i++)
		diff |= (unsigned char)(a[i] ^ b[i]);
	return diff == 0;
}

int pv_hash_verify(const struct pv_member *m, const char *password)
{
	struct wanted w = { .setting = "" };
	struct crypt_data *data;
	const char *got;
	int r = 0, answer = PAM_AUTH_ERR;

	if (m && m->rootfd >= 0)
		r = read_wanted(m, &w);
	else
		pretend((struct vsd_span){ "", 0 }, (struct vsd_span){ "", 0 }, &w);
	if (r < 0)
		return PAM_AUTHINFO_UNAVAIL;
	data = calloc(1, sizeof(*data)); /* 32 KiB: not for a stack that is not ours */
	if (!data)
		return PAM_BUF_ERR;
	got = crypt_r(password, w.setting, data);
	if (got && got[0] != '*' && equal(got, w.setting) && w.can_match && password[0])
		answer = PAM_SUCCESS;
	explicit_bzero(data, sizeof(*data));
	explicit_bzero(&w, sizeof(w));
	free(data);
	return answer;
}

int pv_hash_now(const struct pv_member *m, char *out, size_t size)
{
	struct vsd_span user = { m->user, strlen(m->user) };
	struct vsd_shadow_line s;
	struct vsd_span file;
	char *text = NULL;
	int r = vsd_safe_read_file(m->rootfd, "etc/shadow", VSD_ACCOUNT_FILE_MAX, &text, &file.len);

	if (r < 0)
		return r;
	file.p = text;
	r = vsd_shadow_find_name(file, user, &s);
	if (r == 0 && s.hash.len >= size)
		r = -ENAMETOOLONG;
	if (r == 0) {
		memcpy(out, s.hash.p, s.hash.len);
		out[s.hash.len] = '\0';
	}
	explicit_bzero(text, file.len);
	free(text);
	return r;
}
