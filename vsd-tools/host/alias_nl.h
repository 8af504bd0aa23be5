/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ALIAS_NL_H
#define VSD_ALIAS_NL_H

#include "alias.h"

/* rtnetlink as alias.c needs it; nobody else includes this. */

struct mnl_socket;

int alias_nl_open(struct mnl_socket **out) VSD_MUST_CHECK;
void alias_nl_close(struct mnl_socket **nl);

/* Add (RTM_NEWADDR) or delete (RTM_DELADDR) the results marked `want` in as few
 * system calls as there are batches; error of each result is set. */
struct alias_job {
	struct alias_result *result;
	unsigned ifindex;
};
int alias_nl_addresses(struct mnl_socket *nl, bool add, const struct alias_job *job,
		       size_t n) VSD_MUST_CHECK;

/* One AnyIP route. */
int alias_nl_route(struct mnl_socket *nl, bool add, const struct vsd_addr *net,
		   unsigned prefix) VSD_MUST_CHECK;

/* Everything that the host holds; unsorted. */
int alias_nl_dump(struct mnl_socket *nl, struct alias_entry **out, size_t *out_n) VSD_MUST_CHECK;

/* The interface of the default route; 0: none. */
int alias_nl_default(struct mnl_socket *nl, unsigned *out_ifindex) VSD_MUST_CHECK;

/* Does the kernel keep IFA_PROTO (Linux 5.18)? */
bool alias_kernel_marks(void);

/* ---- for a kernel that does not: alias_record.c ---- */

/* Set `ours` in the entries that the record of this boot names.
 * Errors: -EPERM the record is not root's; else the system's */
int alias_record_apply(struct alias_entry *list, size_t n) VSD_MUST_CHECK;

/* Write the record anew: all entries that are ours. */
int alias_record_write(const struct alias_entry *list, size_t n) VSD_MUST_CHECK;

#endif
