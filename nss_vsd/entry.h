/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_ENTRY_H
#define NSS_VSD_ENTRY_H

#include <grp.h>
#include <gshadow.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>

/* All that the module exports; nss_vsd.map lists the same. glibc declares these
 * nowhere for modules to include. */
#define NSS_ENTRY __attribute__((visibility("default")))
#define NSS_SETENT(ent) \
	NSS_ENTRY enum nss_status _nss_vsd_set##ent(int stayopen); \
	NSS_ENTRY enum nss_status _nss_vsd_end##ent(void)
#define NSS_GETENT(ent, type) \
	NSS_ENTRY enum nss_status _nss_vsd_get##ent##_r(type *result, char *buffer, \
							size_t buflen, int *errnop)
#define NSS_GETBY(what, key, type) \
	NSS_ENTRY enum nss_status _nss_vsd_get##what##_r(key, type *result, char *buffer, \
							 size_t buflen, int *errnop)

NSS_SETENT(pwent);
NSS_GETENT(pwent, struct passwd);
NSS_GETBY(pwnam, const char *name, struct passwd);
NSS_GETBY(pwuid, uid_t uid, struct passwd);

NSS_SETENT(grent);
NSS_GETENT(grent, struct group);
NSS_GETBY(grnam, const char *name, struct group);
NSS_GETBY(grgid, gid_t gid, struct group);

NSS_SETENT(spent);
NSS_GETENT(spent, struct spwd);
NSS_GETBY(spnam, const char *name, struct spwd);

NSS_SETENT(sgent);
NSS_GETENT(sgent, struct sgrp);
NSS_GETBY(sgnam, const char *name, struct sgrp);

NSS_ENTRY enum nss_status _nss_vsd_initgroups_dyn(const char *user, gid_t group, long *start,
						  long *size, gid_t **groupsp, long limit,
						  int *errnop);

/* Where an answer goes. */
struct nss_out {
	void *result;
	char *buffer;
	size_t buflen;
};

#endif
