/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <stdlib.h>

#include "guest.h"
#include "guest_args.h"
#include "users.h"

/* What the verbs about accounts share: one call. */
struct account {
	struct args args;
	struct vsd_server server;        /* what is known of it inside: name, range, max_users */
	int root;                        /* "/"; open until the end of the process */
	char name[VSD_NAME_MAX + 1];     /* whose, by account_find_own */
	char why[VSD_WHY_MAX];
};

/* Parse; close all descriptors but 0 to 2, go to "/", hold all signals back; learn
 * what the server is.
 * Returns: TOOL_OK (args.help: the help is printed) or an exit status, the message written */
int account_begin(const struct guest *g, enum args_of kind, int argc, char **argv, struct account *a);
int account_open(const struct guest *g, struct account *a);

/* Say what went wrong, if r is negative.  Returns: an exit status */
int account_end(const struct account *a, int r, const char *action);

/* The user's passwd line; *text holds it.
 * Errors: -ENOENT and the system's, why written */
int account_find(struct account *a, const char *name, char **text,
		 struct vsd_passwd_line *out) VSD_MUST_CHECK;

/* The same of the user that is meant, named by the operand or, without one, the
 * caller; their name goes to a->name.
 * Errors: -EPERM another user, and the caller is not admin; as above */
int account_find_own(const struct guest *g, struct account *a, char **text,
		     struct vsd_passwd_line *out) VSD_MUST_CHECK;

/* Wait for the caller (who types): nothing is held, and this is the caller's own process,
 * which the terminal, `kill` and the end of all that the caller runs (userdel) may end or
 * stop.  What comes after it cannot: signals are held, and then nobody but root may send the
 * two that cannot be.  A stop that came before stops it here, without a lock.
 * Returns: what `wait` does; -EIO the shield could not be put up again */
int account_lent(const struct guest *g, int (*wait)(void *arg), void *arg) VSD_MUST_CHECK;

/* All of standard input, read as account_lent has it; of more than max bytes, one more.
 * Owns:   the text, also after an error; account_input_free wipes it
 * Errors: -ENOMEM and the system's, why written */
struct account_input {
	size_t max, len;
	char *text;
};
int account_read_input(const struct guest *g, struct account *a, struct account_input *in) VSD_MUST_CHECK;
void account_input_free(struct account_input *in);

/* Is the uid nobody's? */
bool account_is_gone(const struct account *a, uint32_t uid);

#endif
