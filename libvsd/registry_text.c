/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /etc/vsd/servers/NAME.  Every key but `address` stands exactly once,
 * those that came later (`redirect`, `io_read`, `io_write`) once at most; `format`
 * says which version of this list the file follows. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "registry.h"

#define FORMAT "1"

/* In the order in which they are written; bit n of `seen` is keys[n]. */
static const char *const keys[] = { "format", "id", "uid", "count", "state", "root", "skel",
				    "fqdn", "quota_mb", "max_users", "max_sessions", "memory",
				    "pids", "cpu" };
enum { NKEYS = sizeof(keys) / sizeof(*keys) };

static int set_state(struct vsd_span v, enum vsd_server_state *out)
{
	if (!vsd_span_is(v, "enabled") && !vsd_span_is(v, "disabled"))
		return -EINVAL;
	*out = vsd_span_is(v, "enabled") ? VSD_SERVER_ENABLED : VSD_SERVER_DISABLED;
	return 0;
}

static int set_path(struct vsd_span v, char out[VSD_PATH_MAX])
{
	return vsd_path_is_plain(v) ? vsd_span_copy(v, out, VSD_PATH_MAX) : -EINVAL;
}

static int add_address(struct vsd_span v, struct vsd_server *s)
{
	struct vsd_addr a;

	if (s->naddr == VSD_SERVER_ADDR_MAX || vsd_addr_parse(v.p, v.len, &a) < 0 ||
	    !vsd_addr_is_usable(&a))
		return -EINVAL;
	for (unsigned i = 0; i < s->naddr; i++)
		if (vsd_addr_equal(&a, &s->addr[i]))
			return -EEXIST;
	s->addr[s->naddr++] = a;
	return 0;
}

/* May be missing, as in files of before there was one. */
static int set_redirects(struct vsd_span v, struct vsd_server *s)
{
	if (s->own_redirects)
		return -EEXIST;
	s->own_redirects = true;
	return vsd_redirects_parse(v, s->redirect, VSD_SERVER_REDIRECT_MAX, &s->nredirect);
}

/* Missing is 0, and 0 is not written: files of before there was one are whole. */
static int set_io(struct vsd_span v, uint64_t *out)
{
	if (*out)
		return -EEXIST;
	return vsd_number_parse(v.p, v.len, INT64_MAX, out) < 0 || *out == 0 ? -EINVAL : 0;
}

static int set_key(struct vsd_server *s, unsigned key, struct vsd_span v)
{
	switch (key) {
	case 0: return vsd_span_is(v, FORMAT) ? 0 : -EINVAL;
	case 1: return vsd_number_id(v.p, v.len, &s->id);
	case 2: return vsd_number_id(v.p, v.len, &s->uid_first);
	case 3: return vsd_number_id(v.p, v.len, &s->uid_count);
	case 4: return set_state(v, &s->state);
	case 5: return set_path(v, s->root);
	case 6: return set_path(v, s->skel);
	case 7: return vsd_name_is_fqdn(v.p, v.len) ? vsd_span_copy(v, s->fqdn, sizeof(s->fqdn))
						    : -EINVAL;
	case 8: return vsd_number_parse(v.p, v.len, INT64_MAX, &s->quota_mb);
	case 9: return vsd_number_id(v.p, v.len, &s->max_users);
	case 10: return vsd_number_id(v.p, v.len, &s->max_sessions);
	case 11: return vsd_number_parse(v.p, v.len, INT64_MAX, &s->memory_bytes);
	case 12: return vsd_number_parse(v.p, v.len, INT64_MAX, &s->pids);
	case 13: return vsd_number_parse(v.p, v.len, INT64_MAX, &s->cpu_percent);
	default: return -ENOENT;
	}
}

static unsigned find_key(struct vsd_span k)
{
	unsigned i = 0;

	while (i < NKEYS && !vsd_span_is(k, keys[i]))
		i++;
	return i;
}

/* One pair into s.  -EINVAL bad, -EEXIST twice, -ENOENT unknown. */
static int take_pair(struct vsd_server *s, const struct vsd_keyval *kv, unsigned *seen)
{
	unsigned key;

	if (vsd_span_is(kv->key, "address"))
		return add_address(kv->value, s);
	if (vsd_span_is(kv->key, "redirect"))
		return set_redirects(kv->value, s);
	if (vsd_span_is(kv->key, "io_read"))
		return set_io(kv->value, &s->io_read);
	if (vsd_span_is(kv->key, "io_write"))
		return set_io(kv->value, &s->io_write);
	key = find_key(kv->key);
	if (key == NKEYS)
		return -ENOENT;
	if (*seen & 1u << key)
		return -EEXIST;
	*seen |= 1u << key;
	return set_key(s, key, kv->value) < 0 ? -EINVAL : 0;
}

