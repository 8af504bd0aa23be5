/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FILTER_IMPL_H
#define FILTER_IMPL_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "filter.h"

/* Shared by filter.c, which says what is refused, and filter_program.c, which writes it
 * down as classic BPF. */

enum filter_label {
	FILTER_ALLOW, FILTER_PERM, FILTER_NOSYS, FILTER_NOTSUP, FILTER_NOFAMILY, /* answers */
	FILTER_SOCKET, FILTER_IOCTL, FILTER_CLONE, FILTER_UNSHARE, /* a look at arguments */
	FILTER_LABELS,
	FILTER_NEXT = FILTER_LABELS, /* the next instruction */
	FILTER_PLACE, /* FILTER_PLACE + n: instruction n */
};

enum { FILTER_MAX = 256, FILTER_CALLS_MAX = 128 };

/* Jumps name labels or places until filter_link. */
struct filter_program {
	struct {
		uint16_t code;
		unsigned yes, no;
		uint32_t k;
	} step[FILTER_MAX];
	unsigned n; /* beyond FILTER_MAX: too long, and nothing was written there */
	unsigned place[FILTER_LABELS];
};

/* The calls that are not simply allowed. */
struct filter_calls {
	struct {
		uint32_t nr;
		enum filter_label label;
	} call[FILTER_CALLS_MAX];
	unsigned n;
};

/* Errors: -E2BIG */
int filter_calls_add(struct filter_calls *c, uint32_t nr, enum filter_label label) VSD_MUST_CHECK;

void filter_load(struct filter_program *p, size_t offset);
/* The lower 32 bits of an argument, as the kernel takes those that are looked at here. */
void filter_load_argument(struct filter_program *p, unsigned n);
/* test: BPF_JEQ, BPF_JGE, BPF_JSET */
void filter_if(struct filter_program *p, uint16_t test, uint32_t k, unsigned yes, unsigned no);
void filter_answer(struct filter_program *p, uint32_t answer);
/* What follows has that label. */
void filter_begin(struct filter_program *p, enum filter_label label);

/* A tree of comparisons that leads from the call's number, loaded, to its label. */
int filter_choose_call(struct filter_program *p, struct filter_calls *c) VSD_MUST_CHECK;

/* The program as the kernel takes it.
 * Owns:   *out is malloc'ed
 * Errors: -EFBIG a jump is too long, or the whole */
int filter_link(const struct filter_program *p, char **out, size_t *out_len) VSD_MUST_CHECK;

#endif
