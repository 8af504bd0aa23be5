/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reads eight bytes at once says what a plain loop over bytes says, on random
 * texts of every length; each lies in a block of just its size, so that a
 * sanitizer sees any byte read beyond it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "bytes.h"
#include "masks.h"
#include "name.h"
#include "number.h"
#include "unit.h"

enum { ROUNDS = 200000, TEXT_MAX = 48, FIELDS = 7 };

static uint64_t state = 88172645463325252u;

static unsigned pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 32) % n;
}

static char *random_text(const char *alphabet, size_t n, size_t len)
{
	char *text = malloc(len ? len : 1);

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[pick((unsigned)n)];
	return text;
}

/* ---- lines ---- */

/* a line that needs more than one step, whose border falls on dots */
#define LONG "0123456789012345678901234567890123456789012345678901234567890."

static bool plain_id(struct vsd_span f, uint32_t *out)
{
	uint64_t n = 0;

	if (f.len == 0 || (f.len > 1 && f.p[0] == '0'))
		return false;
	for (size_t i = 0; i < f.len; i++) {
		if (f.p[i] < '0' || f.p[i] > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (unsigned)(f.p[i] - '0');
	}
	*out = (uint32_t)n;
	return n < UINT32_MAX;
}

static bool plain_passwd(const char *p, size_t len, struct vsd_passwd_line *out)
{
	struct vsd_span f[FIELDS];
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && p[i] == '\0')
			return false;
		if (i < len && p[i] != ':')
			continue;
		if (n == FIELDS)
			return false;
		f[n++] = (struct vsd_span){ p + start, i - start };
		start = i + 1;
	}
	out->name = f[0];
	out->gecos = f[4];
	out->shell = f[6];
	out->plain = !memchr(p, '=', len) && !memmem(p, len, "..", 2);
	for (size_t i = 0; i < len; i++)
		out->plain = out->plain && p[i] >= ' ' && p[i] <= '~';
	return n == FIELDS && vsd_name_is_user(f[0].p, f[0].len) && plain_id(f[2], &out->uid) &&
	       plain_id(f[3], &out->gid);
}

static bool same_span(struct vsd_span a, struct vsd_span b)
{
	return a.p == b.p && a.len == b.len;
}

static void check_next(const char *text, size_t len)
{
	struct vsd_passwd_line want = { .uid = 0 }, got;
	struct vsd_span file = { text, len };
	size_t cursor = 0, start = 0, end;

	for (; start < len; start = end + 1) {
		for (end = start; end < len && text[end] != '\n'; end++)
			;
		if (!plain_passwd(text + start, end - start, &want))
			continue;
		assert_true(vsd_passwd_next(file, &cursor, &got));
		assert_true(same_span(got.name, want.name) && same_span(got.gecos, want.gecos) &&
			    same_span(got.shell, want.shell));
		assert_true(got.uid == want.uid && got.gid == want.gid);
		assert_int_equal(got.plain, want.plain);
	}
	assert_false(vsd_passwd_next(file, &cursor, &got));
	assert_int_equal(cursor, len);
}

static void lines_are_cut_alike(void **unused)
{
	static const char alphabet[] = { 'a', ':', ':', '\n', '\0', '*', 0x1a, '1', '\x8a', '\xba' };
	static const char *const good[] = { "a:x:1:2:::", "root:*:0:0:root:/root:/bin/sh\n", "\n",
					    "abcdefgh:12345678:87654321:1:x:y:z\n", "+::::::\n",
					    "a:x:1:2:a..b:/:\n", "b:x:1:2:a.b.c:/.:.\n",
					    LONG "::x:1:2:\n", "c:" LONG ":1:2:a:b:\n",
					    "d:" LONG ":1:2:..:b:=\n" };
	unsigned valid = 0;

	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t len = pick(TEXT_MAX), add = 0;
		const char *more = good[pick(sizeof(good) / sizeof(good[0]))];
		char *text = random_text(alphabet, pick(2) ? sizeof(alphabet) : 3, len), *both;

		if (pick(2))
			add = strlen(more);
		both = malloc(len + 2 * add ? len + 2 * add : 1); /* not a byte more */
		assert_non_null(both);
		memcpy(both, more, add);
		memcpy(both + add, text, len);
		memcpy(both + add + len, more, add);
		check_next(both, len + 2 * add);
		valid += add != 0;
		free(both);
		free(text);
	}
	assert_true(valid > ROUNDS / 4);
}

