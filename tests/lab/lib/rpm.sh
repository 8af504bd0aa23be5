# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A host whose packages are rpm's, as far as a Debian can be one: its own files, in the
# packages that such a host has them in, and dpkg's database gone.  Rpms of our own, in an
# archive of our own, for dnf.
repo=/srv/repo top=/tmp/rpmbuild

mkdir -p /etc/rpm $repo $top
# shellcheck disable=SC2016 # rpm's own
printf '%%_dbpath /var/lib/rpm\n%%_topdir %s\n%%_binary_payload w1.gzdio\n%%debug_package %%{nil}\n%%__os_install_post %%{nil}\n' $top >/etc/rpm/macros

# The rpms' names, and the Debian packages whose files they have.
host_packages='filesystem:base-files
setup:base-passwd
bash:bash
coreutils:coreutils
dash:dash
which:debianutils
diffutils:diffutils
findutils:findutils
grep:grep
gzip:gzip
hostname:hostname
glibc:libc6
glibc-common:libc-bin
gawk:mawk
ncurses-base:ncurses-base
ncurses:ncurses-bin
procps-ng:procps
sed:sed
tar:tar
util-linux:util-linux
runit:runit
rpm:rpm
rpm-common:rpm-common
never-chosen:netcat-openbsd'

# Files of a Debian package as a host without /bin has them, and that are there.
host_files() { # PACKAGE
	dpkg -L "$1" | sed -e 's,^/bin/,/usr/bin/,' -e 's,^/sbin/,/usr/sbin/,' -e 's,^/lib/,/usr/lib/,' \
		-e 's,^/lib64/,/usr/lib64/,' | while read -r f; do
		# shellcheck disable=SC2221,SC2222 # so it is meant
		case $f in *[!-A-Za-z0-9/._+@:]* | /usr/share/doc/* | /lib* | /bin | /sbin) continue ;; esac
		[ ! -L "$f" ] && [ -d "$f" ] || [ ! -e "$f" ] || echo "$f"
	done
}

# Libraries that a Debian package's programs need are packages of their own, too.
host_libraries() {
	for p in $host_packages; do echo "${p#*:}"; done | xargs dpkg -L | while read -r f; do
		case $f in */bin/* | */sbin/* | *.so*) [ -L "$f" ] || [ ! -f "$f" ] || ldd "$f" 2>/dev/null ;; esac
	done | awk '$2 == "=>" && $3 ~ "^/" { print $3 }' | sort -u | while read -r f; do
		dpkg -S "$f" "/usr$f" "${f#/usr}" 2>/dev/null | sed -n '1s/:.*//p'
	done | sort -u
}

one_package() { # RPM DEBIAN
	cat <<Y
%package -n $1
Summary: to try
%description -n $1
.
%files -n $1
Y
	host_files "$2" | while read -r f; do
		case $f in
		/etc/*) echo "%config(noreplace) $f" ;;
		*) echo "$f" ;;
		esac
		[ -e "$top/root$f" ] || { mkdir -p "$top/root${f%/*}"; cp -a "$f" "$top/root$f"; }
	done
}

make_host() {
	libraries=$(host_libraries | grep -vx "$(for p in $host_packages; do echo "${p#*:}"; done)")
	{
		cat <<'Y'
Name: host
Version: 1.0
Release: 1
Summary: to try
License: none
Provides: nothing
%global __requires_exclude ^(perl|/usr/bin/perl|/usr/bin/python|/bin/zsh|libstdc)
%description
.
Y
		for p in $host_packages; do one_package "${p%:*}" "${p#*:}"; done
		for p in $libraries; do one_package "$p" "$p"; done
		printf '%%install\ncp -a %s/root/. %%{buildroot}/\n' $top
	} >$top/host.spec
	# What has no file tells it: a name that something asks for.
	sed -i -e 's/^%package -n dash$/&\nProvides: \/bin\/sh/' -e 's/^%package -n bash$/&\nProvides: \/bin\/bash\nRequires: filesystem, (ncurses-base or nothing)/' \
		-e 's/^%package -n filesystem$/&\nRequires(pre): setup\nProvides: system-release/' \
		-e 's/^%package -n rpm$/&\nRequires: rpm-common/' \
		-e 's/^%package -n glibc$/&\nProvides: rtld(GNU_HASH)/' $top/host.spec
	rpmbuild -bb --nodeps $top/host.spec >$top/host.log 2>&1 || { tail -n 30 $top/host.log; return 1; }
	rpm --initdb && rpm -i --justdb --noscripts $top/RPMS/*/*.rpm 2>$top/rpm.log || { cat $top/rpm.log; return 1; }
	mv /var/lib/dpkg /var/lib/dpkg.gone
}

# A library, a program that needs it and a script beside them, as in lib/pack.sh: a
# program that says its version, a setting, and a script that does what such scripts do.
pack() { # NAME VERSION [LIBRARY]
	d=/tmp/pack
	rm -rf $d
	mkdir -p $d/usr/bin $d/usr/lib $d/etc $d/usr/share/doc/"$1"
	echo "about $2" >$d/usr/share/doc/"$1"/README
	echo "made for $2" >$d/etc/"$1".conf
	case $1 in
	*lib)
		echo "const char *${1}_version(void) { return \"$2\"; }" >/tmp/pack.c
		gcc -shared -fPIC -Wl,-soname,lib"$1".so.1 -o $d/usr/lib/lib"$1".so.1 /tmp/pack.c
		cp $d/usr/lib/lib"$1".so.1 /tmp/
		;;
	*)
		if [ -n "${3:-}" ]; then
			cat >/tmp/pack.c <<Y
#include <stdio.h>
const char *${3}_version(void);
int main(void) { return printf("%s %s\\n", "$2", ${3}_version()) < 0; }
Y
			gcc -o $d/usr/bin/"$1" /tmp/pack.c /tmp/lib"$3".so.1
		else
			printf '#!/bin/sh\necho %s\n' "$2" >$d/usr/bin/"$1"
		fi
		chmod 755 $d/usr/bin/"$1"
		;;
	esac
	cat >/tmp/pack.spec <<Y
Name: $1
Version: $2
Release: 1
Summary: to try
License: none
%description
.
%install
cp -a $d/. %{buildroot}/
%post
set -e
echo ran >/var/lib/$1.ran
! readlink /proc/self/ns/mnt >/var/lib/$1.ns || true
${more:-}
%files
%config(noreplace) /etc/$1.conf
%doc /usr/share/doc/$1/README
$(cd $d && find usr/bin usr/lib ! -type d | sed 's,^,/,')
Y
	rpmbuild -bb --nodeps /tmp/pack.spec >/tmp/pack.log 2>&1 || tail -n 20 /tmp/pack.log
	rm -f $repo/"$1"-[0-9]*
	mv $top/RPMS/*/"$1-$2"-1.*.rpm $repo/
	createrepo_c -q $repo
}

# That a database says: ROOT PACKAGE
version() { rpm --dbpath "$1/var/lib/rpm" -q --qf '%{VERSION}' "$2" 2>/dev/null | grep -v 'not installed'; }

mkdir -p /etc/yum.repos.d
rm -f /etc/yum.repos.d/*
printf '[lab]\nname=lab\nbaseurl=file://%s\ngpgcheck=0\n' $repo >/etc/yum.repos.d/lab.repo
