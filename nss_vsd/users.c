/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's passwd, as the host may see it. */
#include "users.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "state.h"

enum { SLOTS_MIN = 8 };

struct entry {
	uint32_t uid, gid, off;
	uint8_t name_len, gecos_len;
	uint16_t dir_len;
};

/* One block: this, entries, the two slot arrays, the text. */
struct nss_users {
	uint64_t seed;
	uint32_t n, room, mask; /* mask: slots - 1 */
	struct entry *entry;
	uint16_t *by_name, *by_uid; /* index + 1; 0: empty */
	char *text;                 /* name, gecos, dir of each */
	uint32_t used;
};

/* pw_dir is opened on the host (sshd reads its .ssh there): a `..` would lead out
 * of the server's root, a control byte into somebody's terminal. */
static bool is_plain_dir(struct vsd_span d)
{
	for (size_t i = 0; i < d.len; i++) {
		unsigned char c = (unsigned char)d.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
		if (i + 3 <= d.len && !memcmp(d.p + i, "/..", 3) &&
		    (i + 3 == d.len || d.p[i + 3] == '/'))
			return false;
	}
	return true;
}

/* The home and GECOS of a line, as the host may see them; a line that is plain, as
 * nearly all are, needs neither a second look nor a copy. */
static inline void take_texts(const struct vsd_passwd_line *l, struct nss_user *out)
{
	const char *comma;

	out->dir = l->dir;
	if (l->dir.len == 0 || l->dir.len > NSS_DIR_MAX || l->dir.p[0] != '/' ||
	    (!l->plain && !is_plain_dir(l->dir)))
		out->dir = (struct vsd_span){ "/", 1 };
	if (l->plain && l->gecos.len <= NSS_GECOS_MAX) {
		comma = memchr(l->gecos.p, ',', l->gecos.len);
		out->gecos = (struct vsd_span){ l->gecos.p, comma ? (size_t)(comma - l->gecos.p) :
								    l->gecos.len };
		return;
	}
	out->gecos.len = vsd_gecos_clean(l->gecos, out->room, sizeof(out->room));
	out->gecos.p = out->room;
}

static bool has_id(struct vsd_range r, uint32_t id)
{
	return id >= r.first && id - r.first < r.count;
}

/* False: out of the range. */
static inline bool take(const struct vsd_passwd_line *l, struct vsd_range r, struct nss_user *out)
{
	if (!has_id(r, l->uid) || !has_id(r, l->gid))
		return false;
	out->index = 0;
	out->name = l->name;
	out->uid = l->uid;
	out->gid = l->gid;
	take_texts(l, out);
	return true;
}

bool nss_users_next(struct vsd_span text, size_t *cursor, struct vsd_range r, struct nss_user *out)
{
	struct vsd_passwd_line l;

	while (vsd_passwd_next(text, cursor, &l))
		if (take(&l, r, out))
			return true;
	return false;
}

static bool parse(struct vsd_span line, struct vsd_range r, struct nss_user *out)
{
	struct vsd_passwd_line l;

	return vsd_passwd_parse(line, &l) == 0 && take(&l, r, out);
}

/* The line that `at` lies in. */
static struct vsd_span line_around(struct vsd_span text, const char *at)
{
	const char *start = memrchr(text.p, '\n', (size_t)(at - text.p));
	const char *end = memchr(at, '\n', text.len - (size_t)(at - text.p));

	start = start ? start + 1 : text.p;
	if (!end)
		end = text.p + text.len;
	return (struct vsd_span){ start, (size_t)(end - start) };
}

struct vsd_span nss_users_line(struct vsd_span text, const struct nss_user *u)
{
	return line_around(text, u->name.p);
}

int nss_users_scan_name(struct vsd_span text, struct vsd_range r, struct vsd_span name,
			struct nss_user *out)
{
	char key[VSD_NAME_MAX + 2];
	const char *at;

	if (!vsd_name_is_user(name.p, name.len))
		return -ENOENT;
	key[0] = '\n';
	memcpy(key + 1, name.p, name.len);
	key[1 + name.len] = ':';
	at = memmem(text.p, text.len, key, name.len + 2);
	if (!at)
		return -ENOENT;
	return parse(line_around(text, at + 1), r, out) ? 0 : -EAGAIN;
}

/* ":uid:" as a search key; the length. */
static size_t id_key(uint32_t id, char out[12])
{
	char digits[10];
	size_t n = 0, len = 0;

	do {
		digits[n++] = (char)('0' + id % 10);
	} while (id /= 10);
	out[len++] = ':';
	while (n)
		out[len++] = digits[--n];
	out[len++] = ':';
	return len;
}

int nss_users_scan_uid(struct vsd_span text, struct vsd_range r, uint32_t uid,
		       struct nss_user *out)
{
	struct nss_user first;
	char key[12];
	const char *at;

	at = memmem(text.p, text.len, key, id_key(uid, key));
	if (!at)
		return -ENOENT;
	/* The first hit may be a gid, a bad line or a second line of its name. */
	if (!parse(line_around(text, at), r, out) || out->uid != uid)
		return -EAGAIN;
	if (nss_users_scan_name(text, r, out->name, &first) < 0 || first.name.p != out->name.p)
		return -EAGAIN;
	return 0;
}

