#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0 --with rpm-host
# seconds: 600
# Packages of a host whose database is rpm's: into the skeleton, and into one server, with
# the real rpm and dnf, and packages and an archive of our own.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/rpm.sh"
vs=/home/vsd/vs skel=/home/vsd/skel
says() { bevs "$@" 2>&1 | tr -d '\r'; }
all() { rpm --dbpath "$1/var/lib/rpm" -qa --qf '%{NAME}\n' | sort | xargs; }
left() { find /home/vsd -mindepth 1 -maxdepth 1 -name '.*.new'; ls -A /var/cache/vsd; }
more='o=/var/lib/vsdtry.got; : >$o
! mknod /tmp/disk b 8 0 2>/dev/null || echo a device >>$o
! mount -t tmpfs x /mnt 2>/dev/null || echo a mount >>$o
! (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo the kernel >>$o
! chroot / true 2>/dev/null || echo a root >>$o
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 30 ] || echo processes of the host >>$o'
check 'a host of rpm'\''s' make_host
pack vsdlib 1.0
pack vsdtry 1.0 vsdlib
more=
pack vsdmore 1.0
sed -i '1i include /etc/rpm' /etc/freevsd.conf

# ---- the skeleton from the host's own
check 'a skeleton of it' vsd-genskel --force
seen=" $(all $skel) "
for p in bash coreutils glibc glibc-common filesystem setup; do has "in its database: $p" "$seen" " $p "; done
lacks 'nothing that was not chosen' "$seen" never-chosen
is 'nor its files' '' "$(ls $skel/usr/bin/nc.openbsd 2>/dev/null)"
check 'the skeleton is complete' vsd-genskel --check
for n in 1 2; do vsdadm vs_create localhost vs$n 10.77.0.$n vs$n.example.test 100 50 >/dev/null; done
check 'servers' vsd-vsbatch
check 'that boot' vsboot --start
is 'rpm -qa in a server, as its admin' "${seen# }" "$(says vs1 rpm -qa --qf '%{NAME}\n' | sort | xargs) "
# Settings are the server's own, and su is a link to ours.
is 'rpm -Va there' '....L.... /usr/bin/su' "$(says vs1 rpm -Va | grep -v ' c /etc/' | xargs)"
dnf -y install vsdmore >/tmp/dnf.log 2>&1 || cat /tmp/dnf.log # the host's own, and its lists of today
before=$(all /)

# ---- into the skeleton
err=$(vsd-refreshskel --install nosuchpackage 2>&1) && err='it went on'
has 'a package that is nowhere' "$err" 'dnf failed'
is 'nothing has changed' '' "$(grep '^install' $skel/.vsd-manifest; left)"
has 'an unchanged host' "$(vsd-refreshskel 2>&1)" 'nothing has changed'
out=$(vsd-refreshskel --install vsdtry 2>/tmp/err) || cat /tmp/err
has 'vsd-refreshskel --install' "$out" '2 servers brought over'
is 'the servers have it, and the library that it needs' '1.0 1.0 1.0 1.0' "$(for n in 1 2; do says vs$n vsdtry; done | xargs)"
is 'one inode for all' "$(stat -c %i $skel/usr/bin/vsdtry)" "$(stat -c %i $vs/vs2/usr/bin/vsdtry)"
is 'its settings are each server'\''s own' 1 "$(stat -c %h $vs/vs1/etc/vsdtry.conf)"
is 'the database says so' '1.0 1.0 1.0' "$(version $skel vsdtry) $(version $vs/vs1 vsdtry) $(version $vs/vs1 vsdlib)"
is 'and rpm in the server' 'vsdlib-1.0-1 vsdtry-1.0-1' "$(says vs1 rpm -q --qf '%{NVR}\n' vsdlib vsdtry | xargs)"
is 'where rpm -V finds nothing' '' "$(says vs1 rpm -V vsdtry vsdlib)"
is 'what is left out is known to be' 'not installed' "$(says vs1 rpm -qs vsdtry | sed -n 's,  */usr/share/doc.*,,p')"
is 'its scripts get no device, mount, kernel or root' '' "$(sed -i '1i include /var/lib/vsdtry.got' /etc/freevsd.conf; vsd-refreshskel >/dev/null 2>&1; cat $skel/var/lib/vsdtry.got)"
is 'the host has nothing of it' "$before" "$(all /)"
is 'nor what its scripts made' '' "$(ls /usr/bin/vsdtry /etc/vsdtry.conf /var/lib/vsdtry.* /usr/sbin/policy-rc.d 2>/dev/null)"
is 'nothing is left' '' "$(left; grep -o '/var/cache/vsd[^ ]*' /proc/mounts)"
check 'the skeleton is complete' vsd-genskel --check

# ---- into one server
pack vsdmore 1.1
check 'vs_install of what the host has older, and the skeleton not' vsdadm vs_install localhost vs1 vsdmore
is 'the server has it as the archive has it today' 1.1 "$(says vs1 vsdmore)"
is 'its database says so' '1.1 1.0' "$(version $vs/vs1 vsdmore) $(version $vs/vs1 vsdtry)"
is 'the host has what it had' 1.0 "$(version / vsdmore)"
is 'rpm -V finds nothing' '' "$(says vs1 rpm -V vsdmore vsdtry)"
is 'vs_info lists it' vsdmore "$(vsdadm vs_info localhost vs1 | awk '$1 == "packages" { print $2 }')"
is 'the other server has nothing of it' '' "$(version $vs/vs2 vsdmore; ls $vs/vs2/usr/bin/vsdmore 2>/dev/null)"
check 'all is well' vsdadm check localhost

