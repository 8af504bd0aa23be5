#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0 --sshd --profile minimal --with quota
# A disk quota where the filesystem has none that fits: everybody is told, and all
# else works.  What enforces one is in tests/vm.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/quota.sh"
vs=/home/vsd/vs
why='btrfs counts by subvolume, and no hard link leads out of one'

[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 15); do [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 "$n"; done
truncate -s 1G /tmp/btrfs
if ! grep -qw btrfs /proc/filesystems || ! quota_mount btrfs /tmp/btrfs ,loop; then
	skip 'quota on btrfs' 'this kernel has no btrfs, or no loop device'
	done_testing
fi
btrfs quota enable /home/vsd
LAB_SERVERS=2
servers_make >/tmp/made 2>&1 || { cat /tmp/made; exit 1; }
has 'vs_create says that it is not enforced' "$(cat /tmp/made)" "quota of 100 MB is written down, and nothing enforces it: $why"
has 'so does vs_set' "$(vsdadm vs_set localhost vs1 quota=20)" "quota of 20 MB is written down, and nothing enforces it: $why"
has 'and vs_info' "$(vsdadm vs_info localhost vs1)" "quota_mb      20 (not enforced: $why)"
has 'for programs too' "$(vsdadm --json vs_info localhost vs1)" '"enforced": false'
has 'check tells once' "$(vsdadm check localhost 2>/dev/null)" "note: 2 servers with a disk quota that nothing enforces: $why"
check 'it is the truth' vssh alice@10.77.0.1 'head -c 30M /dev/zero >fill'
told=$(vsboot --restart vs1 2>&1 >/dev/null)
has 'vsboot says so, among errors' "$told" "vsboot: hold to its limits 'vs1': not enforced: its quota of 20 MB: $why"
logs 'and in the log' "vs1: not enforced: its quota of 20 MB: $why"
has 'started for a supervisor, too' "$(vsboot --stop vs2 >/dev/null; timeout 5 vsboot --foreground vs2 2>&1)" "hold to its limits 'vs2': not enforced: its quota of 100 MB: $why"
vsboot --start vs2 >/dev/null 2>&1
has 'its use is shown' "$(sync; vsdadm vs_info localhost vs1 | grep 'disk own')" 'KiB'
is 'files are shared there' "$(stat -c %i /home/vsd/skel/usr/bin/env)" "$(stat -c %i /home/vsd/vs/vs2/usr/bin/env)"
check 'users are made there' bevs vs1 useradd -m carol
check 'a server goes' vsdadm vs_delete localhost vs2
check 'vsd-refreshskel' vsd-refreshskel
cc -O1 -D_GNU_SOURCE -o /tmp/walls "$LAB_DIR/probe/walls.c"
/bin/cp /tmp/walls $vs/vs1/home/alice/walls
has 'nobody of a server makes a subvolume' "$(vssh alice@10.77.0.1 ./walls own)" 'subvolume EPERM'
has 'which nobody else is refused' "$(cd $vs && setpriv --reuid 2000001 --clear-groups sh -c 'cd vs1/home/alice && /tmp/walls own')" 'subvolume ok'
check 'vs_set of none is quiet' sh -c '[ -z "$(vsdadm vs_set localhost vs1 quota=0)" ]'
is 'and vsboot as well' '' "$(vsboot --restart vs1 2>&1 >/dev/null)"
vsboot --stop
umount /home/vsd
done_testing
