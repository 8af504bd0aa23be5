/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's group file, as the host may see it. */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "state.h"
#include "users.h"

enum {
	MEMBERSHIPS_MAX = 65534, /* of one file: 200 users in 200 groups are 40000 */
	SLOTS_MIN = 8,
};

struct entry {
	uint32_t gid, off, nmember, member_bytes, len; /* len: members' block */
	uint32_t name_len;
};

/* One member in one group; those of one name are chained. */
struct membership {
	uint32_t off;   /* of the name in the text */
	uint32_t next;  /* index + 1 */
	uint16_t group; /* index */
	uint16_t len;   /* of the name */
};

struct nss_groups {
	uint64_t seed;
	uint32_t n, nmembership, mask, user_mask, used;
	uint32_t room, membership_room;
	struct entry *entry;
	struct membership *membership;
	uint16_t *by_name, *by_gid; /* index + 1 */
	uint32_t *by_user;          /* newest membership + 1 */
	char *text;                 /* name, then the members' block, of each */
};

static void entry_get(const struct nss_groups *t, const struct entry *e, struct nss_group *out)
{
	out->gid = e->gid;
	out->name = (struct vsd_span){ t->text + e->off, e->name_len };
	out->members = (struct vsd_span){ t->text + e->off + e->name_len, e->len };
	out->nmember = e->nmember;
	out->member_bytes = e->member_bytes;
	out->index = (uint32_t)(e - t->entry);
}

static uint32_t name_slot(const struct nss_groups *t, struct vsd_span name)
{
	uint32_t i = nss_hash_bytes(t->seed, name.p, name.len) & t->mask;

	for (; t->by_name[i]; i = (i + 1) & t->mask) {
		const struct entry *e = &t->entry[t->by_name[i] - 1];

		if (e->name_len == name.len && !memcmp(t->text + e->off, name.p, name.len))
			break;
	}
	return i;
}

static uint32_t gid_slot(const struct nss_groups *t, uint32_t gid)
{
	uint32_t i = nss_hash_id(t->seed, gid) & t->mask;

	while (t->by_gid[i] && t->entry[t->by_gid[i] - 1].gid != gid)
		i = (i + 1) & t->mask;
	return i;
}

static uint32_t user_slot(const struct nss_groups *t, struct vsd_span user)
{
	uint32_t i = nss_hash_bytes(t->seed, user.p, user.len) & t->user_mask;

	for (; t->by_user[i]; i = (i + 1) & t->user_mask) {
		const struct membership *m = &t->membership[t->by_user[i] - 1];

		if (m->len == user.len && !memcmp(t->text + m->off, user.p, user.len))
			break;
	}
	return i;
}

bool nss_groups_next(struct vsd_span text, size_t *cursor, struct vsd_range r,
		     struct nss_group *out)
{
	struct vsd_group_line l;
	struct vsd_span m;
	size_t at = 0;

	do {
		if (!vsd_group_next(text, cursor, &l))
			return false;
	} while (l.gid < r.first || l.gid - r.first >= r.count);
	*out = (struct nss_group){ .name = l.name, .members = l.members, .gid = l.gid };
	while (out->nmember < VSD_ACCOUNT_MEMBER_MAX && vsd_members_next(l.members, &at, &m)) {
		out->nmember++;
		out->member_bytes += (uint32_t)m.len;
	}
	return true;
}

/* Append the members of the newest group to text and chains. */
static void add_members(struct nss_groups *t, struct entry *e, const struct nss_group *g)
{
	struct vsd_span m;
	size_t cursor = 0;
	uint32_t slot;

	for (uint32_t i = 0; i < g->nmember && t->nmembership < t->membership_room &&
			     vsd_members_next(g->members, &cursor, &m);
	     i++) {
		if (i)
			t->text[t->used++] = ',';
		slot = user_slot(t, m);
		t->membership[t->nmembership] = (struct membership){
			t->used, t->by_user[slot], (uint16_t)(t->n - 1), (uint16_t)m.len
		};
		memcpy(t->text + t->used, m.p, m.len);
		t->used += (uint32_t)m.len;
		t->by_user[slot] = ++t->nmembership;
		e->nmember++;
		e->member_bytes += (uint32_t)m.len;
	}
	e->len = t->used - e->off - e->name_len;
}

