/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "safe.h"

#define CONF_FILE_MAX (256ul * 1024)
#define FORMAT "1" /* of a file that does not say, too */

static int set_u32(struct vsd_span v, uint32_t *out)
{
	return vsd_number_id(v.p, v.len, out);
}

static int set_u64(struct vsd_span v, uint64_t *out)
{
	return vsd_number_parse(v.p, v.len, INT64_MAX, out);
}

static int set_bool(struct vsd_span v, bool *out)
{
	if (!vsd_span_is(v, "yes") && !vsd_span_is(v, "no"))
		return -EINVAL;
	*out = vsd_span_is(v, "yes");
	return 0;
}

/* An absolute path without empty, "." or ".." components. */
static int set_path(struct vsd_span v, char *out, size_t size)
{
	if (!vsd_path_is_plain(v) || v.len >= size)
		return -EINVAL;
	return vsd_span_copy(v, out, size);
}

static int parse_port(struct vsd_span v, uint16_t *out)
{
	uint64_t n;

	if (vsd_number_parse(v.p, v.len, UINT16_MAX, &n) < 0 || n == 0)
		return -EINVAL;
	*out = (uint16_t)n;
	return 0;
}

static int set_ports(struct vsd_span v, uint16_t *port, unsigned *out_n)
{
	struct vsd_span word;
	unsigned n = 0;

	while (vsd_word_next(&v, &word))
		if (n == VSD_PORT_MAX || parse_port(word, &port[n++]) < 0)
			return -EINVAL;
	*out_n = n;
	return 0;
}

static int parse_redirect(struct vsd_span word, struct vsd_redirect *out)
{
	const char *colon = memchr(word.p, ':', word.len);
	struct vsd_span from = word, to;

	if (!colon)
		return -EINVAL;
	from.len = (size_t)(colon - word.p);
	to = (struct vsd_span){ colon + 1, word.len - from.len - 1 };
	return parse_port(from, &out->from) < 0 || parse_port(to, &out->to) < 0 ? -EINVAL : 0;
}

int vsd_redirects_parse(struct vsd_span v, struct vsd_redirect *out, unsigned max,
			unsigned *out_n)
{
	struct vsd_redirect r;
	struct vsd_span word;
	unsigned n = 0;

	if (vsd_span_is(v, "none"))
		v.len = 0;
	while (vsd_word_next(&v, &word)) {
		if (n == max || parse_redirect(word, &r) < 0)
			return -EINVAL;
		for (unsigned i = 0; i < n; i++)
			if (out[i].from == r.from)
				return -EINVAL;
		out[n++] = r;
	}
	*out_n = n;
	return 0;
}

/* ADDRESS/BITS; bits of the address beyond the prefix are a mistake. */
static int parse_network(struct vsd_span word, struct vsd_network *out)
{
	const char *slash = memchr(word.p, '/', word.len);
	size_t len = slash ? (size_t)(slash - word.p) : 0;
	uint64_t bits;
	uint32_t host = 0;

	if (!slash || vsd_addr_parse(word.p, len, &out->addr) < 0 || !vsd_addr_is_v4(&out->addr) ||
	    vsd_number_parse(slash + 1, word.len - len - 1, 32, &bits) < 0 || bits < 8)
		return -EINVAL;
	for (int i = 12; i < 16; i++)
		host = host << 8 | out->addr.b[i];
	out->bits = (unsigned)bits;
	return bits < 32 && host & UINT32_MAX >> bits ? -EINVAL : 0;
}

static int set_anyip(struct vsd_span v, struct vsd_conf *c)
{
	struct vsd_span word;
	unsigned n = 0;

	while (vsd_word_next(&v, &word))
		if (n == VSD_ANYIP_MAX || parse_network(word, &c->anyip[n++]) < 0)
			return -EINVAL;
	c->nanyip = n;
	return 0;
}

/* Each word with its NUL is no longer than it was in the file with what stood after it. */
static int set_programs(struct vsd_conf *c, struct vsd_span v, const char **program,
			unsigned *out_n)
{
	struct vsd_span word;
	unsigned n = 0;

	while (vsd_word_next(&v, &word)) {
		char *path = c->text + c->ntext;

		if (n == VSD_PROGRAM_MAX || set_path(word, path, VSD_PROGRAM_BYTES) < 0)
			return -EINVAL;
		c->ntext += word.len + 1;
		program[n++] = path;
	}
	*out_n = n;
	return 0;
}

