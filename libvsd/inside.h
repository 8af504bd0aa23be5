/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_INSIDE_H
#define VSD_INSIDE_H

#include <stdint.h>

#include "account.h"
#include "name.h"

/* The marker /run/vsd/self: one line of text,
 *   "vsd1 NAME DEV INO MNTNS PIDNS FIRST COUNT\n"
 * DEV and INO of the server's "/", the inode numbers of its mount and pid
 * namespaces, and its range.  It lies on the tmpfs that vsboot mounts at the
 * server's /run, root-owned 0444 in a root-owned 0755 folder. */
struct vsd_inside {
	char vs[VSD_NAME_MAX + 1];
	struct vsd_range range;
	bool own_pids; /* a pid namespace of its own, so that 1 is its vsd-init */
};

/* Write the marker for the server whose root is rootfd; mntns and pidns are
 * descriptors of /proc/PID/ns/..., run_vsd_fd the folder run/vsd on the tmpfs.
 * With isolation=chroot both are -1, written as 0 and not compared: daemons in a
 * mount namespace of their own (PrivateTmp=) would fail the comparison.
 * Errors: -EINVAL the name; -EIO short write; else the system's
 * Safe: tool */
int vsd_inside_write(int run_vsd_fd, int rootfd, int mntns, int pidns, const char *vs,
		     struct vsd_range range) VSD_MUST_CHECK;

/* Is the calling process inside a server, and is its real uid of that server's
 * range?  Every claim of the marker is compared with what the kernel says.
 * Errors: -EPERM not inside (whatever the reason); -EPROTONOSUPPORT another version of
 *         vsboot made the marker, which is not believed; -EMFILE, -ENFILE, -ENOMEM,
 *         -EAGAIN, -EIO it cannot be told
 * Safe:   guard shell, helper; trusts nothing of its caller */
int vsd_inside_check(struct vsd_inside *out) VSD_MUST_CHECK;

/* The same for a real uid that was read before vsd_enter_root replaced it. */
int vsd_inside_check_uid(uint32_t uid, struct vsd_inside *out) VSD_MUST_CHECK;

/* The marker's text, for tests and the fuzzer: the name, and its numbers in their order.
 * Errors: -EPERM no marker; -EPROTONOSUPPORT another version's */
enum {
	VSD_INSIDE_DEV,
	VSD_INSIDE_INO,
	VSD_INSIDE_MNT,
	VSD_INSIDE_PID,
	VSD_INSIDE_FIRST,
	VSD_INSIDE_COUNT,
	VSD_INSIDE_NUMBERS
};
int vsd_inside_parse(const char *p, size_t len, struct vsd_inside *out,
		     uint64_t num[VSD_INSIDE_NUMBERS]) VSD_MUST_CHECK;

#endif
