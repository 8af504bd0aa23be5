#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# ssh: expired passwords by every method, X11, clients that vanish, session limits.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
shadow_of() { awk -F: -v u="$1" '$1 == u' $vs/etc/shadow; }
expire() { # USER: a password that must be changed now
	sed -i "s/^\($1:[^:]*\):[^:]*:/\1:0:/" $vs/etc/shadow
}
is_current() { # USER: changed today
	[ "$(shadow_of "$1" | cut -d: -f3)" -ge $(($(date +%s) / 86400 - 1)) ]
}
host_shadow=$(md5sum </etc/shadow)

# ---- expired: a key is no way around it
expire bob
out=$(vssh bob@10.77.0.1 'echo got-in' 2>&1)
lacks 'expired, by key without a terminal: no command runs' "$out" got-in
has 'and the client is told' "$out" 'assword'
lacks 'nor sftp' "$(echo pwd | sftp -b - -i "$LAB_KEY" bob@10.77.0.1 2>&1)" '/home/bob'

# ---- by password with a terminal: sshd runs passwd, in the server
cat >/tmp/tty.exp <<'X'
set timeout 20
spawn -noecho ssh -tt -o PubkeyAuthentication=no -o PreferredAuthentications=password bob@10.77.0.1
expect "assword:" { send "lab-bob-vs1\r" }
expect -nocase "current*assword:" { send "lab-bob-vs1\r" }
expect -nocase "new password" { send "First-new-1\r" }
expect -nocase "again" { send "First-new-1\r" }
expect eof
X
has 'expired, by password: the user is told' "$(expect /tmp/tty.exp 2>&1 | tee /tmp/tty.out)" expired
check 'the server'\''s passwd has changed it' is_current bob
is 'the new one is good' bob "$(pwssh password bob@10.77.0.1 First-new-1 'id -un' | tail -n 1)"
lacks 'the old one is not' "$(pwssh password bob@10.77.0.1 lab-bob-vs1 'id -u')" 2000
expire bob
lacks 'expired, by password without a terminal: no command runs' \
	"$(pwssh password bob@10.77.0.1 First-new-1 'echo got-in')" got-in

# ---- by keyboard-interactive: pam_vsd asks
more_sshd 2201 -o KbdInteractiveAuthentication=yes
cat >/tmp/kbd.exp <<'X'
set timeout 20
spawn -noecho ssh -p 2201 -o PubkeyAuthentication=no -o PreferredAuthentications=keyboard-interactive bob@10.77.0.1 {echo in-as-$(id -un)}
expect -nocase "assword:" { send "First-new-1\r" }
expect -nocase "current*assword:" { send "First-new-1\r" }
expect -nocase "new*assword:" { send "Second-new-2\r" }
expect -nocase "new*assword:" { send "Second-new-2\r" }
expect eof
X
has 'expired, by keyboard-interactive: changed on the way in' "$(expect /tmp/kbd.exp | tr -d '\r')" in-as-bob
check 'in the server'\''s shadow' is_current bob
is 'the new one is good there too' bob "$(pwssh password bob@10.77.0.1 Second-new-2 'id -un' | tail -n 1)"
is 'the host'\''s shadow is as it was' "$host_shadow" "$(md5sum </etc/shadow)"
is 'the server'\''s shadow is root'\''s alone' '0 0' "$(stat -c '%u %g' $vs/etc/shadow)"

# ---- the account has ended: by no method
sed -i "s/^\(bob:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*\):[^:]*:/\1:1:/" $vs/etc/shadow
lacks 'an account that has ended: not by key' "$(vssh bob@10.77.0.1 'echo got-in' 2>&1)" got-in
lacks 'not by password' "$(pwssh password bob@10.77.0.1 Second-new-2 'echo got-in')" got-in
lacks 'not by keyboard-interactive' \
	"$(pwssh keyboard-interactive bob@10.77.0.1 Second-new-2 'echo got-in' -p 2201)" got-in

# ---- X11
more_sshd 2202 -o X11Forwarding=yes
if [ -e $vs/usr/bin/xauth ]; then
	out=$(DISPLAY=:99 vssh -Y -p 2202 alice@10.77.0.1 'echo "$DISPLAY"; xauth list; sleep 3' 2>/dev/null &
		sleep 2
		ss -Hltn 'sport = :6010' | awk '{print "host", $4}'
		wait)
	has 'X11: a display' "$out" localhost:10.0
	has 'with a cookie, in the VS'\''s own Xauthority' "$out" MIT-MAGIC-COOKIE-1
	check 'which is the user'\''s' test "$(stat -c %u $vs/home/alice/.Xauthority)" = 2000001
	refused 'and not in a home on the host' test -e /home/alice/.Xauthority
	lacks 'its listener is not on the host'\''s loopback' "$out" 'host 127.0.0.1:6010'
	out=$(DISPLAY=:99 vssh -Y -p 2202 alice@10.77.0.1 'exec 3<>/dev/tcp/127.0.0.1/6010
		printf "l\0\13\0\0\0\22\0\20\0\0\0MIT-MAGIC-COOKIE-1\0\0wrong-wrong-1234" >&3; cat <&3 | wc -c' 2>&1)
	has 'a connection to it reaches the client' "$out" /tmp/.X11-unix/X99
else
	skip X11 'no xauth in the skeleton'
fi

# ---- sshd's own lists and blocks: @ is a client's host there (FACTS 1)
more_sshd 2203 -o 'DenyUsers *@vs1'
check 'DenyUsers *@vs1 denies nobody (vsdadm check says so)' vssh -p 2203 alice@vs1@10.77.0.1 true
more_sshd 2204 -o 'DenyUsers *?vs1'
refused 'DenyUsers *?vs1 does' vssh -p 2204 alice@vs1@10.77.0.1 true
check 'and not at the other server' vssh -p 2204 alice@vs2@10.77.0.2 true
more_sshd 2205 -o 'AllowUsers alice?vs1'
check 'AllowUsers alice?vs1 lets her in' vssh -p 2205 alice@vs1@10.77.0.1 true
refused 'and nobody of the other server' vssh -p 2205 alice@vs2@10.77.0.2 true

# ---- the client is gone: so is the session, and its place
vsdadm vs_set localhost vs1 max_sessions=2 >/dev/null
at_most() { # what the third of three sessions says
	ssh -i "$LAB_KEY" -o BatchMode=yes -tt alice@10.77.0.1 'sleep 288' </dev/null >/dev/null 2>&1 &
	one=$!
	ssh -i "$LAB_KEY" -o BatchMode=yes -tt alice@10.77.0.1 'sleep 288' </dev/null >/dev/null 2>&1 &
	two=$!
	for _ in $(seq 50); do
		[ "$(pgrep -cxf 'sleep 288')" -lt 2 ] || break
		sleep 0.1
	done
	vssh alice@10.77.0.1 'echo third' 2>&1
}
lacks 'a third session of two is refused' "$(at_most)" third
logs 'and the log says why' 'has all the sessions it may have'
pkill -9 -xf "ssh -i $LAB_KEY -o BatchMode=yes -tt alice@10.77.0.1 sleep 288"
for _ in $(seq 50); do
	pgrep -xf 'sleep 288' >/dev/null || break
	sleep 0.1
done
is 'clients that are killed leave no process' '' "$(pgrep -xf 'sleep 288')"
is 'nor a place taken' third "$(vssh alice@10.77.0.1 'echo third')"
vsdadm vs_set localhost vs1 max_sessions=64 >/dev/null # for who goes on in this lab
done_testing
