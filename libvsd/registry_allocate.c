/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids and ranges.  What was given once is not given again, whether or not its
 * server still exists: a file left behind by a deleted server must not become a
 * new one's.  Ids count on; ranges lie above all that were given before, also
 * after uid_base and uid_step have been changed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

#define GIVEN_FILE "given"
#define HOST_FILE_MAX (1ul << 24)
#define OWN_ACCOUNT "vsd" /* holds our ranges in subuid and subgid */

static int parse_given(const char *text, size_t len, struct vsd_given *out,
		       char why[VSD_WHY_MAX])
{
	struct vsd_given got = { 0, 0 };
	struct vsd_keyval kv;
	unsigned seen = 0;
	int r;

	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0) {
		bool id = vsd_span_is(kv.key, "id");

		if ((!id && !vsd_span_is(kv.key, "uid_end")) || seen & 1u << id ||
		    vsd_number_id(kv.value.p, kv.value.len, id ? &got.id : &got.uid_end) < 0)
			return -EBADMSG;
		seen |= 1u << id;
	}
	if (r < 0 || seen != 3)
		return -EBADMSG;
	*out = got;
	return 0;
}

int vsd_given_read(int dirfd, struct vsd_given *out, char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = NULL;
	char damage[VSD_WHY_MAX];
	size_t len = 0;
	int r = vsd_safe_read_file(dirfd, GIVEN_FILE, 256, &text, &len);

	if (r == -ENOENT) {
		*out = (struct vsd_given){ 0, 0 };
		return 0;
	}
	if (r < 0)
		return r;
	r = parse_given(text, len, out, damage);
	if (r == 0)
		return 0;
	(void)snprintf(damage, sizeof(damage), "damaged");
	r = vsd_keyval_format(text, len, "format", "1", r, damage);
	(void)snprintf(why, VSD_WHY_MAX, "%.100s/" GIVEN_FILE ": %.120s", vsd_path_state, damage);
	return r;
}

static int write_given(int dirfd, struct vsd_given g)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "id = %u\nuid_end = %u\n", g.id, g.uid_end);

	return vsd_safe_replace_file(dirfd, GIVEN_FILE, text, (size_t)n, 0, 0, 0644);
}

/* A lost file alone must not bring an id back that is in use. */
static int take_highest(const struct vsd_server *s, void *arg)
{
	struct vsd_given *g = arg;

	if (s->id > g->id)
		g->id = s->id;
	if (s->uid_first + s->uid_count > g->uid_end)
		g->uid_end = s->uid_first + s->uid_count;
	return 0;
}

struct host_clash {
	struct vsd_range slot;
	const char *file;
	char *why;
};

static bool meets(struct vsd_range slot, uint64_t first, uint64_t count)
{
	return first < (uint64_t)slot.first + slot.count && slot.first < first + count;
}

/* As strtoul reads it, leading zeros and all: it is the host's file, and what its
 * own programs take for a number is one. */
static bool host_number(struct vsd_span f, uint64_t *out)
{
	while (f.len > 1 && f.p[0] == '0') {
		f.p++;
		f.len--;
	}
	return vsd_number_parse(f.p, f.len, UINT32_MAX, out) == 0;
}

/* Fields NAME:...: `id` counts from 0; `count` is the field of a length or 0. */
static bool line_clashes(const struct host_clash *c, struct vsd_span line, unsigned id,
			 unsigned count)
{
	struct vsd_span field[4] = { { NULL, 0 } };
	uint64_t first, n = 1;
	size_t at = 0;

	for (unsigned i = 0; i < 4 && at <= line.len; i++) {
		const char *p = line.p + at, *colon = memchr(p, ':', line.len - at);

		field[i] = (struct vsd_span){ p, colon ? (size_t)(colon - p) : line.len - at };
		at += field[i].len + 1;
	}
	if (!field[id].p || !host_number(field[id], &first))
		return false;
	if (count && (vsd_span_is(field[0], OWN_ACCOUNT) || !field[count].p ||
		      !host_number(field[count], &n)))
		return false;
	if (!meets(c->slot, first, n))
		return false;
	(void)snprintf(c->why, VSD_WHY_MAX, "ids %u to %u: %s/%s gives some to '%.*s'",
		       c->slot.first, c->slot.first + c->slot.count - 1, vsd_path_host_etc, c->file,
		       (int)(field[0].len < 64 ? field[0].len : 64), field[0].p);
	return true;
}

