/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_TERMINAL_H
#define VSD_TERMINAL_H

/* Would this program open its terminal once more for this PAM service?  The login of
 * util-linux does, by name and as root, when the session is open: in a VS that name is a
 * terminal of whoever has made it there, who would type into the session (seen).  The
 * login of shadow does not.
 * Returns: 1 yes, 0 no
 * Errors: -errno: the program cannot be read
 * Safe:   PAM, tool; allocates */
int vsd_login_reopens(const char *service, const char *program);

#endif
