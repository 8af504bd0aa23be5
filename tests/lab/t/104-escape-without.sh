#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# long: each wall is taken away by itself, and everything tried again
# The walls of the escape suite one by one: what docs/security.md says that each of them
# stops must go through when it alone is gone (tests/escape/without.c, remount.py).
# shellcheck disable=SC2154 # lib/escape.sh sets them
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
escape_plant
install -m 755 "$probe" /etc/escape
escape_serve
remount=$LAB_TOP/tests/escape/remount.py
try="cd; /etc/escape $aims init=$init"
cd /tmp || exit

# as NAME STEPS BEVS-ARGUMENT...: everything, without these steps of entering
as() {
	name=$1 steps=$2
	shift 2
	LD_PRELOAD=$LAB_TOP/build/tests/escape/without.so VSD_WITHOUT=$steps \
		bevs "$@" </dev/null >"$out/$name.raw" 2>&1 7</
	escape_keep "$name" <"$out/$name.raw"
	echo "# $name: through $(awk '$2 == "through" { printf "%s ", $1 }' "$out/$name")"
}

stopped() { # NAME: all are
	check "$1: everything is tried" test "$(wc -l <"$out/$1")" -gt 200
	is "$1: all are stopped" '' "$(escape_open "$1")"
}

# through WALL: those of the table are, but for what this kernel lacks
through() {
	wanted=$(sed -n '/^<!-- walls -->/,/^<!-- end -->/p' "$LAB_TOP/docs/security.md" |
		awk -F' *[|] *' -v w="\`$1\`" '$2 == w { gsub(/[`,]/, "", $4); print $4 }')
	check "$1: the table names some" test -n "$wanted"
	missed=$(for a in $wanted; do
		awk -v a="$a" '$1 == a && $2 != "through" && $3 !~ /ENOSYS|AFNOSUPPORT|PROTONOSUPPORT/' "$out/$1"
		grep -q "^$a " "$out/$1" || echo "$a is no attack"
	done)
	is "without $1 they go through" '' "$missed"
}

escape_promised >$out/promised
as all '' -u alice vs1 sh -c "$try"
stopped all
for wall in filter cgroup ipc close; do
	as $wall $wall -u alice vs1 sh -c "$try"
	through $wall
done

# --- the pid namespace: a process of the host that has the same uid ---
setpriv --reuid 2000001 --regid 2000001 --clear-groups sleep 1000 &
same=$(echo "$try" | sed "s/host=$host/host=$!/")
as same-uid '' -u alice vs1 sh -c "$same"
stopped same-uid
as pid pid -u alice vs1 sh -c "$same"
through pid

# --- what simulated root's namespace maps ---
as simulated-root '' -r vs1 sh -c "$try"
stopped simulated-root
as map map -r vs1 sh -c "$try"
through map

# --- the mounts ---
"$remount" "$first_process" /vs
as nosuid '' -u alice vs1 sh -c "$try"
through nosuid
vsboot --restart vs1 >/dev/null
first_process=$(cut -d' ' -f1 /run/vsd/vs1/init)
chown 2000001:2000001 $v/usr/share/escape-shared
as owned '' -u alice vs1 sh -c "$try"
check 'one who owns a shared file cannot change it' grep -q '^chmod-shared stopped EROFS' $out/owned
"$remount" "$first_process" /vs/usr
as read-only '' -u alice vs1 sh -c "$try"
through read-only

# --- the namespace of mounts, and the root in it ---
mount -o remount,bind,suid,dev,exec /home/vsd
try=$(echo "$try" | sed "s/init=.*/init=$first_process/")
as mnt mnt vs1 sh -c "$try"
through mnt
as root mnt,root -u alice vs1 sh -c "$try"
through root
done_testing
