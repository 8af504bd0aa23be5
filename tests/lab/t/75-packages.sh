#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2
# seconds: 300
# Packages of a skeleton that the host has not: the real dpkg and apt-get, an archive of
# our own, as a lab has no way to another.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs skel=/home/vsd/skel repo=/srv/repo
pack() { # NAME VERSION
	d=/tmp/pack
	rm -rf $d
	mkdir -p $d/DEBIAN $d/usr/bin $d/etc
	printf '#!/bin/sh\necho %s\n' "$2" >$d/usr/bin/"$1"
	chmod 755 $d/usr/bin/"$1"
	echo "made for $2" >$d/etc/"$1".conf
	echo "/etc/$1.conf" >$d/DEBIAN/conffiles
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDepends: bash\nDescription: to try\n' \
		"$1" "$2" >$d/DEBIAN/control
	# What such scripts do: more files, and a daemon
	printf '#!/bin/sh\nset -e\necho ran >/var/lib/%s.ran\ninvoke-rc.d %s start || true\n! readlink /proc/self/ns/mnt >/var/lib/%s.ns || true\n' \
		"$1" "$1" "$1" >$d/DEBIAN/postinst
	chmod 755 $d/DEBIAN/postinst
	mkdir -p $repo
	rm -f $repo/"$1"_*
	f=$1_$2_all.deb
	dpkg-deb --root-owner-group -b $d $repo/"$f" >/dev/null
	for f in "$repo"/*.deb; do
		dpkg-deb -f "$f"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${f##*/}" "$(stat -c %s "$f")" \
			"$(sha256sum "$f" | cut -d' ' -f1)"
	done >$repo/Packages
}
version() { awk -v p="$2" '$1 == "Package:" { in_it = $2 == p } in_it && $1 == "Version:" { print $2 }' "$1/var/lib/dpkg/status"; }
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
echo "deb [trusted=yes] file://$repo ./" >/etc/apt/sources.list
pack vsdtry 1.0
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
done_testing
