#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --isolation chroot --servers 2 --sshd --vsftpd
# long: each wall is taken away by itself, and everything tried again
# seconds: 300
# The same for isolation = chroot: fewer walls, and other things behind each.
# shellcheck disable=SC2154 # lib/escape.sh sets them
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
. "$LAB_DIR/lib/without.sh"
without_begin
without_steps
without_fence_by_ftp

# --- the uid, which is all that stands between processes here ---
same_uid
as pid '' -u alice vs1 sh -c "$try_same"
through pid

without_userns
without_options

# --- what stands for protected_hardlinks: it counts for files that one may not write ---
chmod 666 $v/usr/share/escape-shared
as hardlinks '' -u alice vs1 sh -c "$try"
through hardlinks
chmod 644 $v/usr/share/escape-shared
chown 2000001:2000001 $v/usr/share/escape-shared
as read-only '' -u alice vs1 sh -c "$try"
through read-only

mount -o remount,bind,suid,dev,exec /home/vsd
without_nosuid

as root root -u alice vs1 sh -c "$try"
through root
done_testing
