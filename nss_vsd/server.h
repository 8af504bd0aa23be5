/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_SERVER_H
#define NSS_VSD_SERVER_H

#include "account.h"
#include "addr.h"
#include "name.h"
#include "paths.h"
#include "registry.h"

/* What a lookup needs to know of a server.  A disabled server is found like any
 * other: its files still belong to somebody, and refusing its logins is
 * pam_vsd's part, which must be able to tell whose they are. */
struct nss_server {
	struct vsd_range range;
	uint16_t name_len, root_len;
	char name[VSD_NAME_MAX + 1];
	char root[VSD_PATH_MAX];
};

/* Find a server through the mapped index: no system call while that is current.
 * While it is being changed or is missing, the registry's own files are read;
 * after a root change only what the process holds in memory answers.
 * Errors: -ENOENT certainly none; else what kept it from being read
 * Safe:   any thread */
int nss_server_by_name(const char *name, size_t len, struct nss_server *out) VSD_MUST_CHECK;
int nss_server_by_id(uint32_t id, struct nss_server *out) VSD_MUST_CHECK;
int nss_server_by_addr(const struct vsd_addr *a, struct nss_server *out) VSD_MUST_CHECK;

/* All servers in the order of names, for an enumeration.
 * Owns:   nss_servers_free */
struct nss_servers;
int nss_servers_open(struct nss_servers **out) VSD_MUST_CHECK;
bool nss_servers_at(const struct nss_servers *all, uint32_t n, struct nss_server *out);
void nss_servers_free(struct nss_servers *all);

/* For the destructor. */
void nss_server_forget(void);

#endif
