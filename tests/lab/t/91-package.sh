#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with packaging --packages
# seconds: 400
# The Debian packages: built twice to the same bytes, without a warning of lintian's,
# installed, used, removed, purged; and their own test.
. "$LAB_DIR/lib/tap.sh"

build() { sh "$LAB_DIR/lib/build-packages.sh" "$1"; }

# The same as an older version, whose vsd.conf knew nothing of servers' crontabs.
older() { # FOLDER OF PACKAGES, VERSION
	mkdir -p /tmp/old
	for d in "$1"/*.deb; do
		rm -rf /tmp/unpacked
		dpkg-deb -R "$d" /tmp/unpacked
		sed -i "s/^Version: .*/Version: $2/; s/(= [^)]*)/(= $2)/g" /tmp/unpacked/DEBIAN/control
		! grep -qs '^service\.cron' /tmp/unpacked/usr/share/vsd/vsd.conf ||
			sed -i '/^service\.cron/d' /tmp/unpacked/usr/share/vsd/vsd.conf
		dpkg-deb -b /tmp/unpacked /tmp/old || return 1
	done
}

# A login that is there while COMMAND runs, and what it sees afterwards.
during() { # COMMAND...
	(sleep 1; "$@" >/tmp/during 2>&1; echo "exit $?" >>/tmp/during; echo >/tmp/done) &
	PW=lab-alice-vs1 expect -c '
		set timeout 60
		log_user 1
		spawn -noecho ssh -o PubkeyAuthentication=no -o PreferredAuthentications=password alice@10.77.0.1
		expect "assword:" { send "$env(PW)\r" }
		expect "\\$ "
		while {![file exists /tmp/done]} { sleep 0.2 }
		send {echo $((20 + 1))-$(id -un); exit}
		send "\r"
		expect eof' | tr -d '\r' | tail -n 4
	wait
}
state() { (cd /etc && find . -type f -exec md5sum {} + | sort -k 2); }

# What is on the host, but for what dpkg, the loader, other packages' triggers and the
# tests keep for themselves.
host_files() {
	find /bin /etc /lib /opt /root /sbin /srv /usr /var -xdev \( -path /var/lib/dpkg -o -path /var/log \
		-o -path /var/cache -o -path /root/.ssh -o -path '/etc/*/default-syslog*' \) -prune -o -print | sort
	find /run /home -mindepth 1 ! -path '/run/lab/*' ! -path '/run/sshd*' \
		! -path '/run/runit*' ! -name motd.dynamic | sort
}