/* ---- numbers ---- */

static void numbers_are_read_alike(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t len = pick(12);
		char *text = random_text("0123456789/:x", pick(8) ? 10 : 13, len);
		uint32_t want = 0, got = 0;
		uint64_t n = 0;
		bool good = plain_id((struct vsd_span){ text, len }, &want);

		assert_int_equal(vsd_number_id(text, len, &got) == 0, good);
		if (good) {
			assert_int_equal(got, want);
			assert_int_equal(vsd_number_parse(text, len, want, &n), 0);
			assert_int_equal(n, want);
		}
		if (good && want)
			assert_int_equal(vsd_number_parse(text, len, want - 1, &n), -ERANGE);
		free(text);
	}
}

/* ---- GECOS ---- */

static void gecos_is_cleaned_alike(void **unused)
{
	static const char alphabet[] = { 'a', ' ', '~', ',', '=', 0x1f, 0x7f, '\0', '\x80', '\xff' };

	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t len = pick(TEXT_MAX), size = pick(TEXT_MAX) + 1, n = 0;
		char *text = random_text(alphabet, pick(2) ? 3 + pick(2) : sizeof(alphabet), len);
		char *got = malloc(size), want[TEXT_MAX + 1];

		assert_non_null(got);
		for (size_t k = 0; k < len && text[k] != ',' && n + 1 < size; k++)
			if (text[k] >= ' ' && text[k] < 0x7f && text[k] != '=')
				want[n++] = text[k];
		want[n] = '\0';
		assert_int_equal(vsd_gecos_clean((struct vsd_span){ text, len }, got, size), n);
		assert_string_equal(got, want);
		free(got);
		free(text);
	}
}

/* ---- words ---- */

static void words_are_exact(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		char b[8];
		uint64_t w, are, control, zero;

		for (size_t k = 0; k < sizeof(b); k++)
			b[k] = (char)(pick(4) ? pick(256) : 0x1f + pick(2));
		w = vsd_bytes_load(b);
		are = vsd_bytes_are(w, b[0]);
		control = vsd_bytes_control(w);
		zero = vsd_bytes_zero(w);
		for (unsigned k = 0; k < sizeof(b); k++) {
			unsigned char c = (unsigned char)b[k];

			assert_int_equal(are >> (8 * k) & 0xff, b[k] == b[0] ? 0x80 : 0);
			assert_int_equal(control >> (8 * k) & 0xff, c < ' ' || c == 0x7f ? 0x80 : 0);
			assert_int_equal(zero >> (8 * k) & 0xff, c ? 0 : 0x80);
			assert_true(vsd_bytes_load_few(b, k) == (k ? w << (64 - 8 * k) >> (64 - 8 * k) : 0));
		}
	}
}

static void masks_are_exact(void **unused)
{
	static const char marks[] = ":\n.= ~\x7f\x1f\x80\xff/";

	(void)unused;
	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		char b[VSD_MASKS_BYTES];
		struct vsd_masks m, v;

		for (size_t k = 0; k < sizeof(b); k++)
			b[k] = pick(2) ? marks[pick(sizeof(marks))] : (char)pick(256);
		vsd_masks_by_words(b, &m);
		vsd_masks_at(b, b + sizeof(b), &v); /* by vectors where there are some */
		assert_memory_equal(&m, &v, sizeof(m));
		for (unsigned k = 0; k < sizeof(b); k++) {
			char c = b[k];

			assert_int_equal(m.colon >> k & 1, c == ':');
			assert_int_equal(m.stop >> k & 1, c == '\n' || c == '\0');
			assert_int_equal(m.dot >> k & 1, c == '.');
			assert_int_equal(m.odd >> k & 1, c < ' ' || c > '~' || c == '=');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_alike),
		cmocka_unit_test(numbers_are_read_alike),
		cmocka_unit_test(gecos_is_cleaned_alike),
		cmocka_unit_test(words_are_exact),
		cmocka_unit_test(masks_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
