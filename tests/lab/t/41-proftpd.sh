#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with proftpd
# proftpd, confined by pam_vsd's session.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
. "$LAB_DIR/lib/evil-nss.sh"
vs=/home/vsd/vs
ftp_hosty

restart() {
	ftp_end proftpd
	env -i PATH="$PATH" proftpd
	ftp_wait
}

restart
ftp_people proftpd
ftp_files proftpd
ftp_sessions proftpd
ftp_holds_nothing proftpd
ftp_data proftpd
ftp_refusals proftpd
ftp_hostile proftpd

# proftpd's own order of authentication: after PAM's refusal it compares the hash
# itself, and serves the host.  What is seen with the VS's hashes in the host's own
# shadow; nss_vsd gives a login service none.
rm /etc/proftpd/conf.d/vsd.conf
restart
vsdadm priv_set localhost vs1 bob ftp off
refused 'its own order: nss_vsd gives it no hash' ftp bob:lab-bob-vs1 10.77.0.1 /etc/vsd/
sed -i '/^service\.proftpd /s/ [^ ]*$/ \/usr\/sbin\/other/' /etc/vsd.conf
restart
has 'with a hash it serves the host (so both are walls)' \
	"$(ftp bob@vs1:lab-bob-vs1 10.77.0.1 /etc/vsd/)" servers
sed -i '/^service\.proftpd /s/ [^ ]*$/ \/usr\/sbin\/proftpd/' /etc/vsd.conf
vsdadm priv_set localhost vs1 bob ftp on
check 'vsd-install puts it back' sh -c 'vsd-install | grep proftpd/conf.d/vsd.conf'

# Walls alone: pam_vsd's session is the shipped one; proftpd's own, for who wants it, is
# DefaultRoot, which is the home (it knows no /./).
touch $vs/vs1/home/alice/mine-alone
restart
has 'a login of vsdadm check --live sees it confined' "$(vsdadm check localhost --live proftpd 2>&1)" 'confined: '
is 'pam_vsd alone confines' vs "$(ftp_root "$ftp_alice")"
ftp_session_off proftpd
echo 'DefaultRoot ~' >/etc/proftpd/conf.d/root.conf
restart
is 'proftpd'\''s DefaultRoot alone confines' home "$(ftp_root "$ftp_alice")"
rm /etc/proftpd/conf.d/root.conf
restart
is 'without both the host is seen (so each was a wall)' host "$(ftp_root "$ftp_alice")"
has 'and vsdadm check --live says so' "$(vsdadm check localhost --live proftpd 2>&1)" "is not in its server's cgroup"
ftp_session_on proftpd
echo 'DefaultRoot ~' >/etc/proftpd/conf.d/root.conf
restart
is 'both, one in the other' home "$(ftp_root "$ftp_alice")"
rm /etc/proftpd/conf.d/root.conf
restart

if [ -e /usr/lib/proftpd/mod_tls.so ]; then
	ftp_certificate
	cat >/etc/proftpd/conf.d/tls.conf <<X
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSRSACertificateFile /etc/ssl/certs/lab.pem
TLSRSACertificateKeyFile /etc/ssl/private/lab.key
TLSOptions NoSessionReuseRequired
X
	restart
	ftp_tls proftpd
else
	skip 'proftpd with TLS' 'no mod_tls'
fi
done_testing
