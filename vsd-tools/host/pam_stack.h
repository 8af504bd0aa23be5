/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PAM_STACK_H
#define VSD_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "scope.h"

/* What a service's PAM file lets happen to a VS user: the stack is read as libpam
 * reads it, and gone through with pam_vsd's answers, every other module being
 * supposed to answer whatever is worst. */

enum pam_type { PAM_STACK_AUTH, PAM_STACK_ACCOUNT, PAM_STACK_PASSWORD, PAM_STACK_SESSION };

struct pam_stack;

/* Read a service's stack of one type from the first of the folders that has it
 * (NULL ends them), its includes and substacks in place.  A service without a file has that of `other`.
 * Owns:   *out: pam_stack_free
 * Errors: -ENOENT no file; -EINVAL a line that libpam would refuse, or no regular file; -ELOOP includes
 *         that do not end; else the system's */
int pam_stack_read(const char *const *folder, const char *service, enum pam_type type,
		   struct pam_stack **out) VSD_MUST_CHECK;
void pam_stack_free(struct pam_stack *s);

/* How pam_vsd answers for the user in question. */
enum pam_vsd_answer { PAM_VSD_REFUSES, PAM_VSD_ENTERS };

struct pam_verdict {
	bool passes;          /* the whole stack can be a success */
	bool passes_outside;  /* ... without pam_vsd having entered */
	char after[64];       /* a module that runs once it has, or "" */
	char before[64];      /* one that acts for the user before it, as pam_systemd, or "" */
	char how[16];         /* enter=... of the line that enters: "session" by default */
};

void pam_stack_judge(struct pam_stack *s, enum pam_vsd_answer answer,
		     struct pam_verdict *out);

#endif
