#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 3
# seconds: 300
# vsd-refreshskel: a new skeleton for servers that run, and back again.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs skel=/home/vsd/skel
inode() { stat -c %i "$@"; }
links() { stat -c %h "$@"; }
# All that a skeleton or server is: names, kinds, owners, modes, contents
sum() {
	(cd "$1" && find . \( -path ./proc -o -path ./run -o -path ./dev \) -prune -o -print0 | sort -z |
		xargs -0 stat -c '%n %F %u %g %a' | grep -v '^./.vsd-manifest'
	find . -type f -not -path './proc/*' -not -path ./.vsd-manifest -print0 | sort -z |
		xargs -0 sha256sum) | sha256sum
}

# --- a skeleton with files of our own, and servers that share it ---
mkdir -p /usr/local/share/try/old /etc/try
for f in same changed gone own removed; do echo "$f" >/usr/local/share/try/$f; done
for f in same changed gone own; do echo "$f" >/etc/try/$f; done
echo old >/usr/local/share/try/old/file
ln -s same /usr/local/share/try/link
ln -s same /usr/local/share/try/turns
sed -i '1i include /usr/local/share/try\ninclude /etc/try\nadmin /etc/try' /etc/freevsd.conf
has '--dry-run lists what is new' "$(vsd-refreshskel --dry-run)" '+ /usr/local/share/try/changed'
is 'and changes nothing' '' "$(find $skel $vs -name try; ls -d /home/vsd/.skel* /var/lib/vsd/refresh 2>/dev/null)"
check 'vsd-refreshskel' vsd-refreshskel
is 'servers have the new files' 'changed changed' "$(cat $vs/vs1/usr/local/share/try/changed $vs/vs2/etc/try/changed | xargs)"
is 'shared ones are one inode' "$(inode $skel/usr/local/share/try/same)" "$(inode $vs/vs3/usr/local/share/try/same)"
is 'private ones are copies' 1 "$(links $vs/vs3/etc/try/same)"
is 'with the owner that the rules give' 2000400:2000400 "$(stat -c %u:%g $vs/vs3/etc/try/same)"
is 'folders too' '2000400 0' "$(stat -c %u $vs/vs3/etc/try $vs/vs3/usr/local/share/try | xargs)"
is 'a second run finds nothing to do' "$skel: nothing has changed" "$(vsd-refreshskel | tail -n 1)"
check 'vsd-genskel --check' vsd-genskel --check

# --- changes on the host, and changes of servers ---
echo better >/usr/local/share/try/changed
echo better >/etc/try/changed
echo fresh >/etc/try/fresh
rm /usr/local/share/try/gone /etc/try/gone /usr/local/share/try/turns
rm -r /usr/local/share/try/old
mkdir -p /usr/local/share/try/new/er /usr/local/share/try/turns
echo new >/usr/local/share/try/new/er/file
echo in >/usr/local/share/try/turns/file
ln -sfn changed /usr/local/share/try/link
echo better >/etc/try/own
echo better >/usr/local/share/try/own
echo better >/usr/local/share/try/removed
# vs1: by its admin where it can, by the host's root elsewhere
bevs vs1 sh -c 'echo mine >/etc/try/own; echo mine >/etc/try/gone'
rm $vs/vs1/usr/local/share/try/own $vs/vs1/usr/local/share/try/removed
echo mine >$vs/vs1/usr/local/share/try/own
echo mine >$vs/vs1/usr/local/share/try/old/mine
# vs2: links and pipes where files were
bevs vs2 sh -c 'cd /etc/try; rm own gone changed; ln -s /etc/shadow own; mkfifo gone; mkdir changed'
before=$(inode $skel)
shared=$(inode $vs/vs1/usr/bin/env)
shadow=$(stat -c '%i %s %a %Y' $vs/vs2/etc/shadow)
dry=$(vsd-refreshskel --dry-run)
json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
is '--dry-run --json' 'True 3 1 True' "$(vsd-refreshskel --dry-run --json 2>/dev/null |
	json '"%s %d %d %s" % (d["dry_run"], d["servers"], {"kind": "changed", "path": "/etc/try/changed", "folder": False} in d["changes"], any(k["server"] == "vs1" and k["path"] == "/etc/try/own" for k in d["kept"]))')"
