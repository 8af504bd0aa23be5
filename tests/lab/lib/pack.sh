# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Debian packages of our own, in an archive of our own, as a lab has no way to another.
repo=/srv/repo

# Each has a program that says its version, a setting, and a script that does what such
# scripts do: more files, a daemon, a look at where it runs, and $more.
pack() { # NAME VERSION [DEPENDS]
	d=/tmp/pack
	rm -rf $d
	mkdir -p $d/DEBIAN $d/usr/bin $d/etc
	printf '#!/bin/sh\necho %s\n' "$2" >$d/usr/bin/"$1"
	chmod 755 $d/usr/bin/"$1"
	echo "made for $2" >$d/etc/"$1".conf
	echo "/etc/$1.conf" >$d/DEBIAN/conffiles
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDepends: %s\nDescription: to try\n' \
		"$1" "$2" "${3:-bash}" >$d/DEBIAN/control
	printf '#!/bin/sh\nset -e\necho ran >/var/lib/%s.ran\ninvoke-rc.d %s start || true\n! readlink /proc/self/ns/mnt >/var/lib/%s.ns || true\n%s\n' \
		"$1" "$1" "$1" "${more:-}" >$d/DEBIAN/postinst
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

# That a database says: ROOT PACKAGE
version() { awk -v p="$2" '$1 == "Package:" { in_it = $2 == p } in_it && $1 == "Version:" { print $2 }' "$1/var/lib/dpkg/status"; }

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
echo "deb [trusted=yes] file://$repo ./" >/etc/apt/sources.list
