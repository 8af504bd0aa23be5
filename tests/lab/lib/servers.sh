# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# VSD's own steps in a lab, by the commands that any host uses.

servers_install() {
	make -s -C "$LAB_TOP" install DESTDIR=
	ldconfig
	vsd-install
}

servers_make() {
	[ "$LAB_SERVERS" -gt 0 ] || return 0
	vsd-genskel
	n=1
	while [ "$n" -le "$LAB_SERVERS" ]; do
		vsdadm vs_create localhost "vs$n" "10.77.$((n / 256)).$((n % 256))" \
			"vs$n.example.test" 100 50
		n=$((n + 1))
	done
	vsd-vsbatch
	n=1
	while [ "$n" -le "$LAB_SERVERS" ]; do
		servers_users "vs$n"
		n=$((n + 1))
	done
	vsboot --start
}

servers_users() {
	:
}

servers_sshd() {
	mkdir -p /run/sshd
	cat >/etc/ssh/sshd_config.d/lab.conf <<X
LogLevel VERBOSE
MaxStartups 200
X
	/usr/sbin/sshd -t
	env -i PATH="$PATH" /usr/sbin/sshd 5<&- 6>&- 7>&-
}

servers_vsftpd() {
	mkdir -p /var/run/vsftpd/empty
	env -i PATH="$PATH" /usr/sbin/vsftpd /etc/vsftpd.conf 5<&- 6>&- 7>&- &
}
