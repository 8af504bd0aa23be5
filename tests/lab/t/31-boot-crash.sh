#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 300
# Servers that crash, what they leave, and vsboots that are killed or collide.
. "$LAB_DIR/lib/tap.sh"
init() { cut -d' ' -f1 "/run/vsd/$1/init"; }
state() { vsboot --status "$1" | head -n 1; }
of_range() { ps -eo pid=,uid=,args= | awk '$2 >= 2000000 && $2 < 2000200'; }
traces() { # what a server that is stopped must not leave
	of_range
	find /sys/fs/cgroup/vsd -name 'vs1*'
	grep vs1 /proc/mounts
	pgrep -fx 'vsd-init vs1'
	ls /run/vsd/vs1 | grep -v -x -e lock -e sessions
}

# --- stop ends everything ---
vssh -N alice@10.77.0.1 &
client=$!
vssh alice@10.77.0.1 'setsid nohup sleep 1001 >/dev/null 2>&1 & sleep .2'
vssh alice@10.77.0.1 'trap "" HUP TERM INT; while :; do sleep 1; done' &
bevs vs1 sh -c 'ulimit -u 200; while :; do (sleep .01 &); done' >/dev/null 2>&1 &
setpriv --reuid 2000002 --regid 2000002 --clear-groups sleep 1002 & # not in its cgroup
sleep 1
check 'before: sessions, strays, a stray outside' test "$(of_range | wc -l)" -gt 5
start=$(date +%s)
check 'stop' vsboot --stop vs1
check "within a bounded time ($(($(date +%s) - start)) s)" test $(($(date +%s) - start)) -le 10
is 'nothing is left of it' '' "$(traces)"
wait $client
is 'ssh -N has ended' 255 $?
wait
check 'the other server runs on' bevs vs2 true

# --- it crashes ---
vsboot --start vs1 >/dev/null
vssh alice@10.77.0.1 'setsid sleep 1003 >/dev/null 2>&1 &'
setpriv --reuid 2000002 --regid 2000002 --clear-groups sleep 1004 &
kill -KILL "$(init vs1)"
sleep .3
is 'status says so' 'vs1: crashed' "$(state vs1)"
refused 'nobody gets in' vssh alice@10.77.0.1 true
has 'nor does bevs, which says why' "$(bevs vs1 true 2>&1)" 'it has crashed'
has 'the next start says what it did' "$(vsboot --start vs1)" 'started, cleared what an earlier run had left'
is 'the stray outside is gone' '' "$(pgrep -fx 'sleep 1004')"
check 'people get in again' vssh alice@10.77.0.1 true

# --- a reused pid, a stale run folder ---
vsboot --stop vs1 >/dev/null
sleep 1005 &
other=$!
echo "$other 12345" >/run/vsd/vs1/init
is 'a reused pid is no running server' 'vs1: crashed' "$(state vs1)"
check 'stop clears it' vsboot --stop vs1
check 'and leaves the other process alone' kill -0 $other
echo "$other $(awk '{ print $22 }' /proc/$other/stat)x" >/run/vsd/vs1/init
is 'nor is a damaged file' 'vs1: crashed' "$(state vs1)"
check 'start clears it' vsboot --start vs1
check 'and leaves the other process alone again' kill -0 $other
kill $other
vsboot --stop vs1 >/dev/null
mkdir -p /sys/fs/cgroup/vsd/vs1/services
touch /run/vsd/vs1/userns /run/vsd/vs1/filter
check 'a half-made run folder is no hindrance' vsboot --start vs1
check 'people get in after it' vssh alice@10.77.0.1 true
vsboot --stop vs1 >/dev/null
is 'and all of it goes' '' "$(traces)"

# --- two vsboots at once ---
for _ in 1 2 3 4 5 6; do vsboot --start vs1 >>/tmp/many 2>&1 & done
wait
is 'six starts: one starts it' '1 5' "$(grep -c ': started' /tmp/many) $(grep -c 'already running' /tmp/many)"
is 'one vsd-init' 1 "$(pgrep -cfx 'vsd-init vs1')"
for i in $(seq 24); do
	case $((i % 4)) in 0) a=stop ;; 1) a=restart ;; *) a=start ;; esac
	vsboot --$a vs1 >>/tmp/storm 2>&1 || echo "failed: $a" >>/tmp/storm
done &
for i in $(seq 24); do
	case $((i % 3)) in 0) a=stop ;; *) a=start ;; esac
	vsboot --$a vs1 >>/tmp/storm 2>&1 || echo "failed: $a" >>/tmp/storm
done
wait
is 'starts, stops and restarts at random: none fails' '' "$(grep failed /tmp/storm)"
vsboot --start vs1 >/dev/null
is 'after them one vsd-init' 1 "$(pgrep -cfx 'vsd-init vs1')"
check 'and people get in' vssh alice@10.77.0.1 true

# --- for a supervisor ---
vsboot --stop vs1 >/dev/null
cat >/tmp/notify.pl <<'X'
use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, pack_sockaddr_un("/tmp/notify"));
$| = 1; while (defined recv(S, $m, 100, 0)) { print "$m\n" }
X
perl /tmp/notify.pl >/tmp/notified &
listener=$!
sleep .3
NOTIFY_SOCKET=/tmp/notify vsboot --foreground vs1 >/dev/null &
front=$!
sleep .5
is '--foreground tells its supervisor' READY=1 "$(cat /tmp/notified)"
vsboot --restart vs1 >/dev/null
sleep .2
check 'it follows a restart' kill -0 $front
kill -TERM $front
wait $front
is 'SIGTERM stops the server' '0 vs1: stopped' "$? $(state vs1)"
is 'and says that too' 'READY=1 READY=1 STOPPING=1' "$(xargs </tmp/notified)"
kill $listener
vsboot --foreground vs1 >/dev/null &
front=$!
sleep .3
vsboot --stop vs1 >/dev/null
wait $front
is 'stopped by another, it ends well' 0 $?
vsboot --foreground vs1 >/dev/null 2>&1 &
front=$!
sleep .3
kill -KILL "$(init vs1)"
wait $front
is 'a crash is a failure' 1 $?
is 'and is cleared away' '' "$(traces)"
vsboot --foreground vs1 >/dev/null &
front=$!
sleep .3
kill -KILL $front
wait $front 2>/dev/null
has 'killed, it leaves the server running' "$(state vs1)" running

# --- a vsboot that gets no descriptor to look with ---
# It waits for the lock, and when it gets it may open no more.
starve() {
	flock /run/vsd/vs1/lock sleep 1 &
	sleep .2
	vsboot "$1" vs1 >/tmp/starved 2>&1 &
	sleep .4
	prlimit --pid "$(pgrep -P $! || echo $!)" --nofile=3
	wait $!
}
was=$(init vs1)
refused 'starting without descriptors is refused' starve --start
has 'and says why' "$(cat /tmp/starved)" 'look for the first process of vs1: Too many open files'
refused 'so is stopping' starve --stop
has 'and says why as well' "$(cat /tmp/starved)" 'forbid entry to vs1: Too many open files'
is 'the server runs on' "$was vs1: running, pid $was" "$(init vs1) $(state vs1)"
vsboot --stop vs1 >/dev/null

done_testing
