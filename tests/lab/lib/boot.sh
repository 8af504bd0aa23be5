#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# First process of a lab, in its new namespaces: lay the overlay over the base,
# make it the root, and go on with inside.sh there.
set -eu
. "$LAB_DIR/lib/mounts.sh"

mount -t tmpfs -o mode=0755,size=80% lab /mnt
exec 6>&1 7>&2
exec </dev/null >/mnt/setup.log 2>&1
trap 'cat /mnt/setup.log >&7; echo "lab: set-up failed" >&7' EXIT
[ -z "$LAB_VERBOSE" ] || set -x

layer=/mnt/layer
mkdir -m 0755 $layer
tar -C $layer --xattrs --xattrs-include='*' --numeric-owner -xf "$LAB_LAYER/root.tar"
root=/mnt/root
lab_mount_overlay "$layer:$LAB_BASE" /mnt/scratch $root
# Folders that are filesystems of their own do not show in an overlay of /.
if [ "$LAB_BASE" = / ]; then
	for d in boot etc opt srv usr usr/local var var/cache var/lib var/log; do
		mountpoint -q "/$d" || continue
		lower=/$d
		[ ! -d "$layer/$d" ] || lower=$layer/$d:/$d
		lab_mount_overlay "$lower" "/mnt/scratch-$(echo "$d" | tr / -)" "$root/$d"
	done
fi
lab_mount_dev $root
lab_mount_proc $root
lab_mount_sys $root
lab_mount_tmpfs $root
# The tree shows at its own path, and what is written there is the lab's alone.
lab_mount_overlay "$LAB_TOP" /mnt/scratch-tree "$root$LAB_TOP"
# Folders in it whose content outlives the lab.
[ -z "${LAB_KEEP:-}" ] || mount --bind "$LAB_KEEP" "$root$LAB_KEEP"
[ -z "$LAB_SUITE" ] || [ -n "$LAB_BARE" ] || mount --bind "$LAB_TOP/$LAB_BUILD" "$root$LAB_TOP/$LAB_BUILD"

cp /mnt/setup.log $root/run/lab/setup.log
exec >>$root/run/lab/setup.log 2>&1
trap - EXIT
cd $root
pivot_root . .
umount -l .
exec chroot . /bin/sh "$LAB_DIR/lib/inside.sh" "$@"
