#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Second half of a lab's start, in its own root: network, syslog, VSD, servers,
# daemons; then the command.  Descriptors 5, 6 and 7 are the caller's stdin,
# stdout and stderr.
set -eu
cd /
PATH=$LAB_DIR/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LAB_KEY=/run/lab/key
export PATH HOME USER LOGNAME SHELL LAB_KEY
unset TMPDIR MAIL SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY XDG_RUNTIME_DIR || :
. "$LAB_DIR/lib/servers.sh"

trap 'cat /run/lab/setup.log >&7; echo "lab: set-up failed" >&7' EXIT
[ -z "$LAB_VERBOSE" ] || {
	tail -f /run/lab/setup.log >&7 2>/dev/null &
	follower=$!
	set -x
}

# lo, vsd0 for the servers' addresses, and a veth pair to a second host.
network() {
	hostname lab.example.test
	ip link set lo up
	# A kernel without dummy devices has bridges: one without ports serves as well.
	ip link add vsd0 type dummy 2>/dev/null || ip link add vsd0 type bridge
	ip link set vsd0 up
	ip netns add client
	ip link add veth0 type veth peer name veth0 netns client
	ip addr add 10.88.0.1/24 dev veth0
	ip -6 addr add fd88::1/64 dev veth0 nodad
	ip link set veth0 up
	ip -n client link set lo up
	ip -n client addr add 10.88.0.2/24 dev veth0
	ip -n client -6 addr add fd88::2/64 dev veth0 nodad
	ip -n client link set veth0 up
	ip -n client route add 10.77.0.0/16 via 10.88.0.1
	ip -n client -6 route add fd77::/16 via fd88::1
	printf '127.0.0.1 localhost\n::1 localhost\n10.88.0.1 lab.example.test lab\n' >/etc/hosts
	: >/etc/resolv.conf
}

# Kernel switches of the lab's own network; the rest of /proc/sys is the machine's.
sysctls() {
	echo 1 >/proc/sys/net/ipv4/ip_forward || :
	echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range || :
	# What `vsdadm check` reads and wants; the machine's own may be set otherwise.
	mkdir -p /run/lab/sys
	for s in fs/protected_hardlinks:1 fs/protected_symlinks:1 dev/tty/legacy_tiocsti:0 \
		kernel/core_pattern:core; do
		name=${s%:*}
		[ -e "/proc/sys/$name" ] || continue
		echo "${s#*:}" >"/run/lab/sys/${name##*/}"
		mount --bind "/run/lab/sys/${name##*/}" "/proc/sys/$name"
	done
}

logging() {
	mkdir -p /var/log
	: >/var/log/lab.log
	rm -f /etc/syslog.conf # another syslogd's, which busybox does not understand
	busybox syslogd -n -S -O /var/log/lab.log 5<&- 6>&- 7>&- &
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -S /dev/log ] || return 0
		sleep 0.05
	done
	echo "lab: no syslog"
	return 1
}

# A key for everyone, and a host key that every client knows already.
keys() {
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_KEY"
	mkdir -m 0700 /root/.ssh
	cp "$LAB_KEY.pub" /root/.ssh/authorized_keys
	read -r type key _ </etc/ssh/ssh_host_ed25519_key.pub
	echo "* $type $key" >/etc/ssh/ssh_known_hosts
}

network
sysctls
logging
keys
if [ -z "$LAB_BARE" ]; then
	servers_install
	servers_make
fi
[ -z "$LAB_SSHD" ] || servers_sshd
[ -z "$LAB_VSFTPD" ] || servers_vsftpd

[ -z "$LAB_VERBOSE" ] || kill "$follower"
set +ex
trap - EXIT
cd "$LAB_CWD" 2>/dev/null || cd "$LAB_TOP" || cd /
"$@" <&5 >&6 2>&7 5<&- 6>&- 7>&-
exit $?
