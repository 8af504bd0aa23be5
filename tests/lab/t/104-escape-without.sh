#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# long: each wall is taken away by itself, and everything tried again
# seconds: 400
# The walls of the escape suite one by one: what docs/security.md says that each of them
# stops must go through when it alone is gone.
# shellcheck disable=SC2154 # lib/escape.sh sets them
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
. "$LAB_DIR/lib/without.sh"
without_begin
without_steps
as ipc ipc -u alice vs1 sh -c "$try"
through ipc
as_ssh ssh-ipc ipc
through ssh-ipc ipc

without_fence_by_ftp

# --- the pid namespace: a process of the host that has the same uid ---
same_uid
as same-uid '' -u alice vs1 sh -c "$try_same"
stopped same-uid
as pid pid -u alice vs1 sh -c "$try_same"
through pid

without_userns
without_options
"$remount" "$first_process" /vs
without_nosuid
vsboot --restart vs1 >/dev/null
first_process=$(cut -d' ' -f1 /run/vsd/vs1/init)
chown 2000001:2000001 $v/usr/share/escape-shared
as owned '' -u alice vs1 sh -c "$try"
check 'one who owns a shared file cannot change it' grep -q '^chmod-shared stopped EROFS' $out/owned
"$remount" "$first_process" /vs/usr
as read-only '' -u alice vs1 sh -c "$try"
through read-only

# --- a file of bob's that is set-id, run by a user of the host ---
as_host() { setpriv --reuid 65534 --regid 65534 --clear-groups $v/home/httpd/escape-tarred who 0; }
refused 'on the host nobody runs what is set-id there' as_host
mount -o remount,bind,suid,dev,exec /home/vsd
check 'but where /home/vsd lets them' as_host

# --- the namespace of mounts, and the root in it ---
try=$(echo "$try" | sed "s/init=.*/init=$first_process/")
as mnt mnt vs1 sh -c "$try"
through mnt
as root mnt,root -u alice vs1 sh -c "$try"
through root
done_testing
