/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "number.h"
#include "why.h"

#define BLOCK 512
#define PAX_MAX_BYTES (2 * TAR_PATH_MAX + 256)
#define OCTAL_11 ((UINT64_C(1) << 33) - 1)

/* POSIX.1-1988's header; fields end with NUL but for the longest names. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100],
		magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8], prefix[155],
		pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* ---- writing ---- */

static unsigned sum_of(const struct header *h)
{
	const unsigned char *b = (const unsigned char *)h;
	unsigned sum = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool in_sum = i >= offsetof(struct header, sum) && i < offsetof(struct header, type);

		sum += in_sum ? ' ' : b[i];
	}
	return sum;
}

static void put_octal(char *field, size_t size, uint64_t n)
{
	field[--size] = '\0';
	while (size > 0) {
		field[--size] = (char)('0' + (n & 7));
		n >>= 3;
	}
}

static int put_header(FILE *f, char type, const struct tar_entry *e, uint64_t size)
{
	struct header h;
	static const char pax[sizeof(h.name)] = "pax";
	bool is_pax = type == 'x';

	memset(&h, 0, sizeof(h));
	/* A name that does not fit is in the pax record before; this one is cut. */
	memcpy(h.name, is_pax ? pax : e->path, strnlen(is_pax ? pax : e->path, sizeof(h.name)));
	if (!is_pax)
		memcpy(h.link, e->link, strnlen(e->link, sizeof(h.link)));
	put_octal(h.mode, sizeof(h.mode), is_pax ? 0600 : e->mode & 07777);
	put_octal(h.uid, sizeof(h.uid), is_pax ? 0 : e->uid);
	put_octal(h.gid, sizeof(h.gid), is_pax ? 0 : e->gid);
	put_octal(h.size, sizeof(h.size), size <= OCTAL_11 ? size : 0);
	put_octal(h.mtime, sizeof(h.mtime), is_pax ? 0 : e->mtime);
	h.type = type;
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	put_octal(h.sum, sizeof(h.sum) - 1, sum_of(&h));
	h.sum[7] = ' ';
	return fwrite(&h, sizeof(h), 1, f) == 1 ? 0 : -EIO;
}

