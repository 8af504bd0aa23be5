# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# VSD's own steps in a lab, by the commands that any host uses.

servers_install() {
	# Another release's libraries want a build of their own: the first of its labs makes
	# it, which the others wait for.
	flock "$LAB_TOP/$LAB_BUILD/.lab-lock" \
		make -s -j"$(nproc)" -C "$LAB_TOP" install DESTDIR= B="$LAB_BUILD"
	[ -z "$LAB_SUITE" ] || umount "$LAB_TOP/$LAB_BUILD"
	ldconfig
	sed -i -e 's/^interface = .*/interface = vsd0/' \
		-e "s/^isolation = .*/isolation = $LAB_ISOLATION/" /usr/share/vsd/vsd.conf
	vsd-install
	if [ "$LAB_ISOLATION" = chroot ]; then
		mount -o remount,nosuid,nodev,exec /home/vsd # as this isolation needs
	fi
}

servers_make() {
	[ "$LAB_SERVERS" -gt 0 ] || return 0
	vsd-genskel --profile "$LAB_PROFILE"
	for n in $(seq "$LAB_SERVERS"); do
		vsdadm vs_create localhost "vs$n" "10.77.$((n / 256)).$((n % 256))" \
			"vs$n.example.test" 100 50
	done
	vsd-vsbatch
	for n in $(seq "$LAB_SERVERS"); do
		servers_users "vs$n"
		echo "10.77.$((n / 256)).$((n % 256)) vs$n.example.test" >>/etc/hosts
	done
	vsboot --start
}

servers_users() {
	for user in admin alice bob; do
		[ $user = admin ] ||
			vsdadm --rights login,ftp user_add localhost "$1" $user "Lab $user"
		echo "lab-$user-$1" | vsdadm user_passwd localhost "$1" $user
	done
	servers_key "$1" admin root
	servers_key "$1" alice home/alice
}

# LAB_KEY logs the user in: root by path in a user's folder, harmless as nothing
# of the server runs yet.
servers_key() {
	id=$(awk -F: -v u="$2" '$1 == u { print $3; exit }' "/home/vsd/vs/$1/etc/passwd")
	install -d -m 0700 -o "$id" -g "$id" "/home/vsd/vs/$1/$3/.ssh"
	install -m 0600 -o "$id" -g "$id" "$LAB_KEY.pub" "/home/vsd/vs/$1/$3/.ssh/authorized_keys"
}

servers_sshd() {
	mkdir -p /run/sshd
	cat >/etc/ssh/sshd_config.d/lab.conf <<X
LogLevel VERBOSE
MaxStartups 200
X
	# The tests fail logins by the dozen; sshd 9.8 and later would shut them out.
	if /usr/sbin/sshd -T -o PerSourcePenalties=no >/dev/null 2>&1; then
		echo 'PerSourcePenalties no' >>/etc/ssh/sshd_config.d/lab.conf
	fi
	/usr/sbin/sshd -t
	env -i PATH="$PATH" /usr/sbin/sshd 5<&- 6>&- 7>&-
	# It goes into the background first and listens then; the file comes last.
	for _ in $(seq 100); do
		[ ! -s /run/sshd.pid ] || return 0
		sleep 0.05
	done
	echo 'sshd does not come up' >&2
	return 1
}

servers_vsftpd() {
	mkdir -p /var/run/vsftpd/empty
	env -i PATH="$PATH" /usr/sbin/vsftpd /etc/vsftpd.conf 5<&- 6>&- 7>&- &
	for _ in $(seq 100); do
		! nc -z -w 1 127.0.0.1 21 || return 0
		sleep 0.05
	done
	echo 'vsftpd does not come up' >&2
	return 1
}
