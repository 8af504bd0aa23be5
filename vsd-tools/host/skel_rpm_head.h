/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_RPM_HEAD_H
#define VSD_SKEL_RPM_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scope.h"

/* One package header as `rpmdb --exportdb` writes it and --importdb reads it: rpm's own
 * format, in which a package file has it, too.  Numbers are big-endian; nothing is
 * believed before it is known to lie within the header. */
enum rpm_tag {
	RPM_NAME = 1000, RPM_INSTALLTIME = 1008, RPM_ARCH = 1022, RPM_FILESTATES = 1029,
	RPM_PROVIDENAME = 1047, RPM_REQUIREFLAGS = 1048,
	RPM_REQUIRENAME = 1049, RPM_REQUIREVERSION = 1050, RPM_PROVIDEVERSION = 1113,
	RPM_DIRINDEXES = 1116, RPM_BASENAMES = 1117, RPM_DIRNAMES = 1118,
};

struct rpm_head {
	const char *start;       /* with the magic */
	size_t len;
	const char *index, *data;
	uint32_t nindex, ndata;
};

/* The texts of one tag, in order. */
struct rpm_texts {
	const char *at;
	size_t room;             /* bytes up to the end of the header */
	uint32_t left;           /* texts */
};

/* The header at the start of `bytes`, which it points into; the next begins after
 * out->len.  Errors: -EBADMSG damaged */
int rpm_head_read(const char *bytes, size_t len, struct rpm_head *out) VSD_MUST_CHECK;

/* A tag without texts gives none. */
struct rpm_texts rpm_head_texts(const struct rpm_head *h, enum rpm_tag tag);

/* The next of them, or NULL after the last. */
const char *rpm_texts_next(struct rpm_texts *t);

/* The only text of a tag, or "". */
const char *rpm_head_text(const struct rpm_head *h, enum rpm_tag tag);

/* A tag's number n of 32 bits; 0 when there is none. */
uint32_t rpm_head_number(const struct rpm_head *h, enum rpm_tag tag, uint32_t n);

/* A tag's single bytes, *out_n of them; NULL when there are none. */
const char *rpm_head_bytes(const struct rpm_head *h, enum rpm_tag tag, uint32_t *out_n);

#endif
