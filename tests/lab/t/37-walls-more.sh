#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd --profile minimal
# Walls that 35 leaves: those of the host's own view, of an ftp session, and what a
# server can use up; and that many servers are started and stopped at the same time.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
options() { findmnt -no OPTIONS -T "$1" 2>/dev/null || awk -v d="$1" '$2 == d { o = $4 } END { print o }' /proc/self/mounts; }

# --- /home/vsd as the host sees it ---
mount -o remount,bind,suid,dev,exec /home/vsd
cp /bin/true $vs/vs1/home/alice/true
chown 2000001:2000001 $vs/vs1/home/alice/true
check 'opened up, a server'\''s program runs on the host' setpriv --reuid 65534 --clear-groups $vs/vs1/home/alice/true
vsboot --restart vs1 >/dev/null
for o in nosuid nodev noexec; do has "vsboot makes /home/vsd $o" ",$(options /home/vsd)," ",$o,"; done
refused 'and it does not' setpriv --reuid 65534 --clear-groups $vs/vs1/home/alice/true
check 'but in its server' bevs -u alice vs1 /home/alice/true

# --- an ftp session ---
mkfifo -m 666 $vs/vs1/home/alice/wait
curl -sS -m 30 -T - --append "ftp://alice:lab-alice-vs1@10.77.0.1/slow" <$vs/vs1/home/alice/wait >/tmp/curl 2>&1 &
exec 3>$vs/vs1/home/alice/wait
echo x >&3
ftp=
for _ in $(seq 50); do
	ftp=$(pgrep -u 2000001 -x vsftpd | head -n 1)
	[ -z "$ftp" ] || break
	sleep 0.1
done
is 'ftp: the session has the filter' 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$ftp/status")"
is 'ftp: it is in the server'\''s cgroup' 0::/vsd/vs1 "$(grep ^0:: "/proc/$ftp/cgroup")"
is 'ftp: and in its root' "$(stat -c %d:%i $vs/vs1)" "$(stat -Lc %d:%i "/proc/$ftp/root")"
exec 3>&-
wait
rm -f $vs/vs1/home/alice/wait

# --- what a server can use up ---
refused 'the files of its /run are counted' bevs vs1 sh -c 'mkdir /run/many && cd /run/many && seq 200000 | xargs touch'
check 'those of the other server are not' bevs vs2 touch /run/one
bevs vs1 rm -rf /run/many
refused 'those of its /dev/shm too' bevs vs1 sh -c 'mkdir /dev/shm/many && cd /dev/shm/many && seq 400000 | xargs touch'
bevs vs1 rm -rf /dev/shm/many
cat >$vs/vs1/home/alice/ptys.py <<'X'
import os, sys
n = 0
try:
    while n < 400:
        os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        n += 1
except OSError:
    pass
print(n)
X
ptys=$(vssh alice@10.77.0.1 'ulimit -n 1024; command -v python3 >/dev/null && python3 ptys.py')
if [ -n "$ptys" ]; then
	check "its ptys end before 256 ($ptys)" test "$ptys" -gt 100 -a "$ptys" -le 256
else
	skip 'its ptys end' 'this skeleton has no python3'
fi
check 'the host has ptys' setsid -w script -qc true /dev/null

# --- stop, against what forks without end ---
cat >$vs/vs1/home/alice/chain <<'X'
trap '' TERM HUP INT
chain() { (sleep .02; chain) & }
for _ in 1 2 3 4; do chain; done
X
vssh alice@10.77.0.1 'setsid sh chain >/dev/null 2>&1 </dev/null & sleep .3'
check 'processes that are never the same' pgrep -u 2000001 -f 'sh chain'
start=$(date +%s)
check 'stop' timeout 60 vsboot --stop vs1
check 'in bounded time' test $(($(date +%s) - start)) -le 20
is 'ends them all' '' "$(pgrep -U "$(seq -s, 2000000 2000199)")"
vsboot --start vs1 >/dev/null

# --- stop of all, which looks at each process of the host once ---
vsboot --stop >/dev/null
(setpriv --reuid 2000203 --regid 2000203 --clear-groups sleep 300 &)
check 'a stray' sh -c 'for _ in $(seq 50); do pgrep -U 2000203 && exit; sleep .1; done; exit 1'
all=$(vsboot --stop)
has 'stop of all, where a stray of a stopped server is' "$all" 'vs1: not running'
refused 'ends it' pgrep -U 2000203
group=$(ls -d /sys/fs/cgroup/unified/vsd /sys/fs/cgroup/vsd 2>/dev/null | head -n 1)
mkdir "$group/vs2"
has 'and clears away what a killed start had made' "$(vsboot --stop)" 'vs2: stopped'
refused 'all of it' test -e "$group/vs2"
for left in init userns filter utmp; do
	: >/run/vsd/vs2/$left
	vsboot --stop >/dev/null
	refused "such as a file $left" test -e /run/vsd/vs2/$left
done
flock /run/vsd/vs2/lock sleep 2 &
start=$(date +%s%3N)
check 'one that somebody starts now' vsboot --stop
took=$(($(date +%s%3N) - start))
check "is waited for ($took ms)" test "$took" -ge 1000
wait $!
vsboot --start >/dev/null

# --- many at the same time ---
for n in 1 2; do
	id=$((2000000 + 200 * (n - 1)))
	install -d -o $id -g $id $vs/vs$n/etc/service/slow
	printf '#!/bin/sh\ntrap "sleep 3; exit" TERM\necho up >/root/up\nwhile :; do sleep .1; done\n' >$vs/vs$n/etc/service/slow/run
	chmod 755 $vs/vs$n/etc/service/slow/run
	wait_for $vs/vs$n/root/up
done
start=$(date +%s%3N)
check 'two servers whose services take 3 s to end' vsboot --stop
took=$(($(date +%s%3N) - start))
check "are stopped in less than 6 ($took ms)" test "$took" -ge 2500 -a "$took" -lt 5800
done_testing
