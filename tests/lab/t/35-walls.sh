#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# The walls around what runs in a server, by every way in: a probe tries, and what the
# host's own users may do shows that the probe can.
. "$LAB_DIR/lib/tap.sh"
cc -O1 -D_GNU_SOURCE -o /tmp/walls "$LAB_DIR/probe/walls.c" || exit 1
vs=/home/vsd/vs/vs1
install -m 0755 /tmp/walls $vs/home/alice/walls
install -m 0755 /tmp/walls $vs/root/walls
answer() { sed -n "s/^$2 //p" "/tmp/walls.$1"; }

# --- each way in ---
setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/walls /tmp/own >/tmp/walls.host </dev/null
# as a daemon that the kernel must not kill has it
protected=yes
choom -n -900 -p $$ >/dev/null || protected=
more_sshd 2222 -o 'PidFile /run/sshd-2222.pid'
vssh alice@10.77.0.1 ./walls own </dev/null >/tmp/walls.ssh
su alice@vs1 -c 'cd; ./walls own' </dev/null >/tmp/walls.su
bevs -u alice vs1 sh -c 'cd; ./walls own' </dev/null | tr -d '\r' >/tmp/walls.bevs
install -d -o 2000000 -g 2000000 $vs/etc/service/probe
printf '#!/bin/sh\nexec 2>&1\n/root/walls /root/own >/root/walls.out.new\nmv /root/walls.out.new /root/walls.out\nexec sleep 100\n' >$vs/etc/service/probe/run
chmod 755 $vs/etc/service/probe/run
vsboot --restart vs1 >/dev/null
[ -z "$protected" ] || choom -n 0 -p $$ >/dev/null
wait_for $vs/root/walls.out
cp $vs/root/walls.out /tmp/walls.service

[ "$(uname -m)" != x86_64 ] || x32=x32
for way in ssh su bevs service; do
	for may in unix inet inet6-udp netlink-route own-file getflags pipe; do
		is "$way: $may is allowed" ok "$(answer $way $may)"
	done
	for family in netlink-uevent netlink-diag vsock vsock-high alg packet; do
		is "$way: no $family socket" EAFNOSUPPORT "$(answer $way $family)"
	done
	for call in setflags projid subvolume tiocsti tiocsti-high unshare-user unshare-net mount bpf keyctl userfaultfd; do
		is "$way: $call is refused" EPERM "$(answer $way $call)"
	done
	for call in io-uring clone3 $x32; do
		is "$way: $call is not there" ENOSYS "$(answer $way $call)"
	done
	is "$way: no flag or project id by file_setattr" EOPNOTSUPP "$(answer $way file-setattr)"
	is "$way: file handles are not there" EOPNOTSUPP "$(answer $way handle)"
	if [ -z "$protected" ]; then
		skip "$way: the OOM killer may have it" 'this root has no CAP_SYS_RESOURCE to protect a daemon with'
		continue
	fi
	is "$way: the OOM killer may have it" 0 "$(answer $way oom-score)"
	is "$way: and goes on to be able to" EACCES "$(answer $way oom-lower)"
done
for may in netlink-uevent netlink-diag setflags keyctl; do
	is "the host's own may: $may" ok "$(answer host $may)"
done
isnt() { [ "$2" != "$3" ] && tap_result 0 "$1" || tap_result 1 "$1" "seen: $3"; }
for there in io-uring clone3 handle; do
	isnt "on the host is $there" ENOSYS "$(answer host $there)"
done

# --- what a server can fill ---
is 'ptys end at 256' 256 "$(bevs vs1 sed -n 's/.* \/dev\/pts .*max=\([0-9]*\).*/\1/p' /proc/self/mounts | tr -d '\r')"
refused 'its /run is bounded' bevs vs1 sh -c 'head -c 512M /dev/zero >/run/fill'
bevs vs1 rm -f /run/fill
refused 'its /dev/shm too' bevs vs1 sh -c 'head -c 4G /dev/zero >/dev/shm/fill'
bevs vs1 rm -f /dev/shm/fill
check 'the host'\''s /run has room' sh -c 'echo x >/run/room && rm /run/room'
vsdadm vs_set localhost vs1 max_sessions=2 >/dev/null
vssh alice@10.77.0.1 sleep 4 &
vssh alice@10.77.0.1 sleep 4 &
sleep 1
refused 'a session too many' vssh alice@10.77.0.1 true
wait
check 'when they have ended it is one of two' vssh alice@10.77.0.1 true

# --- the link that makes one path right on both sides ---
refused 'admin cannot rename /home/vsd' bevs vs1 mv /home/vsd /home/away
refused 'nor put something in its place' bevs vs1 sh -c 'rm -rf /home/vsd; ln -s / /home/vsd'
check 'alice still finds her keys' vssh alice@10.77.0.1 true

# --- stop reaches all ---
vssh alice@10.77.0.1 'setsid sh -c "trap \"\" TERM HUP INT; sleep 300" >/dev/null 2>&1 </dev/null & sleep .2'
ssh -i "$LAB_KEY" -N -o BatchMode=yes alice@10.77.0.1 &
sleep 1
check 'strays and sessions without a command are there' pgrep -u 'alice@vs1'
check 'stop' timeout 30 vsboot --stop vs1
is 'ends them all' '' "$(pgrep -U "$(seq -s, 2000000 2000199)")"
wait
done_testing
