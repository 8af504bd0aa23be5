/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_VSD_PACK_H
#define NSS_VSD_PACK_H

#include <nss.h>
#include <string.h>

#include "account.h"
#include "server.h"

/* The caller's buffer.  Every entry point sums the need first and answers ERANGE
 * once, before a byte is written; these then only copy. */
struct nss_buf {
	char *p;
	size_t left;
};

static inline char *nss_put(struct nss_buf *b, const char *s, size_t len)
{
	char *at = b->p;

	memcpy(at, s, len);
	at[len] = '\0';
	b->p += len + 1;
	b->left -= len + 1;
	return at;
}

/* user@server; takes nss_qualified_bytes */
static inline size_t nss_qualified_bytes(struct vsd_span name, const struct nss_server *s)
{
	return name.len + 1 + s->name_len + 1u;
}

static inline char *nss_put_qualified(struct nss_buf *b, struct vsd_span name,
				      const struct nss_server *s)
{
	char *at = b->p;
	size_t vs = s->name_len;

	memcpy(at, name.p, name.len);
	at[name.len] = '@';
	memcpy(at + name.len + 1, s->name, vs + 1);
	b->p += name.len + 1 + vs + 1;
	b->left -= name.len + 1 + vs + 1;
	return at;
}

/* n pointers, aligned; NULL when they do not fit. */
static inline char **nss_put_pointers(struct nss_buf *b, size_t n)
{
	size_t pad = -(uintptr_t)b->p % _Alignof(char *);
	char **at;

	if (b->left < pad || (b->left - pad) / sizeof(char *) < n)
		return NULL;
	at = (char **)(void *)(b->p + pad);
	b->p += pad + n * sizeof(char *);
	b->left -= pad + n * sizeof(char *);
	return at;
}

/* 0 or -errno to what glibc wants, errno kept as the caller had it. */
enum nss_status nss_status(int r, int saved_errno, int *errnop);

#endif
