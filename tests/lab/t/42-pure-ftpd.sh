#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with pure-ftpd
# pure-ftpd, which has no power left to change namespaces: into the root and the
# cgroup of the VS; and its half that keeps root, into the cgroup alone.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
. "$LAB_DIR/lib/evil-nss.sh"
vs=/home/vsd/vs
ftp_hosty

restart() {
	ftp_end pure-ftpd
	env -i PATH="$PATH" pure-ftpd-wrapper &
	ftp_wait
}
restart
# In a chroot of its own it lists by name only whom it knows already.
ftp_people pure-ftpd alice@vs1
ftp_files pure-ftpd
ftp_sessions pure-ftpd
ftp_holds_nothing pure-ftpd
ftp_data pure-ftpd
# It tells PAM the name of its own host in place of the client.
check 'a client from outside' lab-client curl -sS -o /dev/null -u alice:lab-alice-vs1 ftp://10.77.0.1/
logs 'and where it sits' 'user=alice vs=vs1 service=pure-ftpd from=10.88.0.2: session opened' 3
ftp_refusals pure-ftpd
ftp_hostile pure-ftpd
in_cgroup() {
	for p in $(cat /sys/fs/cgroup/vsd/vs1/cgroup.procs); do
		sed -n 's/^Name:.\(pure-ftpd\)/\1/p' "/proc/$p/status"
	done | sort -u
}
{ printf 'USER alice\r\n'; sleep 1; printf 'PASS lab-alice-vs1\r\n'; sleep 30; } | nc 10.77.0.1 21 >/dev/null &
for _ in $(seq 100); do
	seen=$(in_cgroup 2>/dev/null)
	[ -z "$seen" ] || break
	sleep 0.1
done
is 'the session is in the VS'\''s cgroup' pure-ftpd "$seen"
# It makes sockets for the session, as root and in the host's root.
half=$(pgrep -f '^pure-ftpd [(]PRIV[)]')
check 'and its half that stays on the host, too' grep -q '/vsd/vs1$' "/proc/$half/cgroup"
is 'no other process of the daemon'\''s is' 2 \
	"$(pgrep -x pure-ftpd | sed 's,.*,/proc/&/cgroup,' | xargs grep -l '/vsd/vs1$' | wc -l)"
vsboot --stop vs1 >/dev/null
refused 'both end with the VS' kill -0 "$half"
vsboot --start vs1 >/dev/null
kill $! 2>/dev/null
mv /run/vsd/vs1/filter /run/vsd/vs1/filter.away
refused 'a session that pam_vsd refuses is none' ftp "$ftp_alice" 10.77.0.1 /etc/
logs 'the log says why' 'cannot prepare to enter' 3
mv /run/vsd/vs1/filter.away /run/vsd/vs1/filter
has 'with it again' "$(ftp "$ftp_alice" 10.77.0.1 /etc/)" passwd
has 'a login of vsdadm check --live sees it confined' "$(vsdadm check localhost --live pure-ftpd 2>&1)" 'confined: '
sed -i 's/enter=chroot/enter=session/' /etc/pam.d/pure-ftpd
refused 'the line for other daemons lets nobody in' ftp "$ftp_alice" 10.77.0.1 /etc/
sed -i 's/enter=session/enter=chroot/' /etc/pam.d/pure-ftpd

# Walls alone: pam_vsd's session, and pure-ftpd's own chroot to what stands before the
# /./ of a home, which a line of the host's for the same user does not have.
is 'both confine' vs "$(ftp_root alice@vs1:lab-alice-vs1)"
cp /etc/passwd /tmp/passwd.host
echo "alice@vs1:x:2000001:2000001::$vs/vs1/home/alice:/usr/lib/vsd/vsd-shell" >>/etc/passwd
is 'pam_vsd alone confines' vs "$(ftp_root alice@vs1:lab-alice-vs1)"
ftp_session_off pure-ftpd
is 'without both the host is seen (so each was a wall)' host "$(ftp_root alice@vs1:lab-alice-vs1)"
has 'and vsdadm check --live says so' "$(vsdadm check localhost --live pure-ftpd 2>&1)" "is not in its server's cgroup"
cp /tmp/passwd.host /etc/passwd
is 'pure-ftpd'\''s chroot alone confines' vs "$(ftp_root alice@vs1:lab-alice-vs1)"
ftp_session_on pure-ftpd

ftp_certificate
cp /etc/ssl/private/lab-both.pem /etc/ssl/private/pure-ftpd.pem
echo 2 >/etc/pure-ftpd/conf/TLS
restart
ftp_tls pure-ftpd
done_testing