/* uid 0, or a range that wraps, would make root or everybody the server's. */
static const char *whole_fault(const struct vsd_server *s)
{
	if (s->id == 0)
		return "id: 0 is no server's";
	if (s->uid_first < 1000 || s->uid_count < 2 || s->uid_count > 65536 ||
	    (uint64_t)s->uid_first + s->uid_count > UINT32_MAX)
		return "uid, count: no range between 1000 and 4294967294";
	if (s->naddr == 0)
		return "address: missing";
	return NULL;
}

static int parse(const char *text, size_t len, const char *name, struct vsd_server *out,
		 char why[VSD_WHY_MAX])
{
	struct vsd_server s = { .id = 0 };
	struct vsd_keyval kv;
	const char *fault;
	unsigned seen = 0;
	int r;

	if (!vsd_name_is_vs(name, strlen(name))) {
		(void)snprintf(why, VSD_WHY_MAX, "not a server's name");
		return -EBADMSG;
	}
	memcpy(s.name, name, strlen(name) + 1);
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0) {
		r = take_pair(&s, &kv, &seen);
		if (r < 0) {
			vsd_keyval_why(&kv, r == -ENOENT ? "unknown key" :
				       r == -EEXIST ? "given twice" : "bad value", why);
			return -EBADMSG;
		}
	}
	if (r < 0)
		return -EBADMSG;
	for (unsigned i = 0; i < NKEYS; i++)
		if (!(seen & 1u << i)) {
			(void)snprintf(why, VSD_WHY_MAX, "%s: missing", keys[i]);
			return -EBADMSG;
		}
	fault = whole_fault(&s);
	if (fault) {
		(void)snprintf(why, VSD_WHY_MAX, "%s", fault);
		return -EBADMSG;
	}
	*out = s;
	return 0;
}

int vsd_server_parse(const char *text, size_t len, const char *name, struct vsd_server *out,
		     char why[VSD_WHY_MAX])
{
	int r = parse(text, len, name, out, why);

	return r < 0 ? vsd_keyval_format(text, len, keys[0], FORMAT, r, why) : 0;
}

static int append(char *out, size_t size, size_t *len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int append(char *out, size_t size, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out + *len, size - *len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size - *len)
		return -ENOSPC;
	*len += (size_t)n;
	return 0;
}

static int append_redirects(const struct vsd_server *s, char *out, size_t size, size_t *len)
{
	int r = 0;

	if (!s->own_redirects)
		return 0;
	if (s->nredirect == 0)
		return append(out, size, len, "redirect = none\n");
	for (unsigned i = 0; r == 0 && i < s->nredirect; i++)
		r = append(out, size, len, "%s%u:%u", i == 0 ? "redirect = " : " ",
			   (unsigned)s->redirect[i].from, (unsigned)s->redirect[i].to);
	return r < 0 ? r : append(out, size, len, "\n");
}

int vsd_server_format(const struct vsd_server *s, char *out, size_t size, size_t *out_len)
{
	char text[VSD_ADDR_TEXT_MAX];
	size_t len = 0;
	int r = append(out, size, &len,
		       "format = " FORMAT "\nid = %u\nuid = %u\ncount = %u\nstate = %s\n"
		       "root = %s\nskel = %s\nfqdn = %s\nquota_mb = %llu\nmax_users = %u\n"
		       "max_sessions = %u\nmemory = %llu\npids = %llu\ncpu = %llu\n",
		       s->id, s->uid_first, s->uid_count,
		       s->state == VSD_SERVER_ENABLED ? "enabled" : "disabled",
		       s->root, s->skel, s->fqdn, (unsigned long long)s->quota_mb, s->max_users,
		       s->max_sessions, (unsigned long long)s->memory_bytes,
		       (unsigned long long)s->pids, (unsigned long long)s->cpu_percent);

	if (r == 0 && s->io_read)
		r = append(out, size, &len, "io_read = %llu\n", (unsigned long long)s->io_read);
	if (r == 0 && s->io_write)
		r = append(out, size, &len, "io_write = %llu\n", (unsigned long long)s->io_write);
	for (unsigned i = 0; r == 0 && i < s->naddr; i++) {
		vsd_addr_format(&s->addr[i], text);
		r = append(out, size, &len, "address = %s\n", text);
	}
	if (r == 0)
		r = append_redirects(s, out, size, &len);
	if (r == 0)
		*out_len = len;
	return r;
}
