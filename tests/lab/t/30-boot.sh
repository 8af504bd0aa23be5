#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# A running server: what it sees, what it is, and whether status is true.
. "$LAB_DIR/lib/tap.sh"
init() { cut -d' ' -f1 "/run/vsd/$1/init"; }
state() { vsboot --status "$1" | head -n 1; }
ns() { readlink "/proc/$1/ns/$2"; }

# --- namespaces ---
for kind in pid mnt uts ipc; do
	a=$(ns "$(init vs1)" $kind) b=$(ns "$(init vs2)" $kind)
	check "its own $kind namespace" test -n "$a" -a "$a" != "$b" -a "$a" != "$(ns self $kind)"
done
is 'pid 1 is vsd-init' vsd-init "$(bevs vs1 cat /proc/1/comm)"
is 'the host name is the fqdn'\''s first label' vs1 "$(bevs vs1 cat /proc/sys/kernel/hostname)"
is 'the namespace'\''s root is a read-only tmpfs' 'tmpfs ro' \
	"$(awk '$2 == "/" { split($4, o, ","); print $3, o[1] }' "/proc/$(init vs1)/mounts")"
is 'which holds the server alone' vs "$(ls "/proc/$(init vs1)/root/")"
is 'the host'\''s root is not mounted' '' "$(awk '$2 != "/" && $2 !~ "^/vs(/|$)"' "/proc/$(init vs1)/mounts")"
is 'an idle server is one process' vsd-init "$(bevs vs1 ps -eo comm= | grep -v '^ps$')"
is 'as root runs only pid 1' '1' "$(bevs vs1 ps -eo pid=,uid= | awk '$2 < 2000000 { print $1 }')"
is 'with SETUID SETGID KILL SYS_CHROOT SYS_ADMIN left' 00000000002400e0 \
	"$(awk '/^CapEff/ { print $2 }' "/proc/$(init vs1)/status")"
private=$(awk '/^Private_(Clean|Dirty)/ { n += $2 } END { print n }' "/proc/$(init vs1)/smaps_rollup")
check "and which has at most 150 KiB of its own ($private)" test "$private" -le 150

# --- mounts ---
mounts=$(bevs vs1 cat /proc/self/mounts)
opts() { echo "$mounts" | awk -v p="$1" '$2 == p { o = $4 } END { print "," o "," }'; }
for o in nosuid nodev rw; do has "/ is $o" "$(opts /)" ",$o,"; done
for o in ro nosuid nodev; do has "/usr is $o" "$(opts /usr)" ",$o,"; done
for o in ro nodev; do has "the helper's folder is $o" "$(opts /usr/lib/vsd)" ",$o,"; done
lacks 'but not nosuid' "$(opts /usr/lib/vsd)" nosuid
for o in nosuid nodev noexec hidepid=invisible gid=2000000; do has "/proc is $o" "$(opts /proc)" ",$o,"; done
has '/proc/sys is read-only' "$(opts /proc/sys)" ,ro,
for o in ro nosuid noexec; do has "/dev is $o" "$(opts /dev)" ",$o,"; done
for o in gid=5 mode=620 max=256; do has "/dev/pts has $o" "$(opts /dev/pts)" ",$o,"; done
for o in size= nr_inodes=; do
	has "/run has $o" "$(opts /run)" ",$o"
	has "/dev/shm has $o" "$(opts /dev/shm)" ",$o"
done
has 'its own /home/vsd is read-only' "$(opts /home/vsd)" ,ro,
is '/run is 1775 root:admin' '1775 0 2000000' "$(bevs vs1 stat -c '%a %u %g' /run)"
is 'the devices' 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero' \
	"$(bevs vs1 ls /dev | xargs)"
check '/dev/null works' bevs vs1 sh -c 'echo x >/dev/null; ! read -r _ </dev/null'
check 'the links of /dev work' bevs vs1 sh -c 'echo x | grep -q x /dev/stdin; echo y >/dev/stdout'
check 'shared memory works' bevs -u alice vs1 sh -c 'echo x >/dev/shm/f; rm /dev/shm/f'

# --- hidepid ---
bevs -u alice vs1 sleep 299 &
sleep .4
has 'admin sees a user'\''s process' "$(bevs vs1 ps -eo args)" 'sleep 299'
lacks 'another user does not' "$(bevs -u bob vs1 ps -eo args)" 'sleep 299'
lacks 'nor does the other server'\''s admin' "$(bevs vs2 ps -eo args)" 'sleep 299'
refused 'nor can it be signalled from there' bevs vs2 sh -c 'kill -9 $(seq 2 300) 2>/dev/null'
check 'it lives' pgrep -f '^sleep 299'
pkill -f '^sleep 299'
wait

# --- marker ---
is 'the marker is root'\''s' '444 0 0' "$(bevs vs1 stat -c '%a %u %g' /run/vsd/self)"
is 'its folder is root'\''s' '755 0 0' "$(bevs vs1 stat -c '%a %u %g' /run/vsd)"
has 'it names server and range' "$(bevs vs1 cat /run/vsd/self)" 'vsd1 vs1 '
refused 'admin cannot rename it' bevs -r vs1 mv /run/vsd /run/gone
is 'the guard shell knows it' alice "$(bevs -u alice vs1 /usr/lib/vsd/vsd-shell -c 'id -un')"
refused 'and refuses on the host' setpriv --reuid 2000001 --regid 2000001 --clear-groups \
	/usr/lib/vsd/vsd-shell -c id

# --- status ---
is 'status: running' "vs1: running, pid $(init vs1)" "$(state vs1)"
check 'status is 0 while all run' vsboot --status
is 'status as JSON' running "$(vsboot --status --json vs1 | sed -n 's/.*"state": "\(.*\)".*/\1/p')"
check 'start again changes nothing' vsboot --start vs1
pid=$(init vs1)
check 'restart' vsboot --restart vs1
check 'makes another one' test "$pid" != "$(init vs1)"
check 'stop' vsboot --stop vs1
is 'status: stopped' 'vs1: stopped' "$(state vs1)"
refused 'status is not 0' vsboot --status
refused 'nobody gets in' vssh alice@10.77.0.1 true
check 'but root by bevs' bevs vs1 true
check 'the other one runs on' bevs vs2 true
is 'no cgroup is left' '' "$(find /sys/fs/cgroup/vsd -name 'vs1*')"
is 'no mount is left' '' "$(grep vs1 /proc/mounts)"
is 'of the run folder the lock' lock "$(ls /run/vsd/vs1 | grep -v '^sessions$')"
check 'stop again changes nothing' vsboot --stop vs1
refused 'a server that is not there' vsboot --start vs9
refused 'a name that is none' vsboot --start ../vs2
vsdadm vs_disable localhost vs1 >/dev/null
refused 'a disabled one does not start' vsboot --start vs1
check 'but is no error when all are meant' vsboot --start
is 'status: disabled' 'vs1: disabled' "$(state vs1)"
vsdadm vs_enable localhost vs1 >/dev/null
check 'enabled, it starts' vsboot --start vs1
check 'and people get in' vssh alice@10.77.0.1 true

done_testing
