# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# inetd, telnetd and login (the layer `login`), and somebody who uses them.

telnet_start() {
	echo 'telnet stream tcp nowait root /usr/sbin/telnetd telnetd' >/etc/inetd.conf
	inetutils-inetd
	for _ in $(seq 100); do
		! nc -z -w 1 127.0.0.1 23 || return 0
		sleep 0.05
	done
	tap_result 1 'inetd listens on port 23'
}

# util-linux's login (Debian 13) opens its terminal by name once the session is open,
# and there is none of that name in a VS.
telnet_enters() {
	! login --version 2>/dev/null </dev/null | grep -q util-linux
}

telnet_as() { # ADDRESS USER PASSWORD COMMAND
	PW=$3 CMD=$4 expect -c '
		set timeout 15
		log_user 0
		spawn -noecho telnet -E '"$1"'
		expect "login:" { send -- "'"$2"'\r" }
		expect "assword:" { send -- "$env(PW)\r" }
		expect {
			-re {[$#] $} { send -- "$env(CMD); exit\r"; expect eof; puts $expect_out(buffer) }
			"incorrect" { exit 1 }
			"denied" { exit 1 }
			eof { exit 1 }
			timeout { exit 2 }
		}' >/tmp/telnet.out || return 1
	tr -d '\r' </tmp/telnet.out
}
