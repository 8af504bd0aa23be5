#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# vsftpd, confined by pam_vsd's session and by its own chroot: each alone too.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
. "$LAB_DIR/lib/evil-nss.sh"
vs=/home/vsd/vs
ftp_hosty

restart() { # [LINE]...
	ftp_end vsftpd
	cp /tmp/vsftpd.conf /etc/vsftpd.conf
	[ $# -eq 0 ] || printf '%s\n' "$@" >>/etc/vsftpd.conf
	env -i PATH="$PATH" /usr/sbin/vsftpd /etc/vsftpd.conf &
	ftp_wait
}
cp /etc/vsftpd.conf /tmp/vsftpd.conf

ftp_people vsftpd
ftp_files vsftpd
ftp_sessions vsftpd
ftp_holds_nothing vsftpd
# What the account step opens goes over to the session; without that step it is closed.
cp /etc/pam.d/vsftpd /tmp/pam.vsftpd
sed -i -e '/^account/d' -e 's/^@include common-account/account required pam_permit.so/' /etc/pam.d/vsftpd
rm $vs/vs1/home/alice/held
ftp_holds_nothing vsftpd
cp /tmp/pam.vsftpd /etc/pam.d/vsftpd
ftp_data vsftpd
ftp_refusals vsftpd
ftp_hostile vsftpd

ftp_certificate
restart ssl_enable=YES force_local_logins_ssl=YES rsa_cert_file=/etc/ssl/certs/lab.pem rsa_private_key_file=/etc/ssl/private/lab.key \
	require_ssl_reuse=NO
ftp_tls vsftpd

# The first wall alone: vsftpd's own chroot off.
restart chroot_local_user=NO passwd_chroot_enable=NO
is 'pam_vsd alone confines' vs "$(ftp_root "$ftp_alice")"
# The second alone: without a PAM session, as a default vsftpd is.
restart session_support=NO
is 'vsftpd'\''s chroot alone confines' vs "$(ftp_root "$ftp_alice")"
# Neither: this is what the walls are for.
restart session_support=NO chroot_local_user=NO passwd_chroot_enable=NO
is 'without both the host is seen (so each was a wall)' host "$(ftp_root "$ftp_alice")"
done_testing
