/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PAM_STACK_IMPL_H
#define VSD_PAM_STACK_IMPL_H

#include "pam_stack.h"

/* Shared by pam_stack.c and pam_judge.c alone. */

enum { PAM_LINES_MAX = 256, PAM_FAILURES_MAX = 32 };

/* What a module gives, and what its line does then; a positive number jumps. */
enum pam_gave { PAM_GAVE_SUCCESS, PAM_GAVE_IGNORE, PAM_GAVE_FAILURE };
enum pam_do {
	PAM_DO_IGNORE = 0, PAM_DO_OK = -1, PAM_DO_DONE = -2, PAM_DO_BAD = -3, PAM_DO_DIE = -4,
	PAM_DO_RESET = -5
};

struct pam_line {
	int on[3];             /* on failure: what `default` says */
	int also[PAM_FAILURES_MAX]; /* and what single failures (perm_denied=ignore) do */
	size_t nalso;
	char module[64];
	bool reads_user;       /* pam_env's user_readenv: root reads the user's file */
	char how[16];          /* pam_vsd's enter= */
	bool asks;             /* pam_vsd's is_vs_user */
	struct pam_stack *sub; /* a substack in place of a module */
};

enum pam_impression { PAM_NO_IMPRESSION, PAM_GOOD, PAM_BAD, PAM_IMPRESSIONS };

/* How a stack can end, having begun before or after pam_vsd had entered. */
struct pam_ends {
	bool known;
	bool end[PAM_IMPRESSIONS][2];
};

struct pam_stack {
	const char *const *folder;
	enum pam_type type;
	unsigned nfile;        /* read so far: includes may multiply without a loop */
	size_t n;
	struct pam_line *line;
	struct pam_ends ends[2][2]; /* by answer, by entered: substacks are asked often */
};

#endif