/* service.NAME = RIGHT [PROGRAM...] */
static int add_service(struct vsd_span name, struct vsd_span v, struct vsd_conf *c)
{
	struct vsd_service *s = &c->service[c->nservice];
	struct vsd_span right;

	if (c->nservice == VSD_SERVICE_MAX || !vsd_name_is_user(name.p, name.len) ||
	    !vsd_word_next(&v, &right) || !vsd_name_is_user(right.p, right.len) ||
	    vsd_span_copy(name, s->name, sizeof(s->name)) < 0 ||
	    vsd_span_copy(right, s->right, sizeof(s->right)) < 0)
		return -EINVAL;
	if (vsd_conf_find_service(c, s->name))
		return -EEXIST;
	if (set_programs(c, v, s->program, &s->nprogram) < 0)
		return -EINVAL;
	c->nservice++;
	return 0;
}

static int add_exec(struct vsd_span name, struct vsd_span v, struct vsd_conf *c)
{
	struct vsd_exec_right *x = &c->exec[c->nexec];

	if (c->nexec == VSD_EXEC_MAX || !vsd_name_is_user(name.p, name.len) ||
	    vsd_right_is_way_in(name) ||
	    vsd_span_copy(name, x->name, sizeof(x->name)) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < c->nexec; i++)
		if (strcmp(c->exec[i].name, x->name) == 0)
			return -EEXIST;
	if (set_programs(c, v, x->program, &x->nprogram) < 0 || x->nprogram == 0)
		return -EINVAL;
	c->nexec++;
	return 0;
}

static int set_isolation(struct vsd_span v, enum vsd_isolation *out)
{
	if (!vsd_span_is(v, "full") && !vsd_span_is(v, "chroot"))
		return -EINVAL;
	*out = vsd_span_is(v, "full") ? VSD_ISOLATION_FULL : VSD_ISOLATION_CHROOT;
	return 0;
}

static int set_interface(struct vsd_span v, char out[16])
{
	if (vsd_span_is(v, "auto")) {
		out[0] = '\0';
		return 0;
	}
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '/' || v.p[i] == ':')
			return -EINVAL;
	return v.len ? vsd_span_copy(v, out, 16) : -EINVAL;
}

enum kind { IS_FORMAT, U32, U64, BOOL, PATH, INTERFACE, ISOLATION, REDIRECT, HOST_PORTS, REACH,
	    ANYIP };

#define MEMBER(m) offsetof(struct vsd_conf, m)

/* Bit n of `seen` is keys[n]: which of two lines for one key counts would be a
 * guess, so a second one is refused. */
static const struct {
	const char *name;
	enum kind kind;
	size_t at;
} keys[] = {
	{ "format", IS_FORMAT, 0 },
	{ "uid_base", U32, MEMBER(uid_base) },
	{ "uid_step", U32, MEMBER(uid_step) },
	{ "slots", U32, MEMBER(slots) },
	{ "vs_root", PATH, MEMBER(vs_root) },
	{ "skel", PATH, MEMBER(skel) },
	{ "interface", INTERFACE, 0 },
	{ "isolation", ISOLATION, 0 },
	{ "host_users_on_vs_address", BOOL, MEMBER(host_users_on_vs_address) },
	{ "fence", BOOL, MEMBER(fence) },
	{ "quota_mb", U64, MEMBER(quota_mb) },
	{ "max_users", U32, MEMBER(max_users) },
	{ "max_sessions", U32, MEMBER(max_sessions) },
	{ "memory", U64, MEMBER(memory_bytes) },
	{ "pids", U64, MEMBER(pids) },
	{ "cpu", U64, MEMBER(cpu_percent) },
	{ "io_read", U64, MEMBER(io_read) },
	{ "io_write", U64, MEMBER(io_write) },
	{ "redirect", REDIRECT, 0 },
	{ "host_ports", HOST_PORTS, 0 },
	{ "reach_host", REACH, 0 },
	{ "anyip", ANYIP, 0 },
};
enum { NKEYS = sizeof(keys) / sizeof(*keys) };

static int set_member(struct vsd_conf *c, unsigned key, struct vsd_span v)
{
	void *member = (char *)c + keys[key].at;

	switch (keys[key].kind) {
	case IS_FORMAT: return vsd_span_is(v, FORMAT) ? 0 : -EINVAL;
	case U32: return set_u32(v, member);
	case U64: return set_u64(v, member);
	case BOOL: return set_bool(v, member);
	case PATH: return set_path(v, member, VSD_PATH_MAX);
	case INTERFACE: return set_interface(v, c->interface);
	case ISOLATION: return set_isolation(v, &c->isolation);
	case REDIRECT: return vsd_redirects_parse(v, c->redirect, VSD_PORT_MAX, &c->nredirect);
	case HOST_PORTS: return set_ports(v, c->host_port, &c->nhost_port);
	case ANYIP: return set_anyip(v, c);
	case REACH: return set_ports(v, c->reach_host, &c->nreach);
	default: return -ENOENT;
	}
}

