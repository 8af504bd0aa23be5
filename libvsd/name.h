/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_NAME_H
#define VSD_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "scope.h"

#define VSD_NAME_MAX 32                              /* characters, NUL not counted */
#define VSD_QUALIFIED_MAX (VSD_NAME_MAX * 2 + 1)     /* user@vs */
#define VSD_FQDN_MAX 253

/* A qualified name taken apart. */
struct vsd_qualified {
	char user[VSD_NAME_MAX + 1];
	char vs[VSD_NAME_MAX + 1];
};

/* Is it a server's name, [a-z][a-z0-9-]{0,31}?
 * Shape:  len bytes, no NUL needed
 * Safe:   PAM / NSS / tool; any thread; neither blocks nor allocates */
bool vsd_name_is_vs(const char *s, size_t len);

/* Is it a user's or group's name in a server, [a-z_][a-z0-9_-]{0,31}?
 * Shape and Safe as above. */
bool vsd_name_is_user(const char *s, size_t len);

/* Is it a host name as RFC 1123 allows: labels of letters, digits and inner
 * hyphens, 1..63 bytes each, at most 253 in all, no closing dot?
 * Shape and Safe as above. */
bool vsd_name_is_fqdn(const char *s, size_t len);

/* Take `user@vs` apart.
 * Shape:  len bytes; out is NUL-terminated
 * Errors: -EINVAL: no '@', or a half that is no name; out untouched
 * Safe:   PAM / NSS / tool; any thread */
int vsd_name_split(const char *s, size_t len, struct vsd_qualified *out) VSD_MUST_CHECK;

#endif
