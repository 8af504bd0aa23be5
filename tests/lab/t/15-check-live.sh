#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# vsdadm check --live: a real login, and where its processes are.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
live() { vsdadm check localhost --live "$1" 2>&1; }
accounts() { cat $vs/etc/passwd $vs/etc/group $vs/etc/shadow $vs/etc/vsd/priv; ls $vs/home; }
accounts >/tmp/before
for service in sshd vsftpd su su-l runuser runuser-l; do
	has "$service is confined" "$(live $service)" "confined: "
done
is 'nothing of the users is left' "$(cat /tmp/before)" "$(accounts)"
is 'nor of the keys' '' "$(ls -d /run/vsd-live.* 2>/dev/null)"
has 'a daemon that is not there is not taken for another' "$(live proftpd)" 'another daemon has answered'
has 'a service that vsd.conf does not list' "$(live atd)" 'no line for it'
has 'cron: why it cannot be tried' "$(live cron)" "try 'cron': it starts jobs by itself"
if login --version 2>/dev/null </dev/null | grep -q util-linux; then
	has 'login, which is refused' "$(live login)" 'it is the login of util-linux'
else
	for service in login remote; do
		has "$service is confined" "$(live $service)" "confined: "
	done
	cp /etc/pam.d/login /tmp/login
	sed -i -e '/pam_vsd.so enter=/d' -e '/common-session/d' /etc/pam.d/login
	echo 'session required pam_permit.so' >>/etc/pam.d/login
	has 'login without its session line is not' "$(live login)" 'this account lives in a virtual server'
	cp /tmp/login /etc/pam.d/login
fi
echo 'service.xdm = login' >>/etc/vsd.conf
has 'one that nobody has thought of' "$(live xdm)" 'no client for it'
sed -i '/^service.xdm/d' /etc/vsd.conf
refused 'each with the exit status' vsdadm check localhost --live cron
refused 'not together with --repair' vsdadm check localhost --live sshd --repair

# ---- what is not confined is seen: no session line, and no guard shell
cp /etc/pam.d/su /tmp/su
cp /usr/lib/vsd/vsd-shell /tmp/guard
sed -i '/BEGIN VSD/,/END VSD/d' /etc/pam.d/su
echo 'session required pam_permit.so' >>/etc/pam.d/su
sed -i '/common-session/d' /etc/pam.d/su
has 'the guard shell alone: no login' "$(live su)" 'this account lives in a virtual server'
cp /bin/sh /usr/lib/vsd/vsd-shell
has 'nor that: the process is outside' "$(live su)" "is not in its server's cgroup"
refused 'with the exit status' vsdadm check localhost --live su
cp /tmp/guard /usr/lib/vsd/vsd-shell
cp /tmp/su /etc/pam.d/su
is 'nothing of these users is left either' "$(cat /tmp/before)" "$(accounts)"
pids=$(pgrep -xf 'sleep 60')
is 'nor of their processes' '' "$pids"

# ---- asked to end in the middle, it cleans up first
vsdadm check localhost --live su >/dev/null 2>&1 &
pid=$!
sleep 0.3
kill $pid
wait $pid
is 'ended in the middle: nothing is left' "$(cat /tmp/before)" "$(accounts)"
vsboot --stop >/dev/null
has 'no server runs' "$(live su)" 'no server with an address runs'
done_testing