/* -ENOENT: no such key; -EEXIST: given before. */
static int set_key(struct vsd_conf *c, struct vsd_span k, struct vsd_span v, unsigned *seen)
{
	unsigned key = 0;

	if (k.len > 8 && memcmp(k.p, "service.", 8) == 0)
		return add_service((struct vsd_span){ k.p + 8, k.len - 8 }, v, c);
	if (k.len > 5 && memcmp(k.p, "exec.", 5) == 0)
		return add_exec((struct vsd_span){ k.p + 5, k.len - 5 }, v, c);
	while (key < NKEYS && !vsd_span_is(k, keys[key].name))
		key++;
	if (key == NKEYS)
		return -ENOENT;
	if (*seen & 1u << key)
		return -EEXIST;
	*seen |= 1u << key;
	return set_member(c, key, v);
}

/* The long lists are not cleared: nobody looks at what lies beyond their counts, and
 * each login reads this file. */
static void set_defaults(struct vsd_conf *c)
{
	static const uint16_t host_port[] = { 21, 22, 23 };
	static const struct vsd_redirect redirect[] = { { 80, 8080 }, { 443, 8443 }, { 25, 2525 } };

	memset(c, 0, offsetof(struct vsd_conf, service));
	c->uid_base = 2000000;
	c->uid_step = 200;
	c->slots = 10000;
	(void)snprintf(c->vs_root, sizeof(c->vs_root), "/home/vsd/vs");
	(void)snprintf(c->skel, sizeof(c->skel), "/home/vsd/skel");
	c->isolation = VSD_ISOLATION_FULL;
	c->fence = true;
	c->max_users = 100;
	c->max_sessions = 64;
	c->nhost_port = sizeof(host_port) / sizeof(*host_port);
	memcpy(c->host_port, host_port, sizeof(host_port));
	c->nredirect = sizeof(redirect) / sizeof(*redirect);
	memcpy(c->redirect, redirect, sizeof(redirect));
}

/* What no single key can tell. */
static int check_whole(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	if (c->uid_base < 1000 || c->uid_step < 2 || c->uid_step > 65536 || c->slots == 0 ||
	    (uint64_t)c->uid_base + (uint64_t)c->uid_step * c->slots > UINT32_MAX) {
		(void)snprintf(why, VSD_WHY_MAX, "uid_base %u, uid_step %u and slots %u give no "
			       "ranges between 1000 and 4294967294",
			       c->uid_base, c->uid_step, c->slots);
		return -EINVAL;
	}
	return 0;
}

static int parse(const char *text, size_t len, struct vsd_conf **out, char why[VSD_WHY_MAX])
{
	VSD_FREE struct vsd_conf *c = malloc(sizeof(*c) + len + 1);
	struct vsd_keyval kv;
	unsigned seen = 0;
	int r;

	if (!c) {
		(void)snprintf(why, VSD_WHY_MAX, "out of memory");
		return -ENOMEM;
	}
	set_defaults(c);
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0) {
		r = set_key(c, kv.key, kv.value, &seen);
		if (r < 0) {
			vsd_keyval_why(&kv, r == -ENOENT ? "unknown key" :
				       r == -EEXIST ? "given twice" : "bad value", why);
			return -EINVAL;
		}
	}
	if (r < 0)
		return r;
	r = check_whole(c, why);
	if (r < 0)
		return r;
	*out = c;
	c = NULL;
	return 0;
}

int vsd_conf_parse(const char *text, size_t len, struct vsd_conf **out, char why[VSD_WHY_MAX])
{
	int r = parse(text, len, out, why);

	return r < 0 ? vsd_keyval_format(text, len, "format", FORMAT, r, why) : 0;
}

int vsd_conf_load(struct vsd_conf **out, char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = NULL;
	size_t len = 0;
	int r = vsd_safe_read_path(vsd_path_conf, CONF_FILE_MAX, &text, &len);

	if (r == -ENOENT)
		return vsd_conf_parse("", 0, out, why);
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "%s: %s", vsd_path_conf,
			       r == -EPERM ? "not root's, or writable by others"
					   : "cannot be read as a plain file");
		return r;
	}
	return vsd_conf_parse(text, len, out, why);
}

void vsd_conf_free(struct vsd_conf *c)
{
	free(c);
}

const struct vsd_service *vsd_conf_find_service(const struct vsd_conf *c, const char *name)
{
	for (unsigned i = 0; i < c->nservice; i++)
		if (strcmp(c->service[i].name, name) == 0)
			return &c->service[i];
	return NULL;
}
