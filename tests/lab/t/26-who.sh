#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# who and last in a server: its own logins, and no others.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
[ -e /run/utmp ] || { touch /run/utmp && chmod 0664 /run/utmp; }
for f in /run/utmp /var/log/wtmp; do
	[ -e $f ] || skip 'records of logins' "this host's sshd has no $f"
done
inside() { vssh alice@10.77.0.1 "$@"; } # no terminal, so no record of its own
session() { # with a terminal; to be waited for or killed, so no function's subshell
	exec ssh -i "$LAB_KEY" -o BatchMode=yes -tt "${to:-alice@10.77.0.1}" "$@" </dev/null
}
until_has() { # TEXT COMMAND...
	want=$1
	shift
	for _ in $(seq 50); do
		"$@" 2>/dev/null | grep -q -e "$want" && return
		sleep 0.1
	done
}

# Debian 13's who asks logind, which no server has, unless it is given the file; and its
# last is in no package that a server has.
who='who'
! grep -aq libsystemd $vs/usr/bin/who || who="who /run/utmp"
last() { # NAME TEXT COMMAND; sshd writes its record after the session's last process
	[ -e $vs/usr/bin/last ] || {
		skip "$1" 'the util-linux of Debian 13 has no last'
		return
	}
	until_has "$2" inside "$3"
	has "$1" "$(inside "$3")" "$2"
}

# ---- at the start
has 'who -b says when the server started' "$(inside who -b)" 'system boot'
is 'nobody is logged in' '' "$(inside "$who")"
host_utmp=$(md5sum </run/utmp) host_wtmp=$(md5sum </var/log/wtmp)

# ---- in and out
session sleep 30 >/dev/null 2>&1 &
one=$!
to=alice@vs1@10.88.0.1 session sleep 30 >/dev/null 2>&1 &
two=$!
until_has pts/1 inside "$who"
is 'who: both, by their own names' 'alice alice' "$(inside "$who" | awk '{print $1}' | xargs)"
has 'w: what they run' "$(inside w)" 'sleep 30'
is 'by the process that leads the terminal' 'pts/0 pts/1' \
	"$(inside 'ps -o tty= -p $('"$who"' -u | awk "{print \$6}" | paste -sd,)' | sort | xargs)"
has 'from where' "$(inside "$who")" '(10.77.0.1)'
last 'last' 'still logged in' last
is 'the other server sees neither' '' "$(vssh alice@10.77.0.2 "$who"; grep -a alice /home/vsd/vs/vs2/var/log/wtmp)"
is 'nor does the host' "$host_utmp $host_wtmp" "$(md5sum </run/utmp) $(md5sum </var/log/wtmp)"
kill $one
until_has '^1$' inside "$who | wc -l"
is 'who: one is left' 1 "$(inside "$who" | wc -l)"
last 'last: the other has a length' '(00:0' last

# ---- a monitor that is killed says nothing; the terminal does
pkill -9 -f '^sshd: alice@vs1 \[priv\]'
wait $two 2>/dev/null
until_has '^0$' inside "$who | wc -l"
is 'who: nobody, after the monitor was killed' '' "$(inside "$who")"
if [ -e $vs/usr/bin/last ]; then
	for _ in $(seq 50); do
		inside last | grep -q 'still logged in' || break
		sleep 0.1
	done
	lacks 'last: nor there' "$(inside last)" 'still logged in'
fi

# ---- several over one connection
ctl=/tmp/ctl.$$
ssh -i "$LAB_KEY" -o BatchMode=yes -M -S $ctl -fN alice@10.77.0.1
for _ in 1 2; do
	ssh -S $ctl -tt alice@10.77.0.1 'sleep 30' </dev/null >/dev/null 2>&1 &
done
until_has pts/1 inside "$who"
is 'ControlMaster: both terminals' 'pts/0 pts/1' "$(inside "$who" | awk '{print $2}' | sort | xargs)"
ssh -S $ctl -O exit alice@10.77.0.1 2>/dev/null
until_has '^0$' inside "$who | wc -l"
is 'and both are gone with it' '' "$(inside "$who")"

# ---- nobody in the server can hold it up, or write it
cc -O1 -o $vs/home/alice/readlock "$LAB_DIR/probe/readlock.c" || exit 1
inside './readlock /run/utmp /var/log/wtmp' >/tmp/held 2>&1 &
until_has held cat /tmp/held
start=$(date +%s)
is 'a reader'\''s lock holds up nobody' ok "$(session echo ok 2>/dev/null | tr -d '\r')"
check 'not for a moment' test $(($(date +%s) - start)) -lt 5
check 'while it is held' grep -q held /tmp/held
vssh alice@10.77.0.1 'pkill readlock'
refused 'admin cannot write utmp' vssh admin@10.77.0.1 'echo >>/run/utmp'
refused 'nor wtmp, by simroot' vssh admin@10.77.0.1 'simroot sh -c "echo >>/var/log/wtmp"'
refused 'nor put another in its place' vssh admin@10.77.0.1 'simroot mv /run/utmp /run/x'

# ---- a wtmp that is another file too is left alone, and a login works
echo shared >$vs/usr/share/shared
mv $vs/var/log/wtmp /tmp/kept
ln $vs/usr/share/shared $vs/var/log/wtmp
is 'with such a wtmp people get in' ok "$(session echo ok 2>/dev/null | tr -d '\r')"
is 'and it is unchanged' shared "$(cat $vs/usr/share/shared)"
rm $vs/var/log/wtmp $vs/usr/share/shared
mv /tmp/kept $vs/var/log/wtmp

# ---- without a record of its own, as in a server that an older vsd-init has started
mv /run/vsd/vs1/utmp /run/vsd/vs1/away
is 'without the file people get in' ok "$(session echo ok 2>/dev/null | tr -d '\r')"
logs 'and the log says so' 'recorded on the host' 4
mv /run/vsd/vs1/away /run/vsd/vs1/utmp

# ---- over a restart
session sleep 30 >/dev/null 2>&1 &
until_has pts/0 inside "$who"
vsboot --restart vs1 >/dev/null
is 'who: nobody after a restart' '' "$(inside "$who")"
last 'last: until the shutdown' ' - down ' last
last 'which last -x names' 'shutdown system down' 'last -x'
done_testing
