#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0
# seconds: 240
# The real tools on a filesystem that is full, or read-only: each says so, nothing half
# made is left, and what frees room works.
. "$LAB_DIR/lib/tap.sh"
at=/mnt/small
vs=$at/vs skel=$at/skel
disk=/mnt/ram
mkdir -p $at $disk
mount -t tmpfs -o size=2G ram $disk
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 31); do
	[ -e "/dev/loop$n" ] || mknod "/dev/loop$n" b 7 "$n"
done
truncate -s 1G $disk/ext4
mkfs.ext4 -q -m 0 $disk/ext4
if ! mount -o loop,nosuid,nodev,noexec $disk/ext4 $at; then
	skip 'a full disk' 'no loop device here'
	done_testing
fi
rmdir $at/lost+found
mkdir -m 0711 $vs
mkdir $at/servers
mount --bind $at/servers /etc/vsd/servers
sed -i -e '/^vs_root/d' -e '/^skel/d' /etc/vsd.conf
printf 'vs_root = %s\nskel = %s\n' $vs $skel >>/etc/vsd.conf
create() { vsdadm vs_create localhost "vs$1" "10.77.0.$1" "vs$1.example.test" 0 50 >/dev/null; }
empty() { rm -f $at/filler $at/filler2 $at/rest; }
fill() { # all but so many KiB
	empty
	avail=$(df -k --output=avail $at | tail -n 1)
	fallocate -l $(((avail - $1 - 2048) * 1024)) $at/filler 2>/dev/null
	avail=$(df -k --output=avail $at | tail -n 1)
	dd if=/dev/zero of=$at/filler2 bs=1k count=$((avail - $1)) >/dev/null 2>&1
	[ "$1" -gt 0 ] || dd if=/dev/zero of=$at/rest bs=1k >/dev/null 2>&1
	sync -f $at
}
# all of a server's own; the lock's file is no part of what it says
sum() { (cd "$1" && find . -type f -links 1 ! -path ./etc/.pwd.lock -print0 | sort -z | xargs -0 sha256sum); }
left() { find $at $vs -mindepth 1 -maxdepth 1 -name '.*'; }

check 'vsd-genskel' vsd-genskel
create 1
check 'vsd-vsbatch' vsd-vsbatch
create 2
create 3
fill 300
err=$(vsd-vsbatch 2>&1 >/dev/null) && err='it went on'
has 'a server does not fit: told' "$err" 'No space left on device'
is 'neither is there' 'vs1' "$(vsdadm vs_list localhost | awk '{ print $1 }'; left)"
has 'the jobs have failed' "$(vsd-vsbatch --list)" 'failed  vs_create vs3'
fill 0
before=$(sum $vs/vs1)
err=$(vsdadm --rights login user_add localhost vs1 alice 2>&1) && err='it went on'
has 'no room for a user: told' "$err" 'No space left on device'
is 'the server is as it was' "$before" "$(sum $vs/vs1)"
is 'and has no such user' '' "$(vsdadm user_list localhost vs1 | grep alice; find $vs/vs1/home -name '*alice*')"
inode=$(stat -c %i $skel)
mkdir -p /usr/local/share/try
head -c 3000000 /dev/urandom >/usr/local/share/try/big
sed -i '1i include /usr/local/share/try' /etc/freevsd.conf
err=$(vsd-refreshskel 2>&1) && err='it went on'
has 'no room for a new skeleton: told' "$err" 'No space left on device'
is 'the old one has its place' "$inode " "$(stat -c %i $skel) $(left; ls /var/lib/vsd/refresh 2>/dev/null)"
err=$(vsdadm vs_copy localhost vs1 vs4 10.77.0.4 vs4.example.test 2>&1; vsd-vsbatch 2>&1) && err='it went on'
has 'no room for a copy: told' "$err" 'No space left on device'
is 'nothing of it is there' 'vs1' "$(vsdadm vs_list localhost | awk '{ print $1 }'; left)"
err=$(vsdadm vs_set localhost vs1 max_users=40 2>&1) && err='it went on'
has 'no room for a change of a server: told' "$err" 'No space left on device'
check 'vs_disable works' vsdadm vs_disable localhost vs1
is 'it is disabled' disabled "$(vsdadm vs_info localhost vs1 | awk '$1 == "state" { print $2 }')"
refused 'vs_enable is a change like others' vsdadm vs_enable localhost vs1
check 'vs_delete works' vsdadm vs_delete localhost vs1
is 'and leaves nothing' '' "$(ls -A $vs; vsdadm vs_list localhost)"
empty
for n in 1 2 3; do check "--retry $n" vsd-vsbatch --retry $n; done
rm -f /usr/local/share/try/big
out=$(vsd-vsbatch 2>&1) || true
has 'those of before are made' "$out" 'made vs2'
is 'vs2 and vs3 are there' 'vs2 vs3' "$(vsdadm vs_list localhost | awk '$1 == "vs2" || $1 == "vs3" { print $1 }' | xargs)"

# --- read-only ---
create 9
before=$(sum $vs/vs2)
mount -o remount,ro,nosuid,nodev,noexec $at
for call in 'vsd-vsbatch' 'vsdadm vs_delete localhost vs2' 'vsdadm vs_rename localhost vs3 other' \
	'vsdadm --rights login user_add localhost vs2 alice' 'vsd-refreshskel' 'vsd-genskel --force'; do
	# shellcheck disable=SC2086 # words
	err=$($call 2>&1) && err='it went on'
	has "read-only: $call" "$err" 'Read-only file system'
done
mount -o remount,rw,nosuid,nodev,noexec $at
is 'vs2 is as it was' "$before" "$(sum $vs/vs2)"
check 'vs_delete goes on where it was refused' vsdadm vs_delete localhost vs2
check 'so does vs_rename, or it begins anew' sh -c 'vsdadm check --repair localhost; vsdadm vs_info localhost other || vsdadm vs_rename localhost vs3 other'
check '--retry' vsd-vsbatch --retry "$(vsd-vsbatch --list | awk '/vs9/ { print $1 }')"
check 'and made' vsd-vsbatch
is 'each is there once' 'other vs9' "$(vsdadm vs_list localhost | awk '$1 != "vs4" { print $1 }' | sort | xargs)"
is 'nothing is left' '' "$(left)"
umount /etc/vsd/servers
umount $at
done_testing