static int check_file(struct host_clash *c, int etcfd, const char *file, unsigned id,
		      unsigned count)
{
	VSD_FREE char *text = NULL;
	struct vsd_span line;
	size_t len = 0, cursor = 0;
	int r = vsd_safe_read_file(etcfd, file, HOST_FILE_MAX, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		(void)snprintf(c->why, VSD_WHY_MAX, "%s/%s cannot be read", vsd_path_host_etc,
			       file);
		return r;
	}
	c->file = file;
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line))
		if (line_clashes(c, line, id, count))
			return -EEXIST;
	return 0;
}

int vsd_range_check_host(struct vsd_range slot, char why[VSD_WHY_MAX])
{
	struct host_clash c = { .slot = slot, .why = why };
	VSD_CLOSE int etcfd = -1;
	int r = vsd_safe_open_root(vsd_path_host_etc, &etcfd);

	why[0] = '\0';
	if (r == 0)
		r = check_file(&c, etcfd, "passwd", 2, 0);
	if (r == 0)
		r = check_file(&c, etcfd, "passwd", 3, 0);
	if (r == 0)
		r = check_file(&c, etcfd, "group", 2, 0);
	if (r == 0)
		r = check_file(&c, etcfd, "subuid", 1, 2);
	if (r == 0)
		r = check_file(&c, etcfd, "subgid", 1, 2);
	return vsd_why_error(r, vsd_path_host_etc, why);
}

/* The first slot of vsd.conf that lies wholly above what was given.
 * Errors: -ENOSPC */
static int next_slot(const struct vsd_conf *c, uint32_t uid_end, struct vsd_range *out)
{
	uint32_t above = uid_end > c->uid_base ? uid_end - c->uid_base : 0;
	uint32_t slot = above / c->uid_step + (above % c->uid_step != 0);

	if (slot >= c->slots)
		return -ENOSPC;
	*out = (struct vsd_range){ c->uid_base + slot * c->uid_step, c->uid_step };
	return 0;
}

/* What was given so far, and the slot that comes after `ahead` more. */
static int choose(int dirfd, const struct vsd_conf *c, uint32_t ahead, struct vsd_given *g,
		  struct vsd_range *out, char why[VSD_WHY_MAX])
{
	int r = vsd_given_read(dirfd, g, why);

	if (r == 0 && (r = vsd_registry_each_again(take_highest, NULL, g)) < 0)
		vsd_registry_why(NULL, r, why);
	if (r < 0)
		return r;
	r = next_slot(c, g->uid_end, out);
	if (r < 0 || g->id >= UINT32_MAX - 1 ||
	    ahead >= c->slots - (out->first - c->uid_base) / c->uid_step) {
		(void)snprintf(why, VSD_WHY_MAX, "all %u slots are or were used", c->slots);
		return -ENOSPC;
	}
	out->first += ahead * c->uid_step;
	return vsd_range_check_host(*out, why);
}

static int allocate(const struct vsd_conf *c, struct vsd_given *g, uint32_t *out_uid,
		    char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dirfd = -1;
	struct vsd_range slot = { 0, 0 };
	int r = vsd_safe_open_root(vsd_path_state, &dirfd);

	if (r == 0)
		r = choose(dirfd, c, 0, g, &slot, why);
	if (r < 0)
		return r;
	g->id++;
	g->uid_end = slot.first + slot.count;
	*out_uid = slot.first;
	return write_given(dirfd, *g);
}

int vsd_registry_room(const struct vsd_conf *c, uint32_t ahead, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dirfd = -1;
	struct vsd_given g;
	struct vsd_range slot;
	int r = vsd_safe_open_root(vsd_path_state, &dirfd);

	why[0] = '\0';
	if (r == 0)
		r = choose(dirfd, c, ahead, &g, &slot, why);
	return vsd_why_error(r, vsd_path_state, why);
}

int vsd_registry_allocate(int lock, const struct vsd_conf *c, uint32_t *out_id, uint32_t *out_uid,
			  char why[VSD_WHY_MAX])
{
	struct vsd_given g = { 0, 0 };
	uint32_t uid = 0;
	int r;

	(void)lock; /* asked for, so that nobody calls this without it */
	why[0] = '\0';
	r = vsd_why_error(allocate(c, &g, &uid, why), vsd_path_state, why);
	if (r < 0)
		return r;
	*out_id = g.id;
	*out_uid = uid;
	return 0;
}
