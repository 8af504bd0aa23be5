/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids and ranges.  The high-water mark is the last slot ever given, whether or
 * not its server still exists: a file left behind by a deleted server must not
 * become a new one's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

#define MARK_FILE "last-id"
#define HOST_FILE_MAX (16 * 1024 * 1024)
#define OWN_ACCOUNT "vsd" /* holds our ranges in subuid and subgid */

static int read_mark(int dirfd, uint32_t *out)
{
	VSD_FREE char *text = NULL;
	size_t len = 0;
	int r = vsd_safe_read_file(dirfd, MARK_FILE, 32, &text, &len);

	if (r == -ENOENT) {
		*out = 0;
		return 0;
	}
	if (r < 0)
		return r;
	if (len == 0 || text[len - 1] != '\n' || vsd_number_id(text, len - 1, out) < 0)
		return -EBADMSG;
	return 0;
}

static int write_mark(int dirfd, uint32_t id)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u\n", id);

	return vsd_safe_replace_file(dirfd, MARK_FILE, text, (size_t)n, 0, 0, 0644);
}

/* A lost mark file alone must not bring an id back that is in use. */
static int take_highest(const struct vsd_server *s, void *arg)
{
	uint32_t *highest = arg;

	if (s->id > *highest)
		*highest = s->id;
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
	if (!field[id].p || vsd_number_parse(field[id].p, field[id].len, UINT32_MAX, &first) < 0)
		return false;
	if (count && (vsd_span_is(field[0], OWN_ACCOUNT) || !field[count].p ||
		      vsd_number_parse(field[count].p, field[count].len, UINT32_MAX, &n) < 0))
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

	if (r == 0)
		r = check_file(&c, etcfd, "passwd", 2, 0);
	if (r == 0)
		r = check_file(&c, etcfd, "group", 2, 0);
	if (r == 0)
		r = check_file(&c, etcfd, "subuid", 1, 2);
	if (r == 0)
		r = check_file(&c, etcfd, "subgid", 1, 2);
	return r;
}

int vsd_registry_allocate(int lock, const struct vsd_conf *c, uint32_t *out_id, uint32_t *out_uid,
			  char why[VSD_WHY_MAX])
{
	VSD_CLOSE int dirfd = -1;
	struct vsd_range slot;
	uint32_t mark = 0, highest = 0;
	int r = vsd_safe_open_root(vsd_path_state, &dirfd);

	(void)lock; /* asked for, so that nobody calls this without it */
	if (r == 0)
		r = read_mark(dirfd, &mark);
	if (r == 0)
		r = vsd_registry_each(take_highest, NULL, &highest);
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "%s/%s: %s", vsd_path_state, MARK_FILE,
			       r == -EBADMSG ? "damaged" : "cannot be read");
		return r;
	}
	if (highest > mark)
		mark = highest;
	if (mark >= c->slots) {
		(void)snprintf(why, VSD_WHY_MAX, "all %u slots are or were used", c->slots);
		return -ENOSPC;
	}
	slot = (struct vsd_range){ c->uid_base + mark * c->uid_step, c->uid_step };
	r = vsd_range_check_host(slot, why);
	if (r == 0)
		r = write_mark(dirfd, mark + 1);
	if (r < 0)
		return r;
	*out_id = mark + 1;
	*out_uid = slot.first;
	return 0;
}
