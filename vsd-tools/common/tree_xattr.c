/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree_impl.h"

#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "safe.h"

/* The user.* attributes of a file.  Owns: the names and the room for a value. */
struct xattrs {
	char *names, *value;
	size_t len;
};

static void xattrs_free(struct xattrs *x)
{
	free(x->names);
	free(x->value);
}

static int xattrs_list(int fd, struct xattrs *out)
{
	ssize_t len;

	*out = (struct xattrs){ .names = malloc(XATTR_LIST_MAX), .value = malloc(XATTR_SIZE_MAX) };
	if (!out->names || !out->value) {
		xattrs_free(out);
		*out = (struct xattrs){ 0 };
		return -ENOMEM;
	}
	len = flistxattr(fd, out->names, XATTR_LIST_MAX);
	if (len < 0)
		return errno == ENOTSUP ? 0 : -errno;
	out->len = (size_t)len;
	return 0;
}

/* The next after `at`, NULL for the first; NULL: no more. */
static const char *xattrs_next(const struct xattrs *x, const char *at)
{
	const char *p = at ? at + strlen(at) + 1 : x->names;

	while (p < x->names + x->len && strncmp(p, "user.", 5) != 0)
		p += strlen(p) + 1;
	return p < x->names + x->len ? p : NULL;
}

static size_t xattrs_count(const struct xattrs *x)
{
	size_t n = 0;

	for (const char *p = xattrs_next(x, NULL); p; p = xattrs_next(x, p))
		n++;
	return n;
}

int tree_has_xattrs(int fd, bool *out)
{
	struct xattrs x;
	int r = xattrs_list(fd, &x);

	*out = r == 0 && xattrs_count(&x) > 0;
	xattrs_free(&x);
	return r;
}

static int copy_one(int from, int to, const char *name, char *value)
{
	ssize_t n = fgetxattr(from, name, value, XATTR_SIZE_MAX);

	if (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) < 0)
		return errno == ENOTSUP ? 0 : -errno;
	return 0;
}

int tree_copy_xattrs(int from, int to)
{
	struct xattrs x;
	int r = xattrs_list(from, &x);

	for (const char *p = xattrs_next(&x, NULL); r == 0 && p; p = xattrs_next(&x, p))
		r = copy_one(from, to, p, x.value);
	xattrs_free(&x);
	return r;
}

/* Has b the attribute that a has? */
static int same_one(int a, int b, const char *name, const struct xattrs *xa,
		    const struct xattrs *xb, bool *out_same)
{
	ssize_t n = fgetxattr(a, name, xa->value, XATTR_SIZE_MAX), m;

	if (n < 0)
		return -errno;
	m = fgetxattr(b, name, xb->value, XATTR_SIZE_MAX);
	if (m < 0 && errno != ENODATA && errno != ENOTSUP)
		return -errno;
	*out_same = m == n && memcmp(xa->value, xb->value, (size_t)n) == 0;
	return 0;
}

int tree_same_xattrs(int a, int b, bool *out_same)
{
	struct xattrs xa, xb = { 0 };
	int r = xattrs_list(a, &xa);

	if (r == 0)
		r = xattrs_list(b, &xb);
	*out_same = r == 0 && xattrs_count(&xa) == xattrs_count(&xb);
	for (const char *p = xattrs_next(&xa, NULL); r == 0 && *out_same && p; p = xattrs_next(&xa, p))
		r = same_one(a, b, p, &xa, &xb, out_same);
	xattrs_free(&xa);
	xattrs_free(&xb);
	return r;
}
