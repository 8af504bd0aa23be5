/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUEST_ARGS_H
#define GUEST_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"

/* The options of the commands about accounts, as shadow's own have them. */

enum args_of { ARGS_USERADD, ARGS_USERDEL, ARGS_USERMOD, ARGS_GROUPADD, ARGS_GROUPDEL,
	       ARGS_GPASSWD, ARGS_PASSWD, ARGS_CHSH, ARGS_CHFN, ARGS_KINDS };

struct args {
	const char *name;                    /* the operand; NULL: none */
	const char *gecos, *home, *shell;    /* -c -d -s; NULL: not given */
	const char *group, *groups;          /* -g -G */
	const char *add, *drop;              /* gpasswd -a -d */
	uint32_t id;                         /* -u of useradd, -g of groupadd; 0: not given */
	bool append, no_home, move, remove;  /* -a -M -m -r */
	bool lock, unlock, status, expired;  /* -l or -L, -U, -S, -e of passwd */
	bool set_expire;
	long expire_day;                     /* -e of useradd, usermod: a day after 1970; -1: never */
	bool help;                           /* nothing else counts */
};

/* Shape:  argv[0] is the command; argv may be put into another order; text is borrowed
 * Errors: -EINVAL, and why says what
 * Safe:   helper; no lookup, no environment but POSIXLY_CORRECT, which orders */
int args_parse(enum args_of kind, int argc, char **argv, struct args *out,
	       char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* What --help prints. */
const char *args_usage(enum args_of kind);

#endif
