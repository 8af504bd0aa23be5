#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --isolation chroot --servers 2 --sshd
# long: each wall is taken away by itself, and everything tried again
# seconds: 300
# The same for isolation = chroot: fewer walls, and other things behind each.
# shellcheck disable=SC2154 # lib/escape.sh sets them
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
. "$LAB_DIR/lib/without.sh"
without_begin
without_steps

# --- the uid, which is all that stands between processes here ---
setpriv --reuid 2000001 --regid 2000001 --clear-groups sleep 1000 &
as pid '' -u alice vs1 sh -c "$(echo "$try" | sed "s/host=$host/host=$!/")"
through pid

# --- the mounts ---
mount -o remount,hidepid=0 $v/proc
as hidepid '' -u alice vs1 sh -c "$try"
through hidepid
mount -o remount,max=1000,gid=5,mode=620,ptmxmode=666 $v/dev/pts
as ptys '' -u alice vs1 sh -c "$try"
through ptys

# --- what stands for protected_hardlinks: it counts for files that one may not write ---
chmod 666 $v/usr/share/escape-shared
as hardlinks '' -u alice vs1 sh -c "$try"
through hardlinks
chmod 644 $v/usr/share/escape-shared
chown 2000001:2000001 $v/usr/share/escape-shared
as read-only '' -u alice vs1 sh -c "$try"
through read-only

mount -o remount,bind,suid,dev,exec /home/vsd
as nosuid '' -u alice vs1 sh -c "$try"
through nosuid
as no-new-privs '' -r vs1 sh -c "$try"
stays no-new-privs tarred-setuid
as privs privs -r vs1 sh -c "$try"
through privs

as root root -u alice vs1 sh -c "$try"
through root
done_testing
