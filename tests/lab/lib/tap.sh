# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For lab tests: `. "$LAB_DIR/lib/tap.sh"`; then check, is, has, lacks; done_testing.
# LAB_DIR is the lab's folder.
tap_n=0 tap_bad=0

tap_result() { # STATUS NAME [WHAT WAS SEEN]
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_n - $2"
		printf '%s\n' "${3-}" | sed 's/^/# /'
	fi
}

# check NAME COMMAND...: it succeeds
check() {
	tap_name=$1
	shift
	tap_out=$("$@" 2>&1 </dev/null)
	tap_result $? "$tap_name" "$tap_out"
}

# refused NAME COMMAND...: it fails
refused() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1 </dev/null); then
		tap_result 1 "$tap_name" "$tap_out"
	else
		tap_result 0 "$tap_name"
	fi
}

# is NAME WANTED SEEN
is() {
	[ "$2" = "$3" ] && tap_result 0 "$1" || tap_result 1 "$1" "wanted: $2
seen: $3"
}

# has NAME TEXT PART, lacks NAME TEXT PART
has() {
	case $2 in
	*"$3"*) tap_result 0 "$1" ;;
	*) tap_result 1 "$1" "without '$3': $2" ;;
	esac
}

lacks() {
	case $2 in
	*"$3"*) tap_result 1 "$1" "with '$3': $2" ;;
	*) tap_result 0 "$1" ;;
	esac
}

# logs NAME TEXT [LINES]: it is in the last LINES of what VSD has logged, or will be
# within 5 s: another process writes the log.
logs() {
	for _ in $(seq 100); do
		said=$(grep -e pam_vsd -e vsboot /var/log/lab.log | tail -n "${3:-1}")
		case $said in *"$2"*) break ;; esac
		sleep 0.05
	done
	has "$1" "$said" "$2"
}

skip() { # NAME REASON
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}

# as_one SCRIPT...: one after the other in this lab, whose start costs more than they do;
# their tests as one program's.  One that ends without its plan has failed.
as_one() {
	for script; do
		sh "$script" || echo "not ok 0 - $script: status $?"
	done | awk '
		function unplanned() { print "not ok " ++n " - a script without its plan"; bad = 1 }
		/^1\.\.[0-9]+$/ { if (substr($0, 4) + 0 != since) unplanned(); since = 0; next }
		/^not ok/ { bad = 1 }
		/^not ok 0 / { since-- }
		/^(not )?ok [0-9]/ { since++; sub(/ok [0-9]+/, "ok " ++n) }
		{ print; fflush() }
		END { if (since) unplanned(); print "1.." n; exit bad }'
}

# ssh without questions; to vsN at 10.77.0.N
vssh() {
	ssh -i "$LAB_KEY" -o BatchMode=yes -o ConnectTimeout=10 "$@"
}

# by a password and nothing else: METHOD USER@HOST PASSWORD COMMAND [SSH OPTION]...
pwssh() {
	method=$1 to=$2 password=$3 command=$4
	shift 4
	PW=$password expect -c '
		set timeout 15
		log_user 0
		spawn -noecho ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 -o PreferredAuthentications='"$method $* $to $(printf '{%s}' "$command")"'
		expect {
			-nocase "assword:" { send -- "$env(PW)\r"; exp_continue }
			eof { puts -nonewline $expect_out(buffer) }
		}
		exit [lindex [wait] 3]' | tr -d '\r'
}

# wait_for FILE: until it is there and not empty, at most 5 s.
wait_for() {
	for _ in $(seq 100); do
		[ ! -s "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

# killed_after SECONDS TOOL...: was it killed on its way?  It is dead then: timeout kills
# itself, too, and does not wait for a tool that dies in the middle of a flush.
killed_after() {
	timeout -s KILL "$@" >/dev/null 2>&1
	set -- $? "$2"
	while pgrep -x "$2" >/dev/null; do sleep 0.02; done
	[ "$1" -eq 137 ]
}

# one more sshd, with options: PORT OPTION...; its log lines go the same way.  It writes
# its pid only once it listens: before that, every login would be "refused".
SSHD=/usr/sbin/sshd
more_sshd() {
	port=$1
	shift
	rm -f "/run/sshd-$port.pid"
	# shellcheck disable=SC2086 # a wrapper and its program
	$SSHD -p "$port" -o "PidFile /run/sshd-$port.pid" "$@"
	wait_for "/run/sshd-$port.pid"
}