# ---- new versions
pack vsdlib 2.0
pack vsdtry 2.0 vsdlib
pack vsdmore 1.2
check 'a refresh brings the upgrade' vsd-refreshskel
is 'to every server' '2.0 2.0 2.0 2.0' "$(for n in 1 2; do says vs$n vsdtry; done | xargs)"
is 'to the one, too' 1.2 "$(says vs1 vsdmore)"
is 'the databases say so' '2.0 2.0 2.0 1.2' "$(version $vs/vs1 vsdtry) $(version $vs/vs2 vsdtry) $(version $vs/vs2 vsdlib) $(version $vs/vs1 vsdmore)"
is 'rpm -V finds nothing' '' "$(says vs1 rpm -V vsdtry vsdlib vsdmore; says vs2 rpm -V vsdtry vsdlib)"
check 'back to before' vsd-refreshskel --rollback
is 'the database, too' '1.0 1.0' "$(version $vs/vs2 vsdtry) $(says vs2 rpm -q --qf '%{VERSION}' vsdlib)"
check 'none any more' vsd-refreshskel --install ''
is 'is gone from the database' 'package vsdtry is not installed' "$(says vs2 rpm -q vsdtry)"
is 'and from the server' '' "$(ls $vs/vs2/usr/bin/vsdtry $vs/vs2/usr/lib/libvsdlib.so.1 2>/dev/null)"
check 'all is well' vsdadm check localhost
vsdadm vs_verify localhost vs2 >/tmp/out 2>&1
lacks 'vs_verify finds nothing odd' "$(cat /tmp/out)" 'outside'

# ---- which package a requirement takes; the files are nobody's matter here
needs=/tmp/needs.spec
{
	printf 'Name: need\nVersion: 1\nRelease: 1\nSummary: to try\nLicense: none\nBuildArch: noarch\n%%description\n.\n'
	while read -r name lines; do
		printf '%%package -n %s\nSummary: to try\n%b\n%%description -n %s\n.\n%%files -n %s\n' "$name" "$lines" "$name" "$name"
	done <<'X'
need-all Requires: try(abi) = 2, /srv/nothing/any, need-later\nRequires(pre): need-pre\nRequires: (need-if if bash), (need-not-if if nothing), (need-both if bash else need-not-2)\nRequires: (nothing or need-or or need-not-or), ((need-and-1 and need-and-2) or need-not-3)\nRequires: (need-not-else if nothing else need-else), (need-with with need-with-2), need-versioned >= 1
need-abi1 Provides: try(abi) = 1
need-abi2 Provides: try(abi) = 2
need-abi3 Provides: try(abi) = 3
need-path Provides: /srv/nothing/any
need-later Requires: need-all
need-pre
need-if
need-not-if
need-both
need-not-2
need-not-3
need-or
need-not-or
need-and-1
need-and-2
need-not-else
need-with Provides: need-with-2
need-else
need-versioned
X
} >$needs
rpmbuild -bb $needs >/tmp/needs.log 2>&1 || cat /tmp/needs.log
check 'more of the host' rpm -i --justdb --nodeps /tmp/rpmbuild/RPMS/noarch/need-*.rpm
printf 'package deb:need-not rpm:need-all\npackage-exclude need-later\ninclude /usr/bin/true\nprofile minimal\n' >/etc/needs.conf
check 'by lines for one kind of host' vsd-genskel --skel /home/vsd/needs --conf /etc/needs.conf
is 'what requirements take' 'need-abi2 need-all need-and-1 need-and-2 need-both need-else need-if need-or need-path need-pre need-versioned need-with' \
	"$(all /home/vsd/needs | tr ' ' '\n' | grep ^need | xargs)"

# ---- what cannot be
mv /usr/bin/dnf /usr/bin/dnf.gone
has 'a host without dnf' "$(vsd-refreshskel --install vsdmore 2>&1)" 'it has no dnf'
mv /usr/bin/rpmdb /usr/bin/rpmdb.gone
err=$(vsd-genskel --skel /home/vsd/none 2>&1)
has 'without rpmdb' "$err" "its packages are rpm's, and no rpmdb is here"
is 'is told once' 1 "$(echo "$err" | wc -l)"
mv /usr/bin/rpmdb.gone /usr/bin/rpmdb
mkdir -p /srv/tree/usr/lib/sysimage/rpm /srv/tree/usr/bin /srv/tree/var/lib/dpkg
cp /bin/true /srv/tree/usr/bin/
echo none >/srv/tree/usr/lib/sysimage/rpm/rpmdb.sqlite
has 'a damaged database' "$(vsd-genskel --skel /home/vsd/none --source /srv/tree 2>&1)" "'/srv/tree/usr/lib/sysimage/rpm': rpmdb failed"
is 'makes nothing' '' "$(left; ls -d /home/vsd/none 2>/dev/null)"
cp /var/lib/rpm/rpmdb.sqlite* /srv/tree/usr/lib/sysimage/rpm/
ln -s /usr/lib/sysimage/rpm /srv/tree/var/lib/rpm
: >/srv/tree/var/lib/dpkg/status # of a dpkg that installs nothing
check 'a tree with its database elsewhere' vsd-genskel --skel /home/vsd/tree --source /srv/tree --conf /etc/needs.conf
is 'has it there' need-all "$(rpm --dbpath /home/vsd/tree/usr/lib/sysimage/rpm -q --qf '%{NAME}' need-all)"
is 'and its other name leads there' /usr/lib/sysimage/rpm "$(readlink /home/vsd/tree/var/lib/rpm)"
done_testing
