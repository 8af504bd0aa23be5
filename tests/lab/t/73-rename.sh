#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 3 --sshd
# seconds: 240
# vs_rename: all that goes by a server's name, and killed at any moment.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
ids=$(stat -c %u $vs/vs1/home)

has 'a server that runs is refused' "$(vsdadm vs_rename localhost vs1 shop 2>&1)" 'it is running'
vsboot --stop vs1 >/dev/null
check 'vs_rename' vsdadm vs_rename localhost vs1 shop
is 'the old name is gone' '' "$(vsdadm vs_list localhost | grep '^vs1 '; find $vs /etc/vsd/servers -name vs1)"
is 'the tree has moved' "$ids" "$(stat -c %u $vs/shop/home)"
is 'the link in it too' / "$(readlink $vs/shop$vs/shop)"
is 'users are of the new name' "alice@shop:x:2000001" "$(getent passwd alice@shop | cut -d: -f1-3)"
is 'of the old one no more' '' "$(getent passwd alice@vs1)"
is 'so is an id' alice@shop "$(getent passwd 2000001 | cut -d: -f1)"
check 'it starts' vsboot --start shop
is 'alice logs in by address' 'alice /home/alice' "$(vssh alice@10.77.0.1 'id -un; pwd' | xargs)"
is 'and by name' alice "$(vssh alice@shop@10.77.0.1 id -un)"
check 'the name is free at once' vsdadm vs_create localhost vs1 10.77.0.9 vs9.example.test 0 50
refused 'but not for a rename while it is queued' vsdadm vs_rename localhost vs2 vs1
check 'made' vsd-vsbatch
vsboot --stop >/dev/null
for to in vs3 vs1 ../x Upper '' "$(printf 'x%.0s' $(seq 33))"; do
	refused "refused: '$to'" vsdadm vs_rename localhost vs2 "$to"
done
mkdir $vs/taken
refused 'a folder in the way' vsdadm vs_rename localhost vs2 taken
rmdir $vs/taken
refused 'no such server' vsdadm vs_rename localhost vs7 vs8
check 'all is well' vsdadm check localhost

# --- a hostile tree: its folders lead elsewhere ---
mkdir -p /tmp/outside/vs
ln -s /tmp/outside $vs/vs3/home/vsd.link
mv $vs/vs3/home/vsd $vs/vs3/home/vsd.real
mv $vs/vs3/home/vsd.link $vs/vs3/home/vsd
check 'a link in the place of /home/vsd' vsdadm vs_rename localhost vs3 odd
is 'is not followed' '' "$(ls -A /tmp/outside/vs)"
rm $vs/odd/home/vsd
mv $vs/odd/home/vsd.real $vs/odd/home/vsd

# --- killed again and again ---
killed=0 name=vs2
for us in $(seq 200 150 9000); do
	case $name in vs2) to=two ;; *) to=vs2 ;; esac
	! killed_after "$(printf 0.%06d "$us")" vsdadm vs_rename localhost $name $to || killed=$((killed + 1))
	vsdadm check --repair localhost >/tmp/out 2>&1 || cat /tmp/out
	name=$(vsdadm vs_list localhost | awk '$1 == "vs2" || $1 == "two" { print $1 }')
	[ "$(stat -c %u "$vs/$name/home")" = 2000200 ] && [ "$(readlink "$vs/$name$vs/$name")" = / ] ||
		echo "after $us us: $name"
done >/tmp/bad
is 'check --repair ends in the old or the new state' '' "$(cat /tmp/bad)"
check "it was killed on its way ($killed times)" test $killed -gt 4
is 'nothing is left' '' "$(ls /var/lib/vsd/rename 2>/dev/null; find $vs -mindepth 1 -maxdepth 1 -name '.*')"
printf 'from = ../x\nto = y\n' >/var/lib/vsd/rename
refused 'a damaged journal' vsdadm vs_rename localhost odd vs3
has 'is told of' "$(vsdadm check localhost 2>&1)" 'a rename was interrupted'
rm /var/lib/vsd/rename
check 'all is well in the end' vsdadm check localhost
done_testing
