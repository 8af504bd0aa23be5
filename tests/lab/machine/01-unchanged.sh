#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The lab leaves the machine as it was: after a run, after its first process was
# killed, and with several at once.
top=$(cd "$(dirname "$0")/../../.." && pwd -P)
lab=$top/tests/lab/run
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What must be the same: mounts, network, cgroups, /etc, the tree, processes.
snapshot() {
	sort /proc/self/mounts
	ip -o link
	ip -o addr | sed 's/valid_lft.*//'
	# Another lab at work has processes in its cgroup; one left behind has none.
	grep -l 'populated 0' /sys/fs/cgroup/vsd-lab.*/cgroup.events \
		/sys/fs/cgroup/unified/vsd-lab.*/cgroup.events 2>/dev/null
	find /etc -xdev -type f -printf '%p %T@ %s %U %G %m\n' | sort
	git -C "$top" status --short 2>/dev/null
	ls -d /home/vsd /etc/vsd /etc/vsd.conf /var/lib/vsd /run/vsd 2>/dev/null
	cat /proc/sys/net/ipv4/ip_forward
}

# Other labs may be at work on this machine: only ours are waited for.
settle() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	sleep 0.3
}

n=0
check() {
	n=$((n + 1))
	if eval "$2"; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}

same() {
	snapshot >"$scratch/after"
	diff "$scratch/before" "$scratch/after"
}

echo 1..7
"$lab" --bare -- true || exit 1 # makes the layer, if need be
snapshot >"$scratch/before"
"$lab" --bare --sshd -- sh -c 'useradd -m carol && touch /etc/x /usr/x "$LAB_TOP/x" &&
	ip addr add 10.77.0.9/32 dev vsd0; mkdir -p /etc/vsd; exit 7'
status=$?
check 'the status is the command'\''s' "[ $status -eq 7 ]"
check 'the machine is as it was after a run' same

for signal in TERM KILL; do
	"$lab" --bare -- sleep 300 &
	pid=$!
	sleep 1.5
	kill -$signal $pid
	wait $pid 2>/dev/null
	settle $pid
	check "the machine is as it was after SIG$signal" same
done

check 'stdin goes through' '[ "$(echo word | "$lab" --bare -- cat)" = word ]'

for i in 1 2 3; do
	"$lab" --bare --sshd -- sh -c 'ip addr add 10.77.0.1/32 dev vsd0 && sleep 1 &&
		ssh -i "$LAB_KEY" root@10.77.0.1 true' && : >"$scratch/ok.$i" &
done
wait
check 'several at once do not meet' '[ -e "$scratch/ok.1" ] && [ -e "$scratch/ok.2" ] && [ -e "$scratch/ok.3" ]'
check 'the machine is as it was after several' same
