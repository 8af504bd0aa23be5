#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with packaging
# seconds: 400
# The Debian packages: built twice to the same bytes, installed, used, removed.
. "$LAB_DIR/lib/tap.sh"

build() { # FOLDER
	mkdir -p "$1/vsd"
	(cd "$LAB_TOP" && find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 |
		xargs -0 cp --parents -t "$1/vsd")
	(cd "$1/vsd" && dpkg-buildpackage -b -us -uc) >"$1/log" 2>&1
}
export SOURCE_DATE_EPOCH=1795680000
check 'packages build' build /tmp/b1
rm -f /tmp/b1/*-dbgsym_*
check 'a second time, elsewhere' build /tmp/other/b2
rm -f /tmp/other/b2/*-dbgsym_*
is 'the same bytes' "$(cd /tmp/b1 && sha256sum ./*.deb)" "$(cd /tmp/other/b2 && sha256sum ./*.deb)"
out=$(lintian --fail-on error /tmp/b1/*.deb 2>&1)
tap_result $? 'lintian finds no error' "$out"
cp -a /etc /tmp/etc.before

check 'they install' sh -c 'dpkg -i /tmp/b1/*.deb'
check 'vsd-install' sh -c 'sed -i "s/^interface = .*/interface = vsd0/" /usr/share/vsd/vsd.conf; vsd-install'
vsd-genskel --profile minimal >/dev/null
vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 100 50 >/dev/null
vsd-vsbatch >/dev/null
vsdadm user_add localhost vs1 alice
echo lab-alice-vs1 | vsdadm user_passwd localhost vs1 alice
check 'a server boots' vsboot --start
has 'alice logs in' "$(pwssh password alice@10.77.0.1 lab-alice-vs1 'id; hostname')" 'vs1'
check 'an upgrade' dpkg -i /tmp/b1/*.deb
has 'she still does' "$(pwssh password alice@10.77.0.1 lab-alice-vs1 'id; hostname')" 'vs1'

check 'removing takes the lines out first' dpkg -r vsd-tools libpam-vsd libnss-vsd
lacks 'PAM and NSS are the host'\''s' "$(cat /etc/pam.d/* /etc/nsswitch.conf)" vsd
check 'root logs in' vssh root@10.88.0.1 true
check 'the server'\''s files are kept' test -s /home/vsd/vs/vs1/etc/passwd -a -s /etc/vsd/servers/vs1
check 'installed again' sh -c 'dpkg -i /tmp/b1/*.deb && vsd-install && vsboot --start'
has 'she is there again' "$(pwssh password alice@10.77.0.1 lab-alice-vs1 'id; hostname')" 'vs1'
check 'libpam-vsd alone is not taken from under the lines' sh -c \
	'! dpkg -r --force-depends libpam-vsd || ! grep -q pam_vsd /etc/pam.d/*'
check 'root logs in' vssh root@10.88.0.1 true
done_testing