static void add(struct nss_groups *t, const struct nss_group *g)
{
	uint32_t name = name_slot(t, g->name), gid;
	struct entry *e = &t->entry[t->n];

	if (t->by_name[name])
		return;
	*e = (struct entry){ .gid = g->gid, .off = t->used, .name_len = (uint32_t)g->name.len };
	memcpy(t->text + t->used, g->name.p, g->name.len);
	t->used += (uint32_t)g->name.len;
	t->by_name[name] = (uint16_t)++t->n;
	gid = gid_slot(t, g->gid);
	if (!t->by_gid[gid])
		t->by_gid[gid] = (uint16_t)t->n;
	add_members(t, e, g);
}

static size_t power_above(size_t n)
{
	size_t slots = SLOTS_MIN;

	while (slots < n + n / 2)
		slots *= 2;
	return slots;
}

static size_t count(struct vsd_span text, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == c;
	return n;
}

/* Point into the block: it has moved. */
static void bind_parts(struct nss_groups *t)
{
	size_t slots = (size_t)t->mask + 1;

	t->by_user = (uint32_t *)(t + 1);
	t->membership = (struct membership *)(t->by_user + t->user_mask + 1);
	t->entry = (struct entry *)(t->membership + t->membership_room);
	t->by_name = (uint16_t *)(t->entry + t->room);
	t->by_gid = t->by_name + slots;
	t->text = (char *)(t->by_gid + slots);
}

/* At most so many members: one more than commas in each line that has any at all. */
static size_t count_members(struct vsd_span text)
{
	struct vsd_span line;
	size_t cursor = 0, n = count(text, ',');

	while (vsd_lines_next(text, &cursor, &line))
		n += line.len > 0 && line.p[line.len - 1] != ':';
	return n;
}

static struct nss_groups *make(struct vsd_span text, size_t *out_bytes)
{
	size_t lines = count(text, '\n') + 1, members = count_members(text);
	size_t slots, user_slots, bytes;
	struct nss_groups *t;

	if (lines > NSS_ENTRIES_MAX)
		lines = NSS_ENTRIES_MAX;
	if (members > MEMBERSHIPS_MAX)
		members = MEMBERSHIPS_MAX;
	slots = power_above(lines);
	user_slots = power_above(members);
	bytes = sizeof(*t) + user_slots * sizeof(uint32_t) + members * sizeof(struct membership) +
		lines * sizeof(struct entry) + 2 * slots * sizeof(uint16_t) + text.len + 1;
	t = calloc(1, bytes);
	if (!t)
		return NULL;
	t->seed = nss_seed();
	t->mask = (uint32_t)slots - 1;
	t->user_mask = (uint32_t)user_slots - 1;
	t->room = (uint32_t)lines;
	t->membership_room = (uint32_t)members;
	bind_parts(t);
	*out_bytes = bytes;
	return t;
}

int nss_groups_build(struct vsd_span text, struct vsd_range r, struct nss_groups **out,
		     size_t *out_bytes)
{
	struct nss_groups *t = make(text, out_bytes), *less;
	struct nss_group g;
	size_t cursor = 0;

	if (!t)
		return -ENOMEM;
	while (t->n < NSS_ENTRIES_MAX && nss_groups_next(text, &cursor, r, &g))
		add(t, &g);
	*out_bytes -= text.len + 1 - t->used; /* passwords and ids stay out */
	less = realloc(t, *out_bytes);
	if (less)
		t = less;
	bind_parts(t);
	*out = t;
	return 0;
}


bool nss_groups_by_name(const struct nss_groups *t, struct vsd_span name, struct nss_group *out)
{
	uint32_t slot = name_slot(t, name);

	if (!t->by_name[slot])
		return false;
	entry_get(t, &t->entry[t->by_name[slot] - 1], out);
	return true;
}

bool nss_groups_by_gid(const struct nss_groups *t, uint32_t gid, struct nss_group *out)
{
	uint32_t slot = gid_slot(t, gid);

	if (!t->by_gid[slot])
		return false;
	entry_get(t, &t->entry[t->by_gid[slot] - 1], out);
	return true;
}

bool nss_groups_of(const struct nss_groups *t, struct vsd_span user, uint32_t *cursor,
		   uint32_t *out_gid)
{
	const struct membership *m;

	if (*cursor == 0)
		*cursor = t->by_user[user_slot(t, user)];
	else
		*cursor = t->membership[*cursor - 1].next;
	if (*cursor == 0)
		return false;
	m = &t->membership[*cursor - 1];
	*out_gid = t->entry[m->group].gid;
	return true;
}
