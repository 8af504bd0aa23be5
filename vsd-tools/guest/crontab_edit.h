/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CRONTAB_EDIT_H
#define CRONTAB_EDIT_H

#include "account.h"

/* The parts of `crontab` that run as the caller, without any power: each runs crontab
 * itself for what needs root.
 * Shape:  user NULL: one's own; text p NULL: there is none yet
 * Returns: an exit status, the message written */
int crontab_take_file(char *user, const char *file);
int crontab_edit(char *user, struct vsd_span text);

#endif
