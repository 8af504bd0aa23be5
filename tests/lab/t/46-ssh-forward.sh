#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Forwards of ssh and connections of ftp are the server's own: behind its fence.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1

# A service that says who it is, on one address: WHERE ADDRESS PORT TEXT
cat >/tmp/say <<'X'
while :; do echo "$3" | nc -l -N "$1" "$2" >/dev/null || sleep 0.2; done
X
cp /tmp/say $vs/tmp/say
cp /tmp/say /home/vsd/vs/vs2/tmp/say
setsid sh /tmp/say 127.0.0.1 9999 of-the-host >/dev/null 2>&1 &
host=$!
setsid sh /tmp/say 10.88.0.1 9998 of-the-host >/dev/null 2>&1 &
other=$!
vssh alice@10.77.0.1 'setsid sh /tmp/say 127.0.0.1 8888 of-vs1 >/dev/null 2>&1 & sleep .3'
vssh alice@10.77.0.2 'setsid sh /tmp/say 127.0.0.1 8888 of-vs2 >/dev/null 2>&1 & sleep .3'
vssh alice@10.77.0.2 'setsid sh /tmp/say 10.77.0.2 8081 public-vs2 >/dev/null 2>&1 & sleep .3'
ask() { nc -w 3 "$@" </dev/null 2>/dev/null; }
# It answers one at a time, with a pause: ask again.  WANT COMMAND...
until_says() {
	want=$1
	shift
	for _ in $(seq 15); do
		said=$("$@")
		[ "$said" != "$want" ] || break
		sleep 0.2
	done
	echo "$said"
}
is 'the host has a service on its loopback' of-the-host "$(until_says of-the-host ask 127.0.0.1 9999)"

# through USER@HOST TARGET: what a connection by -W says
through() { ssh -i "$LAB_KEY" -o BatchMode=yes -o ConnectTimeout=10 -W "$2" "$1" </dev/null 2>&1; }
is '-W to the loopback: the server'\''s own service' of-vs1 "$(until_says of-vs1 through alice@10.77.0.1 127.0.0.1:8888)"
is 'each server'\''s its own' of-vs2 "$(until_says of-vs2 through alice@10.77.0.2 127.0.0.1:8888)"
is 'by the name localhost too' of-vs1 "$(until_says of-vs1 through alice@10.77.0.1 localhost:8888)"
lacks 'not the host'\''s loopback' "$(through alice@10.77.0.1 127.0.0.1:9999)" of-the-host
lacks 'by no other name of it' "$(for a in localhost 127.1.2.3 0.0.0.0 '[::1]' '[::ffff:127.0.0.1]' '[::]'; do
	through alice@10.77.0.1 $a:9999
done)" of-the-host
lacks 'nor another address of the host' "$(through alice@10.77.0.1 10.88.0.1:9998)" of-the-host
is 'which the host itself can reach' of-the-host "$(until_says of-the-host ask 10.88.0.1 9998)"
lacks 'nor another server'\''s loopback' "$(through alice@10.77.0.1 10.77.0.2:8888)" of-vs2
is 'but its public port' public-vs2 "$(until_says public-vs2 through alice@10.77.0.1 10.77.0.2:8081)"

ssh -i "$LAB_KEY" -o BatchMode=yes -fNT -o ExitOnForwardFailure=yes -S /tmp/fwd -M \
	-L 7001:127.0.0.1:8888 -L 7002:127.0.0.1:9999 -L /tmp/up.sock:/tmp/in-vs.sock \
	-R 9100:127.0.0.1:9999 -R /tmp/down.sock:127.0.0.1:9999 alice@10.77.0.1
is '-L reaches the server'\''s loopback' of-vs1 "$(until_says of-vs1 ask 127.0.0.1 7001)"
lacks 'and not the host'\''s' "$(ask 127.0.0.1 7002)" of-the-host
is '-R listens in the server' of-the-host \
	"$(until_says of-the-host vssh alice@10.77.0.1 'nc -w 3 127.0.0.1 9100 </dev/null')"
lacks 'not on the host'\''s loopback' "$(ss -Hltn 'sport = :9100')" '127.0.0.1:9100'
is 'where nobody answers' '' "$(ask 127.0.0.1 9100)"
is 'nor on the server'\''s public address' '' "$(ask 10.77.0.1 9100)"
is 'nor in another server' '' "$(vssh alice@10.77.0.2 'nc -w 3 127.0.0.1 9100 </dev/null')"
check '-R of a socket: a file of the server' test -S $vs/tmp/down.sock
refused 'and none of the host' test -e /tmp/down.sock
vssh alice@10.77.0.1 'echo local-of-vs1 | nc -lU -N /tmp/in-vs.sock >/dev/null' &
listener=$!
for _ in $(seq 50); do
	[ ! -S $vs/tmp/in-vs.sock ] || break
	sleep 0.1
done
is '-L of a socket: a file of the server' local-of-vs1 "$(ask -U /tmp/up.sock)"
wait $listener
ssh -S /tmp/fwd -O exit alice@10.77.0.1 2>/dev/null

# as SOCKS, which resolves and connects in the server
ssh -i "$LAB_KEY" -o BatchMode=yes -fNT -S /tmp/dyn -M -D 7003 alice@10.77.0.1
is '-D likewise' of-vs1 "$(until_says of-vs1 ask -X 5 -x 127.0.0.1:7003 127.0.0.1 8888)"
lacks 'and not the host'\''s' "$(ask -X 5 -x 127.0.0.1:7003 127.0.0.1 9999)" of-the-host
ssh -S /tmp/dyn -O exit alice@10.77.0.1 2>/dev/null
refused 'host_ports are nobody'\''s: -R 22' ssh -i "$LAB_KEY" -o BatchMode=yes \
	-o ExitOnForwardFailure=yes -R 22:127.0.0.1:9999 admin@10.77.0.1 true
refused 'no -w: tunnels are off' ssh -i "$LAB_KEY" -o BatchMode=yes -o ExitOnForwardFailure=yes \
	-w 0:0 alice@10.77.0.1 true

# ---- the fence is what stops it
vsboot --stop vs1 >/dev/null
sed -i 's/^fence = .*/fence = no/' /etc/vsd.conf
has 'nobody starts without it while others are behind it' "$(vsboot --start vs1 2>&1)" \
	'1 server is still in the fence: stop it first'
vsboot --stop >/dev/null
vsboot --start >/dev/null
is 'without the fence the host'\''s loopback is reached (so that is the wall)' of-the-host \
	"$(until_says of-the-host through alice@10.77.0.1 127.0.0.1:9999)"
kill -- -$host -$other
done_testing