int tar_write_pad(FILE *f, uint64_t size)
{
	static const char zeros[BLOCK];
	size_t n = (size_t)((BLOCK - size % BLOCK) % BLOCK);

	return fwrite(zeros, 1, n, f) == n ? 0 : -EIO;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static size_t put_record(char *out, size_t room, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1;
	int n;

	for (size_t top = 10; len + digits >= top; top *= 10)
		digits++;
	n = snprintf(out, room, "%zu %s=%s\n", len + digits, key, value);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static int put_pax(FILE *f, const struct tar_entry *e)
{
	VSD_FREE char *text = malloc(PAX_MAX_BYTES);
	char number[24];
	size_t n = 0;
	int r;

	if (!text)
		return -ENOMEM;
	if (strlen(e->path) > 100)
		n += put_record(text + n, PAX_MAX_BYTES - n, "path", e->path);
	if (strlen(e->link) > 100)
		n += put_record(text + n, PAX_MAX_BYTES - n, "linkpath", e->link);
	if (e->size > OCTAL_11) {
		(void)snprintf(number, sizeof(number), "%" PRIu64, e->size); /* always fits */
		n += put_record(text + n, PAX_MAX_BYTES - n, "size", number);
	}
	if (n == 0)
		return 0;
	r = put_header(f, 'x', e, n);
	if (r == 0 && fwrite(text, 1, n, f) != n)
		r = -EIO;
	return r < 0 ? r : tar_write_pad(f, n);
}

int tar_write(FILE *f, const struct tar_entry *e)
{
	int r = put_pax(f, e);

	return r < 0 ? r : put_header(f, (char)e->type, e, e->size);
}

int tar_write_end(FILE *f)
{
	static const char zeros[2 * BLOCK];

	return fwrite(zeros, sizeof(zeros), 1, f) == 1 ? 0 : -EIO;
}

/* ---- reading ---- */

static int bad(const char *what, char why[VSD_WHY_MAX])
{
	why_say(why, "not an export: %s", what);
	return -EBADMSG;
}

/* Octal digits, then a NUL or space. */
static bool get_octal(const char *field, size_t size, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		n = n * 8 + (uint64_t)(field[i] - '0'); /* at most 11 digits */
	if (i == 0 || i == size || (field[i] != '\0' && field[i] != ' '))
		return false;
	*out = n;
	return true;
}

/* Every part is a name as a manifest may have it. */
static bool is_path(char *path)
{
	for (char *p = path, *slash;; p = slash + 1) {
		bool good;

		slash = strchr(p, '/');
		if (slash)
			*slash = '\0';
		good = manifest_is_name(p);
		if (slash)
			*slash = '/';
		if (!good || !slash)
			return good;
	}
}

static bool set_value(struct tar_entry *e, const char *key, size_t key_len, const char *value,
		      size_t len)
{
	bool is_link = key_len == 8 && memcmp(key, "linkpath", 8) == 0;

	if (key_len == 4 && memcmp(key, "size", 4) == 0)
		return vsd_number_parse(value, len, INT64_MAX, &e->size) == 0;
	if ((!is_link && (key_len != 4 || memcmp(key, "path", 4) != 0)) || len >= TAR_PATH_MAX ||
	    memchr(value, '\0', len))
		return false;
	memcpy(is_link ? e->link : e->path, value, len);
	(is_link ? e->link : e->path)[len] = '\0';
	return true;
}

static bool read_records(struct tar_entry *e, const char *text, size_t len)
{
	for (size_t at = 0; at < len; ) {
		const char *space = memchr(text + at, ' ', len - at), *equals;
		uint64_t n;

		if (!space || vsd_number_parse(text + at, (size_t)(space - text) - at, len - at, &n) < 0 ||
		    n < (size_t)(space - text) - at + 3 || text[at + n - 1] != '\n')
			return false;
		space++;
		equals = memchr(space, '=', (size_t)(text + at + n - space));
		if (!equals || !set_value(e, space, (size_t)(equals - space), equals + 1,
					  (size_t)(text + at + n - equals) - 2))
			return false;
		at += n;
	}
	return true;
}

/* 1 a header is in h; 0 the end. */
static int get_header(FILE *f, struct header *h, uint64_t *out_size, char why[VSD_WHY_MAX])
{
	static const struct header zeros;
	uint64_t sum;

	if (fread(h, sizeof(*h), 1, f) != 1)
		return bad("it ends too early", why);
	if (memcmp(h, &zeros, sizeof(zeros)) == 0)
		return 0;
	if (!get_octal(h->sum, sizeof(h->sum), &sum) || sum != sum_of(h))
		return bad("a header is damaged", why);
	if (memcmp(h->magic, "ustar", 6) != 0 || h->prefix[0] != '\0' ||
	    !get_octal(h->size, sizeof(h->size), out_size))
		return bad("a header is of another form", why);
	return 1;
}

static int get_pax(FILE *f, struct tar_entry *e, uint64_t size, char why[VSD_WHY_MAX])
{
	VSD_FREE char *text = malloc(PAX_MAX_BYTES);

	if (!text)
		return -ENOMEM;
	if (size >= PAX_MAX_BYTES)
		return bad("a record is too long", why);
	if (fread(text, 1, (size_t)size, f) != size || tar_read_pad(f, size) < 0)
		return bad("it ends too early", why);
	return read_records(e, text, (size_t)size) ? 0 : bad("a record is damaged", why);
}

static int fill(const struct header *h, uint64_t size, struct tar_entry *e, char why[VSD_WHY_MAX])
{
	uint64_t uid, gid, mode;

	if (h->type != TAR_FILE && h->type != TAR_LINK && h->type != TAR_FOLDER && h->type != TAR_PIPE)
		return bad("something is neither file, folder, link nor pipe", why);
	e->type = (enum tar_type)h->type;
	if (!get_octal(h->uid, sizeof(h->uid), &uid) || !get_octal(h->gid, sizeof(h->gid), &gid) ||
	    !get_octal(h->mode, sizeof(h->mode), &mode) || mode > 07777 ||
	    !get_octal(h->mtime, sizeof(h->mtime), &e->mtime))
		return bad("a header is damaged", why);
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	e->mode = (uint32_t)mode;
	if (!e->path[0])
		memcpy(e->path, h->name, sizeof(h->name)); /* zeros follow */
	if (!e->link[0])
		memcpy(e->link, h->link, sizeof(h->link));
	if (e->size == 0)
		e->size = size;
	if (!is_path(e->path))
		return bad("a path is none of a server's", why);
	if ((e->type != TAR_FILE && e->size != 0) || (e->type == TAR_LINK) != (e->link[0] != '\0'))
		return bad("a header does not go together", why);
	return 1;
}

int tar_read(FILE *f, struct tar_entry *out, char why[VSD_WHY_MAX])
{
	struct header h;
	uint64_t size;
	int r;

	memset(out, 0, sizeof(*out));
	r = get_header(f, &h, &size, why);
	if (r > 0 && h.type == 'x') {
		r = get_pax(f, out, size, why);
		if (r == 0)
			r = get_header(f, &h, &size, why);
		if (r == 0)
			return bad("it ends after a record", why);
	}
	return r > 0 ? fill(&h, size, out, why) : r;
}

int tar_read_pad(FILE *f, uint64_t size)
{
	char unused[BLOCK];
	size_t n = (size_t)((BLOCK - size % BLOCK) % BLOCK);

	return fread(unused, 1, n, f) == n ? 0 : -EBADMSG;
}