is 'which says as much as the lines' "$(echo "$dry" | grep -c '^[+~-] ')" \
	"$(vsd-refreshskel --dry-run --json 2>/dev/null | json 'd["new"] + d["changed"] + d["gone"]')"
out=$(vsd-refreshskel) || out="failed: $out"
is 'the skeleton is another' yes "$([ "$before" != "$(inode $skel)" ] && echo yes)"
is 'the one before is kept' "$before" "$(inode /home/vsd/.skel.previous)"
is 'changed files are new' 'better better' "$(cat $vs/vs3/usr/local/share/try/changed $vs/vs3/etc/try/changed | xargs)"
is 'shared with the skeleton' "$(inode $skel/usr/local/share/try/changed)" "$(inode $vs/vs3/usr/local/share/try/changed)"
is 'links too' changed "$(readlink $vs/vs3/usr/local/share/try/link)"
is 'a link that became a folder' in "$(cat $vs/vs3/usr/local/share/try/turns/file)"
is 'new ones come' 'new fresh' "$(cat $vs/vs2/usr/local/share/try/new/er/file $vs/vs3/etc/try/fresh | xargs)"
is 'what has gone goes' '' "$(find $vs/vs3 -name gone -o -path '*/try/old')"
is 'what is the same is untouched' "$shared" "$(inode $vs/vs1/usr/bin/env)"
for f in etc/try/own etc/try/gone usr/local/share/try/own usr/local/share/try/old/mine; do
	is "vs1 keeps its $f" mine "$(cat $vs/vs1/$f)"
done
is 'what it removed stays away' '' "$(ls $vs/vs1/usr/local/share/try/removed 2>/dev/null)"
for f in /etc/try/own /etc/try/gone /usr/local/share/try/own /usr/local/share/try/removed; do
	has "and is told: $f" "$out" "vs1: kept $f:"
	has "by --dry-run before: $f" "$dry" "vs1: kept $f:"
done
has 'a folder with something in it, too' "$out" 'vs1: kept /usr/local/share/try/old:'
is 'vs2 keeps its link, pipe and folder' 'symbolic link fifo directory' \
	"$(stat -c %F $vs/vs2/etc/try/own $vs/vs2/etc/try/gone $vs/vs2/etc/try/changed | xargs)"
is 'nothing was followed' "$shadow" "$(stat -c '%i %s %a %Y' $vs/vs2/etc/shadow)"
lacks 'vs3 keeps nothing' "$out" vs3:
is 'the servers run on' '3' "$(vsboot --status | grep -c running)"
is 'nothing temporary is left' '' "$(find /home/vsd -name '.vsd-refresh.new' -o -name .skel.new; ls /var/lib/vsd/refresh 2>/dev/null)"

# --- the helper ---
cp /usr/lib/vsd/vsd-guest /tmp/guest
echo newer >>/usr/lib/vsd/vsd-guest
old=$(inode $vs/vs1/usr/lib/vsd/vsd-guest)
check 'a new helper' vsd-refreshskel
is 'every server has it' 1 "$(inode $vs/vs?/usr/lib/vsd/vsd-guest $skel/usr/lib/vsd/vsd-guest | sort -u | wc -l)"
is 'another one' no "$([ "$old" = "$(inode $vs/vs1/usr/lib/vsd/vsd-guest)" ] && echo yes || echo no)"
is 'set-uid' 4755 "$(stat -c %a $vs/vs1/usr/lib/vsd/vsd-guest)"
is 'the old one is not any more' "$old 755" "$(stat -c '%i %a' /home/vsd/.skel.previous/usr/lib/vsd/vsd-guest)"
check '--rollback' vsd-refreshskel --rollback
is 'the old helper, as a new inode, set-uid' '4755 no' "$(stat -c %a $vs/vs1/usr/lib/vsd/vsd-guest) \
$([ "$old" = "$(inode $vs/vs1/usr/lib/vsd/vsd-guest)" ] && echo yes || echo no)"
is 'of the old content' yes "$(cmp -s /tmp/guest $vs/vs2/usr/lib/vsd/vsd-guest && echo yes)"
is 'the newer one has no power' 755 "$(stat -c %a /home/vsd/.skel.previous/usr/lib/vsd/vsd-guest)"
cat /tmp/guest >/usr/lib/vsd/vsd-guest

