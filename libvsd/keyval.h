/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_KEYVAL_H
#define VSD_KEYVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "account.h"
#include "conf.h"

/* Lines `key = value`, as vsd.conf and the registry's files have them: blank
 * lines and lines that begin with # are passed over; space around key and value
 * does not count; a control byte or a line over 4096 bytes is refused. */
struct vsd_keyval {
	struct vsd_span text, key, value;
	size_t cursor;
	unsigned line;
};

void vsd_keyval_start(struct vsd_keyval *kv, const char *text, size_t len);

/* 1 a pair is in key and value; 0 the end; -EINVAL, and why names the line. */
int vsd_keyval_next(struct vsd_keyval *kv, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Of a text that was refused with `error`: has it a line KEY that says another format
 * than the known one?  Then that is why, whatever else there is in it.
 * Errors: -EPROTONOSUPPORT, and why says the line; else `error`, and why as it was */
int vsd_keyval_format(const char *text, size_t len, const char *key, const char *known,
		      int error, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* "line N: KEY: text" */
void vsd_keyval_why(const struct vsd_keyval *kv, const char *text, char why[VSD_WHY_MAX]);

bool vsd_span_is(struct vsd_span s, const char *text);

/* Errors: -EINVAL it does not fit into size bytes with its NUL */
int vsd_span_copy(struct vsd_span s, char *out, size_t size) VSD_MUST_CHECK;

/* Take the next word off the front; false when none is left. */
bool vsd_word_next(struct vsd_span *s, struct vsd_span *out_word);

/* The words FROM:TO of a value; nothing, or the word `none`, is no pair.
 * Errors: -EINVAL a bad word, more than max, or one FROM twice */
int vsd_redirects_parse(struct vsd_span v, struct vsd_redirect *out, unsigned max,
			unsigned *out_n) VSD_MUST_CHECK;

/* An absolute path without space, control bytes, or empty, "." or ".." parts. */
bool vsd_path_is_plain(struct vsd_span path);

#endif
