#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0 --sshd --profile minimal --with quota
# All limits of cgroup version 2, whose controllers are there for once; io on a disk.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/quota.sh"
cg=/sys/fs/cgroup

quota_node vdb
quota_mount ext4 /dev/vdb '' || exit 1
disk=$(cat /sys/class/block/vdb/dev)
LAB_SERVERS=2
servers_make >/tmp/made 2>&1 || { cat /tmp/made; exit 1; }
has 'an ext4 without enforcement is told of' "$(cat /tmp/made)" 'nothing enforces it: its ext4 has no project quota'

# What dd says of itself, in ms, as a login takes seconds by emulation; 0 when it fails.
dd_ms() { # VS ARGUMENTS
	vssh "alice@10.77.0.$1" "LC_ALL=C dd bs=1M count=16 $2" >/tmp/ms.out 2>&1 &&
		awk '/copied/ { print int($8 * 1000) + 1 }' /tmp/ms.out || echo 0
}
write() { dd_ms "$1" 'if=/dev/zero of=file oflag=direct'; }
read_() { dd_ms "$1" 'if=file of=/dev/null iflag=direct'; }
between() { # NAME LOW HIGH SEEN
	[ "$4" -ge "$2" ] && [ "$4" -le "$3" ] && tap_result 0 "$1" || tap_result 1 "$1" "$4, not $2..$3; $(cat /tmp/ms.out)"
}
between 'without a limit a write is quick' 1 5000 "$(write 1)"
check 'vs_set io_write on a running server' vsdadm vs_set localhost vs1 io_write=2097152
has 'the kernel has it' "$(cat $cg/vsd/vs1/io.max)" "$disk rbps=max wbps=2097152"
has 'vs_info has it' "$(vsdadm vs_info localhost vs1)" 'io_write      2097152'
lacks 'and says nothing against it' "$(vsdadm vs_info localhost vs1)" 'io_write      2097152 (not'
between '16 MB at 2 MB/s take 8 s' 7500 60000 "$(write 1)"
between 'the other server writes on' 1 5000 "$(write 2)"
between 'reading is not limited by it' 1 5000 "$(read_ 1)"
check 'io_read beside it' vsdadm vs_set localhost vs1 io_read=2097152
has 'the kernel has both' "$(cat $cg/vsd/vs1/io.max)" "$disk rbps=2097152 wbps=2097152"
between '16 MB at 2 MB/s take 8 s to read' 7500 60000 "$(read_ 1)"
check 'after a restart too' vsboot --restart vs1
has 'the kernel has both again' "$(cat $cg/vsd/vs1/io.max)" "$disk rbps=2097152 wbps=2097152"
is 'the other server has none' '' "$(cat $cg/vsd/vs2/io.max)"
check '0 is no limit' vsdadm vs_set localhost vs1 io_read=0 io_write=0
is 'in the kernel too' '' "$(cat $cg/vsd/vs1/io.max)"
between 'and one writes' 1 5000 "$(write 1)"

check 'pids' vsdadm vs_set localhost vs1 pids=30
is 'the kernel has them' 30 "$(cat $cg/vsd/vs1/pids.max)"
has 'a fork too many' "$(vssh alice@10.77.0.1 'for i in $(seq 60); do sleep 5 & done; wait' 2>&1)" ork
vsdadm vs_set localhost vs1 pids=0
check 'memory' vsdadm vs_set localhost vs1 memory=67108864
is 'the kernel has it' 67108864 "$(cat $cg/vsd/vs1/memory.max)"
refused 'a gulp too many' vssh alice@10.77.0.1 'head -c 300M /dev/zero | tail >/dev/null'
vsdadm vs_set localhost vs1 memory=0
check 'cpu' vsdadm vs_set localhost vs1 cpu=20
is 'the kernel has it' '20000 100000' "$(cat $cg/vsd/vs1/cpu.max)"
done_testing