# --- refusals ---
lib=$(ldd /usr/bin/env | awk '/libc.so/ { print $3 }')
mkdir -p /usr/local/share/try/bin
printf '#!/usr/local/bin/no-such-thing\n' >/usr/local/share/try/bin/broken
chmod 755 /usr/local/share/try/bin/broken
before=$(inode $skel)
err=$(vsd-refreshskel 2>&1) && err='it was taken'
has 'a skeleton that lacks something is refused' "$err" "'/usr/local/share/try/bin/broken': needs /usr/local/bin/no-such-thing"
is 'and nothing has changed' "$before " "$(inode $skel) $(ls -d /home/vsd/.skel.new 2>/dev/null)"
rm /usr/local/share/try/bin/broken
mv "$skel$lib" "$skel$lib.away"
refused 'a skeleton without libc fails vsd-genskel --check' vsd-genskel --check
mv "$skel$lib.away" "$skel$lib"
chmod u+s $skel/usr/bin/env
has 'so does one with a set-uid file' "$(vsd-genskel --check 2>&1)" "'/usr/bin/env': has a set-id bit"
chmod u-s $skel/usr/bin/env
check 'and all is well again' vsd-genskel --check
for call in '--rollback --dry-run' '--rollback --source /' '--frobnicate' 'vs1' '--skel x' '--source x'; do
	# shellcheck disable=SC2086 # words
	vsd-refreshskel $call >/dev/null 2>&1
	is "misuse is exit 2: vsd-refreshskel $call" 2 $?
done
err=$(flock /var/lib/vsd/lock/tree-.skeletons vsd-refreshskel 2>&1) && err='it went on'
has 'two at once are refused' "$err" 'another tool works on skeletons'

# --- killed again and again, a little later each time ---
check 'as it is now' vsd-refreshskel
for n in 1 2 3; do sum $vs/vs$n; done >/tmp/old
killed=0 done=0
for ms in $(seq 10 23 900); do
	for n in 1 2 3 4 5 6; do date +%N >/usr/local/share/try/changed$n; done
	killed_after "$(printf 0.%03d "$ms")" vsd-refreshskel && killed=$((killed + 1)) || done=$((done + 1))
	[ -s $skel/.vsd-manifest ] || echo "no skeleton after $ms ms"
done >/tmp/out
is 'there was a skeleton at every moment' '' "$(cat /tmp/out)"
check "it was killed $killed times, and $done times done" test $killed -gt 4
rm -f /usr/local/share/try/changed?
check 'the next run does the rest' vsd-refreshskel
for n in 1 2 3; do sum $vs/vs$n; done >/tmp/new
is 'and all is as it was' "$(cat /tmp/old)" "$(cat /tmp/new)"
is 'nothing is left' '' "$(find /home/vsd -name '.vsd-refresh.new' -o -name .skel.new; ls /var/lib/vsd/refresh 2>/dev/null)"
is 'all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"

# --- a server that cannot be brought over holds nothing up but the end ---
echo again >/usr/local/share/try/changed
mv $vs/vs2 $vs/.away
refused 'a server without a tree' vsd-refreshskel
is 'the others are brought over' again "$(cat $vs/vs3/usr/local/share/try/changed)"
refused 'vsd-genskel waits for the rest' vsd-genskel --force
mv $vs/.away $vs/vs2
has 'the next run does it' "$(vsd-refreshskel)" 'finishing the interrupted refresh'
is 'there too' again "$(cat $vs/vs2/usr/local/share/try/changed)"

# --- a server that is made meanwhile has the new skeleton, one that is deleted is gone ---
vsdadm vs_create localhost vs4 10.77.0.4 vs4.example.test 0 50 >/dev/null
echo last >/usr/local/share/try/changed
vsd-vsbatch >/dev/null & a=$!
vsd-refreshskel >/dev/null & b=$!
vsdadm vs_delete localhost vs2 >/dev/null; c=$?
wait $a && wait $b
is 'create, delete and refresh at once' '0 0' "$? $c"
is 'each server has the new file' "$(inode $skel/usr/local/share/try/changed)" \
	"$(inode $vs/vs?/usr/local/share/try/changed | sort -u)"
is 'all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"
done_testing
