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

# --- ftp: data connections to the host, which the fence alone stops ---
has 'ftp: an active connection reaches no address of the host' \
	"$(python3 "$LAB_DIR/lib/ftp_data.py" host 2>&1)" 'active 425'
pkill -x vsftpd
env -i PATH="$PATH" LD_PRELOAD="$preload" VSD_WITHOUT=cgroup /usr/sbin/vsftpd /etc/vsftpd.conf 5<&- 6>&- 7>&- &
for _ in $(seq 50); do
	[ -z "$(ss -Hltn 'sport = :21')" ] || break
	sleep 0.1
done
lacks 'ftp: without cgroup it does' "$(python3 "$LAB_DIR/lib/ftp_data.py" host 2>&1)" 'active 425'

# --- the pid namespace: a process of the host that has the same uid ---
setpriv --reuid 2000001 --regid 2000001 --clear-groups sleep 1000 &
same=$(echo "$try" | sed "s/host=$host/host=$!/")
as same-uid '' -u alice vs1 sh -c "$same"
stopped same-uid
as pid pid -u alice vs1 sh -c "$same"
through pid

# --- simulated root's namespace, were it admin's own ---
setpriv --reuid 2000000 --regid 2000000 --clear-groups unshare --user sleep 1000 &
own=$!
for _ in $(seq 50); do
	[ "$(readlink /proc/$own/ns/user)" = "$(readlink /proc/self/ns/user)" ] || break
	sleep 0.1
done
as roots-userns filter vs1 sh -c "$try"
stays roots-userns setns-simroot
"$remount" "$first_process" /vs/run/vsd/userns over /proc/$own/ns/user
as userns filter vs1 sh -c "$try"
through userns

# --- the mounts ---
"$remount" "$first_process" /vs/proc options hidepid=0
as hidepid '' -u alice vs1 sh -c "$try"
through hidepid
"$remount" "$first_process" /vs/dev/pts options max=1000,gid=5,mode=620,ptmxmode=666
as ptys '' -u alice vs1 sh -c "$try"
through ptys
"$remount" "$first_process" /vs
as nosuid '' -u alice vs1 sh -c "$try"
through nosuid
as no-new-privs '' -r vs1 sh -c "$try"
stays no-new-privs tarred-setuid
as privs privs -r vs1 sh -c "$try"
through privs
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