static void entry_get(const struct nss_users *t, const struct entry *e, struct nss_user *out)
{
	const char *p = t->text + e->off;

	out->index = (uint32_t)(e - t->entry);
	out->uid = e->uid;
	out->gid = e->gid;
	out->name = (struct vsd_span){ p, e->name_len };
	out->gecos = (struct vsd_span){ p + e->name_len, e->gecos_len };
	out->dir = (struct vsd_span){ p + e->name_len + e->gecos_len, e->dir_len };
}

/* The slot that holds the name, or the empty one where it would go. */
static uint32_t name_slot(const struct nss_users *t, struct vsd_span name)
{
	uint32_t i = nss_hash_bytes(t->seed, name.p, name.len) & t->mask;

	for (; t->by_name[i]; i = (i + 1) & t->mask) {
		const struct entry *e = &t->entry[t->by_name[i] - 1];

		if (e->name_len == name.len && !memcmp(t->text + e->off, name.p, name.len))
			break;
	}
	return i;
}

static uint32_t uid_slot(const struct nss_users *t, uint32_t uid)
{
	uint32_t i = nss_hash_id(t->seed, uid) & t->mask;

	while (t->by_uid[i] && t->entry[t->by_uid[i] - 1].uid != uid)
		i = (i + 1) & t->mask;
	return i;
}

/* Append a user whose name is new. */
static void add(struct nss_users *t, const struct nss_user *u)
{
	uint32_t name = name_slot(t, u->name), uid;
	struct entry *e = &t->entry[t->n];
	char *p = t->text + t->used;

	if (t->by_name[name])
		return;
	*e = (struct entry){ u->uid, u->gid, t->used, (uint8_t)u->name.len,
			     (uint8_t)u->gecos.len, (uint16_t)u->dir.len };
	memcpy(p, u->name.p, u->name.len);
	memcpy(p + u->name.len, u->gecos.p, u->gecos.len);
	memcpy(p + u->name.len + u->gecos.len, u->dir.p, u->dir.len);
	t->used += (uint32_t)(u->name.len + u->gecos.len + u->dir.len);
	t->by_name[name] = (uint16_t)++t->n;
	uid = uid_slot(t, u->uid);
	if (!t->by_uid[uid])
		t->by_uid[uid] = (uint16_t)t->n;
}

/* Point into the block: it has moved. */
static void bind_parts(struct nss_users *t)
{
	size_t slots = (size_t)t->mask + 1;

	t->entry = (struct entry *)(t + 1);
	t->by_name = (uint16_t *)(t->entry + t->room);
	t->by_uid = t->by_name + slots;
	t->text = (char *)(t->by_uid + slots);
}

/* Upper bounds of a table: one entry for each line, and a text no longer than
 * the file ("/" in place of a bad home fits: a line has six colons). */
static struct nss_users *make(struct vsd_span text, size_t *out_bytes)
{
	size_t lines = 1, slots = SLOTS_MIN, bytes;
	struct nss_users *t;

	for (const char *p = text.p; (p = memchr(p, '\n', text.len - (size_t)(p - text.p))); p++)
		lines++;
	if (lines > NSS_ENTRIES_MAX)
		lines = NSS_ENTRIES_MAX;
	while (slots < lines + lines / 2)
		slots *= 2;
	bytes = sizeof(*t) + lines * sizeof(struct entry) + 2 * slots * sizeof(uint16_t) + text.len;
	t = malloc(bytes);
	if (!t)
		return NULL;
	t->seed = nss_seed();
	t->n = t->used = 0;
	t->mask = (uint32_t)slots - 1;
	t->room = (uint32_t)lines;
	bind_parts(t);
	memset(t->by_name, 0, 2 * slots * sizeof(uint16_t));
	*out_bytes = bytes;
	return t;
}

int nss_users_build(struct vsd_span text, struct vsd_range r, struct nss_users **out,
		    size_t *out_bytes)
{
	size_t cursor = 0, bytes;
	struct nss_users *t = make(text, &bytes), *less;
	struct nss_user u;

	if (!t)
		return -ENOMEM;
	while (t->n < NSS_ENTRIES_MAX && nss_users_next(text, &cursor, r, &u))
		add(t, &u);
	/* About half of the text is unused: passwords, ids, shells. */
	bytes -= text.len - t->used;
	less = realloc(t, bytes);
	if (less)
		t = less;
	bind_parts(t);
	*out = t;
	*out_bytes = bytes;
	return 0;
}

bool nss_users_by_name(const struct nss_users *t, struct vsd_span name, struct nss_user *out)
{
	uint32_t slot = name_slot(t, name);

	if (!t->by_name[slot])
		return false;
	entry_get(t, &t->entry[t->by_name[slot] - 1], out);
	return true;
}

bool nss_users_by_uid(const struct nss_users *t, uint32_t uid, struct nss_user *out)
{
	uint32_t slot = uid_slot(t, uid);

	if (!t->by_uid[slot])
		return false;
	entry_get(t, &t->entry[t->by_uid[slot] - 1], out);
	return true;
}
