#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2
# seconds: 300
# Packages of a skeleton that the host has not: the real dpkg and apt-get, an archive of
# our own, as a lab has no way to another.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/pack.sh"
vs=/home/vsd/vs skel=/home/vsd/skel
# What a script of a package may try
more='o=/var/lib/vsdtry.got; : >$o
! mknod /tmp/disk b 8 0 2>/dev/null || echo a device >>$o
! mount -t tmpfs x /mnt 2>/dev/null || echo a mount >>$o
! (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo the kernel >>$o
! chroot / true 2>/dev/null || echo a root >>$o
[ "$(ls /dev | xargs)" = "fd full null ptmx pts random shm tty urandom zero" ] || ls /dev >>$o
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 30 ] || echo processes of the host >>$o'
pack vsdtry 1.0
more=
pack vsdmore 1.0
before=$(cat /var/lib/dpkg/status | sha256sum)

for bad in -x A 'a;b' 'ok,-y' x ../y; do
	vsd-refreshskel --install "$bad" >/dev/null 2>&1
	is "misuse is exit 2: --install $bad" 2 $?
done
err=$(vsd-refreshskel --install nosuchpackage 2>&1) && err='it went on'
has 'a package that is nowhere' "$err" 'apt-get failed'
is 'nothing has changed' '' "$(grep '^install' $skel/.vsd-manifest; ls -A /var/cache/vsd; ls -d /home/vsd/.skel.* 2>/dev/null)"

out=$(vsd-refreshskel --install vsdtry 2>/tmp/err) || cat /tmp/err
has 'vsd-refreshskel --install' "$out" '2 servers brought over'
is 'the servers have it' '1.0 1.0' "$(for n in 1 2; do bevs vs$n vsdtry; done | tr -d '\r' | xargs)"
is 'one inode for all' "$(stat -c %i $skel/usr/bin/vsdtry)" "$(stat -c %i $vs/vs2/usr/bin/vsdtry)"
is 'its settings are each server'\''s own' 1 "$(stat -c %h $vs/vs1/etc/vsdtry.conf)"
is 'the database says so' '1.0 1.0' "$(version $skel vsdtry) $(version $vs/vs1 vsdtry)"
is 'and nothing of the other' '' "$(version $vs/vs1 vsdmore)"
sed -i '1i include /var/lib/vsdtry.got' /etc/freevsd.conf
vsd-refreshskel >/dev/null 2>&1
is 'its scripts get no device, mount, kernel or root' '' "$(cat $skel/var/lib/vsdtry.got)"
is 'the host has nothing of it' "$before" "$(cat /var/lib/dpkg/status | sha256sum)"
is 'nor what its scripts made' '' "$(ls /usr/bin/vsdtry /etc/vsdtry.conf /var/lib/vsdtry.* /usr/sbin/policy-rc.d 2>/dev/null)"
is 'nothing is left' '' "$(ls -A /var/cache/vsd; grep -o '/var/cache/vsd[^ ]*' /proc/mounts)"
check 'the skeleton is complete' vsd-genskel --check

pack vsdtry 2.0
pack vsdmore 1.1
check 'a refresh brings the upgrade' vsd-refreshskel
is 'to every server' '2.0 2.0' "$(for n in 1 2; do bevs vs$n vsdtry; done | tr -d '\r' | xargs)"
is 'the database too' '2.0 2.0' "$(version $vs/vs1 vsdtry) $(version $vs/vs2 vsdtry)"
check 'one more' vsd-refreshskel --install vsdmore
is 'beside the first' '2.0 1.1' "$(version $vs/vs1 vsdtry) $(version $vs/vs1 vsdmore)"
is 'the skeleton remembers both' 'install vsdtry vsdmore' "$(grep '^install' $skel/.vsd-manifest)"
check 'none any more' vsd-refreshskel --install ''
is 'is gone from the servers' '' "$(version $vs/vs1 vsdtry; ls $vs/vs1/usr/bin/vsdtry $vs/vs1/etc/vsdtry.conf 2>/dev/null)"
check 'vsd-genskel --install' vsd-genskel --skel /home/vsd/other --install vsdtry,vsdmore
is 'has them from the start' '2.0 1.1' "$(version /home/vsd/other vsdtry) $(version /home/vsd/other vsdmore)"
check 'all is well' vsdadm check localhost

# ---- a tree whose packages are rpm's, on a host without rpm
mkdir -p /srv/tree/usr/lib/sysimage/rpm /srv/tree/usr/bin
cp /bin/true /srv/tree/usr/bin/
: >/srv/tree/usr/lib/sysimage/rpm/rpmdb.sqlite
for more in '' '--install vsdtry'; do
	# shellcheck disable=SC2086 # an option and its value
	err=$(vsd-genskel --skel /home/vsd/rpm --source /srv/tree $more 2>&1) && err='it went on'
	has "rpm's: refused as that $more" "$err" "'/srv/tree': its packages are rpm's, and no rpmdb is here"
	is 'and told once' 1 "$(echo "$err" | wc -l)"
done
printf 'profile minimal\ninclude /usr/bin/true\n' >/etc/include.conf
check 'files of it by their paths' vsd-genskel --skel /home/vsd/rpm --source /srv/tree --conf /etc/include.conf
check 'are there' test -s /home/vsd/rpm/usr/bin/true
rm -r /srv/tree/usr/lib/sysimage/rpm
has 'nobody'\''s' "$(vsd-genskel --skel /home/vsd/none --source /srv/tree 2>&1)" 'it has no package database'
done_testing
