/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "name.h"

#include <string.h>

/* Plain comparisons instead of <ctype.h>: the locale of the process that loaded
 * us must not decide what a name is. */
static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool vsd_name_is_vs(const char *s, size_t len)
{
	if (len == 0 || len > VSD_NAME_MAX || !is_lower(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_lower(s[i]) && !is_digit(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* By a table: each line of each account file passes here. */
bool vsd_name_is_user(const char *s, size_t len)
{
	static const bool allowed[256] = {
		['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true, ['_'] = true,
	};
	bool good = true;

	if (len == 0 || len > VSD_NAME_MAX || (!is_lower(s[0]) && s[0] != '_'))
		return false;
	for (size_t i = 1; i < len; i++)
		good &= allowed[(unsigned char)s[i]];
	return good;
}

static bool is_label(const char *s, size_t len)
{
	if (len == 0 || len > 63 || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

bool vsd_name_is_fqdn(const char *s, size_t len)
{
	size_t start = 0;

	if (len == 0 || len > VSD_FQDN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '.')
			continue;
		if (!is_label(s + start, i - start))
			return false;
		start = i + 1;
	}
	return is_label(s + start, len - start);
}

int vsd_name_split(const char *s, size_t len, struct vsd_qualified *out)
{
	const char *at = memchr(s, '@', len);
	size_t user, vs;

	if (!at)
		return -EINVAL;
	user = (size_t)(at - s);
	vs = len - user - 1;
	if (!vsd_name_is_user(s, user) || !vsd_name_is_vs(at + 1, vs))
		return -EINVAL;
	memcpy(out->user, s, user);
	out->user[user] = '\0';
	memcpy(out->vs, at + 1, vs);
	out->vs[vs] = '\0';
	return 0;
}