# ---- building
check 'packages were built' cp -a "$LAB_PACKAGES" /tmp/b1
(umask 027 && export TZ=Asia/Tokyo && build /tmp/other/b2)
tap_result $? 'a second time, in another folder, umask and time zone'
is 'the same bytes' "$(cd /tmp/b1 && sha256sum ./*.deb)" "$(cd /tmp/other/b2 && sha256sum ./*.deb)"
out=$(lintian --allow-root --fail-on warning,error /tmp/b1/*.changes 2>&1)
tap_result $? 'lintian has nothing to warn of' "$out"
rm -f /tmp/b1/*-dbgsym_*
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
has 'the NSS module lies where its architecture has its libraries' \
	"$(dpkg -c /tmp/b1/libnss-vsd_*.deb)" "./usr/lib/$triplet/libnss_vsd.so.2"
has 'so does the PAM module' "$(dpkg -c /tmp/b1/libpam-vsd_*.deb)" "./usr/lib/$triplet/security/pam_vsd.so"
lacks 'nothing is setuid or setgid' "$(dpkg -c /tmp/b1/vsd-tools_*.deb | cut -c1-10)" s
cp -a /etc /tmp/etc.before
host_files >/tmp/files.before

# ---- installed and purged at once: no trace
check 'they install' sh -c 'dpkg -i /tmp/b1/*.deb'
is 'which configures nothing' '' "$(diff -rq --no-dereference /tmp/etc.before /etc | grep -v -e ': vsd$' -e 'init.d: vsd' -e ld.so.cache -e default-syslog)"
is 'and enables nothing' disabled "$(systemctl is-enabled vsd.target 2>/dev/null || :)"
check 'purged' dpkg -P vsd-tools libpam-vsd libnss-vsd
is 'nothing of them is left' '' "$(host_files | diff /tmp/files.before -)"

# ---- used
check 'an older version' older /tmp/b1 0.0.9
check 'is installed' sh -c 'dpkg -i /tmp/old/*.deb'
check 'the test of the packages' env AUTOPKGTEST_TMP="$(mktemp -d)" "$LAB_TOP/debian/tests/login"
check 'vsd-install' sh -c 'sed -i "s/^interface = .*/interface = vsd0/" /usr/share/vsd/vsd.conf; vsd-install'
vsd-genskel --profile minimal >/dev/null
vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 100 50 >/dev/null
vsd-vsbatch >/dev/null
vsdadm user_add localhost vs1 alice
echo lab-alice-vs1 | vsdadm user_passwd localhost vs1 alice
check 'a server boots' vsboot --start
alice() { pwssh password alice@10.77.0.1 lab-alice-vs1 'id; hostname'; }
has 'alice logs in' "$(alice)" vs1
was=$(cat /run/vsd/vs1/init)
echo '# a line of ours' >>/etc/vsd.conf
state >/tmp/state
has 'she is in while all is upgraded' "$(during sh -c 'dpkg -i /tmp/b1/*.deb')" 21-alice
has 'which went well' "$(cat /tmp/during)" 'exit 0'
is 'it is the new version' 0.1 "$(dpkg-query -W -f '${Version}' vsd-tools)"
is '/etc is as it was: the settings, the lines of PAM' '' "$(state | diff /tmp/state - | grep -v -e ld.so.cache -e '^[0-9,acd]*$')"
has 'she logs in' "$(alice)" vs1
is 'and the server has run on' "$was" "$(cat /run/vsd/vs1/init)"
check 'nothing is wrong' vsdadm check localhost
has 'vsd-install says what the settings lack' "$(vsd-install)" 'add the line "service.cron = login"'
has 'but leaves them' "$(tail -n 1 /etc/vsd.conf)" 'a line of ours'
check 'it restarts' vsboot --restart vs1
has 'she logs in' "$(alice)" vs1

# ---- removed, the servers kept
check 'removing takes the lines out first' dpkg -r vsd-tools libpam-vsd libnss-vsd
lacks 'PAM and NSS are the host'\''s' "$(cat /etc/pam.d/* /etc/nsswitch.conf)" vsd
check 'root logs in' vssh root@10.88.0.1 true
check 'the server'\''s files are kept' test -s /home/vsd/vs/vs1/etc/passwd -a -s /etc/vsd/servers/vs1
has 'a purge keeps them too, and says so' "$(dpkg -P vsd-tools libpam-vsd libnss-vsd 2>&1)" \
	'kept: the virtual servers vs1'
check 'indeed' test -s /home/vsd/vs/vs1/etc/passwd -a -s /etc/vsd/servers/vs1
is 'their ids stay reserved' 'vsd:2000000:2000000' "$(grep ^vsd: /etc/subuid)"
check 'installed again' sh -c 'dpkg -i /tmp/b1/*.deb && vsd-install && vsboot --start'
has 'she is there again' "$(alice)" vs1
check 'libpam-vsd alone is not taken from under the lines' sh -c \
	'! dpkg -r --force-depends libpam-vsd || ! grep -q pam_vsd /etc/pam.d/*'
check 'root logs in' vssh root@10.88.0.1 true

# ---- purged, when there are no servers any more
check 'all of it again' sh -c 'dpkg -i /tmp/b1/*.deb && vsd-install'
check 'the server is deleted' vsdadm vs_delete localhost vs1
check 'a removal' dpkg -r vsd-tools
check 'keeps the settings' test -s /etc/vsd.conf -a -d /home/vsd/skel
check 'a purge' dpkg -P vsd-tools libpam-vsd libnss-vsd
is 'leaves no file' '' "$(host_files | diff /tmp/files.before -)"
is 'and /etc as it was' '' "$(diff -r --no-dereference /tmp/etc.before /etc | grep -v -e ld.so.cache -e default-syslog)"
is 'the fence and the cgroup are gone' '' "$(ls -d /sys/fs/bpf/vsd* /sys/fs/cgroup/vsd 2>/dev/null)"
check 'root logs in' vssh root@10.88.0.1 true
done_testing
