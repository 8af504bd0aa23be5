#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# vsftpd, confined by pam_vsd's session and by its own chroot: each alone too.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
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
has 'vsftpd: owners by the VS'\''s names' "$(ftp "$ftp_alice" 10.77.0.1 /home/ | grep bob)" 'bob@vs1'
ftp_refusals vsftpd
ftp_hostile vsftpd

ftp_certificate
restart ssl_enable=YES force_local_logins_ssl=YES rsa_cert_file=/etc/ssl/certs/lab.pem rsa_private_key_file=/etc/ssl/private/lab.key \
	require_ssl_reuse=NO
ftp_tls vsftpd

# The first wall alone: vsftpd's own chroot off.
restart chroot_local_user=NO passwd_chroot_enable=NO
has 'pam_vsd alone: the root is the VS'\''s' "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" priv
lacks 'pam_vsd alone: not the host'\''s' "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" servers
lacks 'pam_vsd alone: nor by ..' "$(ftp "$ftp_alice" 10.77.0.1 ../../../../../etc/vsd/ --path-as-is)" servers
# The second alone: without a PAM session, as a default vsftpd is.
restart session_support=NO
has 'the chroot alone: the root is the VS'\''s' "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" priv
lacks 'the chroot alone: not the host'\''s' "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" servers
# Neither: this is what the walls are for.
restart session_support=NO chroot_local_user=NO passwd_chroot_enable=NO
has 'without both the host is seen (so each was a wall)' "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" servers
done_testing
