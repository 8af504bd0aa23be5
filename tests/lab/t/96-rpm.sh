#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with rpm
# seconds: 400
# The spec file, as far as a Debian can try it: the packages build, rpmlint finds no
# error, they install, a login works, and they go without locking anybody out.
. "$LAB_DIR/lib/tap.sh"
version=$(sed -n 's/^Version: *//p' "$LAB_TOP/conf/rpm/vsd.spec")
is 'the version is that of the other packages' "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$LAB_TOP/debian/changelog")" "$version"
mkdir -p "/tmp/vsd-$version"
(cd "$LAB_TOP" && find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 |
	xargs -0 cp --parents -t "/tmp/vsd-$version")
tar -C /tmp -czf "/tmp/vsd-$version.tar.gz" "vsd-$version"

# Debian's rpm knows nothing of what dpkg has installed, nor of where libraries lie.
out=$(rpmbuild -tb --nodeps --define '_topdir /tmp/rpm' --define 'debug_package %{nil}' \
	--define "_libdir /usr/lib/$(gcc -print-multiarch)" \
	"/tmp/vsd-$version.tar.gz" 2>&1)
tap_result $? 'rpmbuild -tb' "$(echo "$out" | tail -n 25)"
is 'three packages' 'nss_vsd pam_vsd vsd-tools' \
	"$(for f in /tmp/rpm/RPMS/*/*.rpm; do rpm -qp --qf '%{NAME}\n' "$f"; done | sort | xargs)"
has 'tools and modules are of one version' "$(rpm -qpR /tmp/rpm/RPMS/*/vsd-tools-*.rpm | sed 's/(.*)//')" "pam_vsd = $version"
is 'nothing lies in /etc: no script of the old init, where systemd is' '' "$(rpm -qpl /tmp/rpm/RPMS/*/*.rpm | grep '^/etc')"
lacks 'nothing is setuid or setgid' "$(rpm -qplv /tmp/rpm/RPMS/*/*.rpm | cut -c1-10)" s
out=$(rpmlint -r "$LAB_TOP/conf/rpm/vsd.rpmlintrc" "$LAB_TOP/conf/rpm/vsd.spec" 2>&1)
has 'rpmlint of the spec file: no error' "$out" '; 0 errors'

# ---- used
cp -a /etc /tmp/etc.before
check 'they install' rpm -i --nodeps /tmp/rpm/RPMS/*/*.rpm
ldconfig
is 'which configures nothing' '' \
	"$(diff -rq --no-dereference /tmp/etc.before /etc | grep -v ld.so.cache)"
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
check 'vsd-install' vsd-install
vsd-genskel --profile minimal >/dev/null
vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 100 50 >/dev/null
vsd-vsbatch >/dev/null
vsdadm user_add localhost vs1 alice
echo lab-alice-vs1 | vsdadm user_passwd localhost vs1 alice
check 'a server boots' vsboot --start
has 'alice logs in' "$(pwssh password alice@10.77.0.1 lab-alice-vs1 hostname)" vs1
check 'they go' rpm -e --nodeps vsd-tools pam_vsd nss_vsd
lacks 'and with them their lines' "$(cat /etc/pam.d/* /etc/nsswitch.conf)" vsd
check 'root logs in' vssh root@10.88.0.1 true
check 'the server'\''s files are kept' test -s /home/vsd/vs/vs1/etc/passwd -a -s /etc/vsd/servers/vs1
done_testing
