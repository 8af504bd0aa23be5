# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For lab tests of a server's services.

# in_server SERVER COMMAND...: what it prints, without the terminal's carriage
# returns, and its exit status
in_server() {
	in_server_out=$(bevs "$@") || return
	printf '%s\n' "$in_server_out" | tr -d '\r'
}

# service_on SERVER NAME...: as its admin does it
service_on() {
	to=$1
	shift
	for name; do
		bevs "$to" ln -s "/etc/sv/$name" /etc/service/
	done
}

service_is_up() { bevs "$1" sv status "$2" | grep -q "^run: $2:"; }

# service_file SERVER PATH <TEXT: a file of admin's
service_file() {
	id=$(awk -F: '$1 == "admin" { print $3; exit }' "/home/vsd/vs/$1/etc/passwd")
	cat >"/home/vsd/vs/$1/$2"
	chown "$id:$id" "/home/vsd/vs/$1/$2"
}

# wait_until COMMAND...: until it succeeds, at most a minute; the machine may be busy
wait_until() {
	for _ in $(seq 200); do
		! "$@" >/dev/null 2>&1 </dev/null || return 0
		sleep 0.3
	done
	"$@"
}
