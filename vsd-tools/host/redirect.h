/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REDIRECT_H
#define VSD_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "addr.h"
#include "conf.h"
#include "registry.h"

/* The redirector: one table of nftables' that is ours, `inet vsd`, with a map for
 * each family from address and port to address and port.  Nothing else of the host's
 * rules is read or changed. */

struct redirect {
	struct vsd_addr addr;
	uint16_t from, to;   /* ports, host byte order */
};

/* By address and port; which is where they go from. */
int redirect_compare(const struct redirect *x, const struct redirect *y);

/* What the registry and vsd.conf want: every address of each enabled server, with
 * its own pairs or vsd.conf's; sorted by address and port.
 * Owns:   *out: free
 * Errors: the registry's; a damaged server goes to `bad` and is passed over */
int redirect_wanted(const struct vsd_conf *c,
		    void (*bad)(const char *name, int error, void *arg), void *arg,
		    struct redirect **out, size_t *out_n) VSD_MUST_CHECK;

/* Put all of these in force and nothing else, in one transaction: the old table or
 * the new one is there at any moment.
 * Errors: negative errno, and why says what nftables said; the old table is kept
 * Safe:   tool; root */
int redirect_apply(const struct redirect *r, size_t n, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Remove the table; none is no error. */
int redirect_flush(char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* What is in force, sorted by address and port.
 * Shape:  *out_whole (may be NULL): the chains and rules that go by the maps are there
 * Owns:   *out: free
 * Errors: as above; -ENOENT no table, and why untouched */
int redirect_list(struct redirect **out, size_t *out_n, bool *out_whole,
		  char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Compare what is in force with what is wanted, and tell each difference; one damaged
 * server is one.  No table is a difference where the boot is to bring it.
 * Errors: the system's, and why says what; else the number of things told */
int redirect_check(const struct vsd_conf *c, void (*tell)(const char *what),
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
