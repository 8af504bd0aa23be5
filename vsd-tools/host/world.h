/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORLD_H
#define WORLD_H

#include "registry.h"

/* What a running server sees: its mounts.  Every mount is made detached (fsopen,
 * open_tree) and moved onto a folder that was opened beneath the server's root
 * without following links, so that nothing a tenant arranged in the tree turns
 * a mount aside. */

/* isolation=full.  Called by vsd-init, pid 1 of the server's pid, uts and ipc
 * namespaces, still in the host's mount namespace: makes a mount namespace of its
 * own, a read-only tmpfs root with the server at /vs, and leaves the old root.
 * On return the process is at the new root.
 * Errors: negative errno, and *out_what names the step */
int world_make_full(const struct vsd_server *s, const char **out_what) VSD_MUST_CHECK;

/* isolation=chroot.  Called by vsboot: mounts /proc, /dev and /run beneath the
 * server's root in the host's mount namespace. */
int world_make_chroot(const struct vsd_server *s, const char **out_what) VSD_MUST_CHECK;

/* Take those of world_make_chroot away again, however many there are. */
int world_unmake_chroot(const struct vsd_server *s) VSD_MUST_CHECK;

/* The caller's pid namespace as a proc filesystem that hides nothing, mounted nowhere:
 * a server's own hides its users' processes from vsd-init, which gave up the power to
 * look at them. */
int world_open_proc(int *out_fd) VSD_MUST_CHECK;

#endif
