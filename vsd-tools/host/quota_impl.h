/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_QUOTA_IMPL_H
#define VSD_QUOTA_IMPL_H

#include "quota.h"

/* Shared by quota.c and quota_tree.c alone. */

/* Tag what is the server's own.  Errors: -EUCLEAN, as quota_apply's */
int quota_tag_tree(const struct vsd_server *s, int root, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
