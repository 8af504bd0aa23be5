#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2
# vs_verify and the disk figures of vs_info.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs skel=/home/vsd/skel
json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
verify() { vsdadm vs_verify localhost vs1; }
disk() { vsdadm vs_info localhost "$1" --json | json "d['disk']['$2']"; }

check 'a fresh server is intact' verify
shared=$(verify | sed -n 's/^vs1: \([0-9]*\) files shared.*/\1/p')
is 'it shares what the skeleton shares' "$(grep -c '^s ' $skel/.vsd-manifest)" "$shared"
lacks 'nothing is missing' "$(verify)" missing
is 'what users have is added' added "$(touch $vs/vs1/home/alice/a $vs/vs1/home/alice/b
	a=$(verify | sed -n 's/.*, \([0-9]*\) files and folders added/\1/p')
	rm $vs/vs1/home/alice/a
	b=$(verify | sed -n 's/.*, \([0-9]*\) files and folders added/\1/p')
	[ "$((a - b))" = 1 ] && [ "$b" -gt 0 ] && echo added)"

bevs vs1 sh -c 'echo mine >>/etc/httpd/conf/httpd.conf; rm /root/.bashrc'
has 'a private file that its admin changed' "$(verify)" 'changed  /etc/httpd/conf/httpd.conf'
has 'and one that is gone' "$(verify)" 'removed  /root/.bashrc'
check 'are not wrong' verify
cp -p $vs/vs1/usr/bin/env $vs/vs1/usr/bin/env.new && mv $vs/vs1/usr/bin/env.new $vs/vs1/usr/bin/env
has 'a copy of a shared file' "$(verify)" 'unshared /usr/bin/env'
check 'is not wrong either' verify
echo more >>$vs/vs1/usr/bin/env
has 'another content is' "$(verify)" 'altered  /usr/bin/env'
refused 'and exit 1' verify
ln -f $skel/usr/bin/env $vs/vs1/usr/bin/env
rm $vs/vs1/usr/bin/env
has 'a shared file that is missing' "$(verify)" 'missing  /usr/bin/env'
refused 'likewise' verify
ln -s /etc/shadow $vs/vs1/usr/bin/env
has 'a link in its place is not followed' "$(verify)" 'altered  /usr/bin/env'
ln -f $skel/usr/bin/env $vs/vs1/usr/bin/env
check 'mended' verify
chown 5:5 $vs/vs1/home/alice/b
has 'an owner of the host' "$(verify)" 'owner    /home/alice/b'
refused 'is wrong' verify
is '--json' 'False owner /home/alice/b' "$(vsdadm vs_verify localhost vs1 --json | json \
	"d['intact'], *[x for f in d['findings'] if f['finding'] == 'owner' for x in f.values()]" | xargs)"
rm $vs/vs1/home/alice/b
refused 'no such server' vsdadm vs_verify localhost vs7

# --- the disk ---
# as find counts it: root's files of several names are shared
want=$(find $vs/vs2 -xdev -type f -user 0 -links +1 -printf '%b\n' | awk '{ n += $1 } END { print n * 512 }')
is 'shared bytes' "$want" "$(disk vs2 shared_bytes)"
is 'shared files' "$(find $vs/vs2 -xdev ! -type d -user 0 -links +1 | wc -l)" "$(disk vs2 shared_files)"
is 'its own' "$(find $vs/vs2 -xdev \( -type d -o ! -user 0 -o -links 1 \) | wc -l)" "$(disk vs2 own_inodes)"
before=$(disk vs2 own_bytes)
bevs -u alice vs2 dd if=/dev/zero of=/home/alice/big bs=1024 count=1024 2>/dev/null
bevs -u alice vs2 ln /home/alice/big /home/alice/twin
is 'a file of a user counts, once' 1048576 "$(($(disk vs2 own_bytes) - before))"
has 'vs_info prints it' "$(vsdadm vs_info localhost vs2)" "disk shared   $((want / 1024)) KiB"
done_testing
