#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0 --with quota
# seconds: 200
# What a filesystem has to do with servers: how they reach the disk, its limit of links,
# another one than the skeleton's, files that share their blocks, attributes; and another
# host's range of ids.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/quota.sh"
at=/home/vsd skel=/home/vsd/skel vs=/home/vsd/vs
disk=/mnt/ram
mkdir -p $disk
mount -t tmpfs -o size=3G ram $disk
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 31); do
	[ -e "/dev/loop$n" ] || mknod "/dev/loop$n" b 7 "$n"
done
truncate -s 1G $disk/cut $disk/ext4 $disk/btrfs
if ! quota_node loop0 2>/dev/null; then
	skip 'filesystems of all kinds' 'no loop device here'
	done_testing
fi
create() { vsdadm vs_create localhost "vs$1" "10.77.0.$1" "vs$1.example.test" 0 50 >/dev/null && vsd-vsbatch; }
drop() { vsd-vsbatch --list | awk '$2 == "failed" { print $1 }' | xargs -rn 1 vsd-vsbatch --drop >/dev/null; }
servers() { vsdadm vs_list localhost | awk '{ print $1 }' | xargs; }
# links FILE N: so many names more
links() { python3 -c 'import os, sys
for i in range(int(sys.argv[2])): os.link(sys.argv[1], "/home/vsd/names/%d" % i)' "$1" "$2"; }
head -c 300000 /dev/urandom >/etc/big.data
python3 -c "import os; os.setxattr('/etc/big.data', 'user.note', b'kept')"
setfacl -m u:12345:r /etc/big.data
sed -i '1i include /etc/big.data\nprivate /etc/big.data' /etc/freevsd.conf

# ---- a power cut right after a server was made
whole() { # FOLDER: all that a server is
	(cd "$1" && find . -printf '%p %i %y %m %U %G %n %s %T@ %l\n' | sort &&
		find . -type f -links 1 -print0 | sort -z | xargs -0 sha256sum)
}
power_cut() { # OPTIONS OF MKFS, OF MOUNT: by them only what a tool flushes reaches the disk
	# shellcheck disable=SC2086 # words
	mkfs.ext4 -q -F $1 $disk/cut
	mount -o "loop,nosuid,nodev,noexec$2" $disk/cut $at
	mkdir -m 0711 $vs
	mkdir $at/servers
	mount --bind $at/servers /etc/vsd/servers
	vsd-genskel --profile minimal
	sync -f $at
	create 1
	cp --sparse=always $disk/cut $disk/copy
	vsdadm vs_info localhost vs1 | grep -q state && whole $vs/vs1 >/tmp/whole &&
		cp $at/servers/vs1 /tmp/record
	vsdadm vs_delete localhost vs1 >/dev/null
	umount /etc/vsd/servers
	umount $at
	mkdir -p /mnt/copy
	mount -o loop $disk/copy /mnt/copy
	whole /mnt/copy/vs/vs1 >/tmp/cut
	is "$*: its record is there" "$(cat /tmp/record)" "$(cat /mnt/copy/servers/vs1)"
	check "$*: and all of it, $(wc -l </tmp/cut) lines" cmp /tmp/whole /tmp/cut
	umount /mnt/copy
	rm $disk/copy
}
power_cut '-O has_journal' ,commit=900
power_cut '-O has_journal' ,commit=900,data=writeback
power_cut '-O ^has_journal' ''

# ---- ext4: 65000 links
mkfs.ext4 -q $disk/ext4
check 'ext4' mount -o loop,nosuid,nodev,noexec $disk/ext4 $at
mkdir -m 0711 $vs
check 'vsd-genskel' vsd-genskel --profile minimal
check 'a server' create 1
mkdir $at/names
reference=$skel/$(sed -n 's/^reference //p' $skel/.vsd-manifest | head -n 1)
links "$reference" $((65000 - $(stat -c %h "$reference")))
err=$(create 2 2>&1) && err="it was made: $err"
has 'the limit of links is told before the work' "$err" 'links of at most 65000: make another skeleton'
is 'and nothing of the server is left' 'vs1 vs1' "$(servers) $(ls -A $vs)"
find $at/names -type f -delete
other=$skel/usr/bin/env
links $other $((65000 - $(stat -c %h $other)))
drop
err=$(create 2 2>&1) && err="it was made: $err"
has 'a file that others have linked: told, too' "$err" 'Too many links'
is 'and nothing is left' 'vs1 vs1' "$(servers) $(ls -A $vs)"
rm -rf $at/names
drop
check 'as soon as there is room it is made' create 2
check 'and whole' vsdadm vs_verify localhost vs2

# ---- another filesystem than the skeleton's
mkdir -m 0711 $disk/vs
mount --bind $disk/vs $vs
err=$(create 6 2>&1) && err="it was made: $err"
has 'another filesystem: told' "$err" 'lie in different filesystems: files cannot be linked'
is 'nothing is left' '' "$(ls -A $vs)"
drop
umount $vs
for s in 1 2; do vsdadm vs_delete localhost vs$s >/dev/null; done
umount $at

# ---- btrfs: private files share their blocks
check 'btrfs' quota_mount btrfs $disk/btrfs ,loop
check 'vsd-genskel' vsd-genskel --profile minimal
check 'a server' create 1
big=$vs/vs1/etc/big.data
is 'its private file is one of its own' 1 "$(stat -c %h $big)"
check 'with the same content' cmp $big $skel/etc/big.data
sync -f $at
has 'in the same blocks' "$(filefrag -v $big)" shared
is 'with the attributes of users' kept "$(python3 -c "import os; print(os.getxattr('$big', 'user.note').decode())")"
lacks 'but without an ACL that names an id of the host' "$(getfacl -cn $big)" 12345

# ---- an import where ids begin elsewhere
check 'vs_export' vsdadm vs_export localhost vs1 /root/vs1.tar
sed -i 's/^uid_base = .*/uid_base = 5000000/' /etc/vsd.conf
vsdadm vs_import localhost /root/vs1.tar vs5 10.77.0.5 vs5.example.test >/dev/null
check 'vs_import' vsd-vsbatch
is 'in the range of this host' '5000' "$(stat -c %u $vs/vs5/root | cut -c1-4)"
is 'no id of the other' '' "$(find $vs/vs5 -xdev \( -uid +999 -a ! -uid +4999999 \) -o \( -gid +999 -a ! -gid +4999999 \))"
check 'its files are its own' vsdadm vs_verify localhost vs5
check 'and those of before are as they were' vsdadm vs_verify localhost vs1

done_testing
