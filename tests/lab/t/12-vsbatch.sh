#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0
# seconds: 240
# vsd-vsbatch: in order, each job once, failures kept, and killed at any moment.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
create() { vsdadm vs_create localhost "vs$1" "10.77.0.$1" "vs$1.example.test" 100 50 >/dev/null; }

is 'an empty queue is done' 0 "$(vsd-vsbatch >/dev/null; echo $?)"
bad=$(create 1 2>&1) && bad='it was queued'
has 'no skeleton: refused at once' "$bad" 'run vsd-genskel'
check 'vsd-genskel' vsd-genskel
for n in 1 2 3; do create $n; done
is 'the spool is root'\''s alone' '0 700' "$(stat -c '%u %a' /var/spool/vsd)"
is 'and a job too' '0 600' "$(stat -c '%u %a' /var/spool/vsd/00000001.job)"
is '--list' 'vs1 vs2 vs3 ' "$(vsd-vsbatch --list | awk '{ print $4 }' | tr '\n' ' ')"
mkdir $vs/vs2
is 'one fails: exit 1' 1 "$(vsd-vsbatch >/tmp/out 2>/tmp/err; echo $?)"
is 'one line about it' "vsd-vsbatch: make 'vs2': there is a folder $vs/vs2 already" "$(cat /tmp/err)"
is 'the others are made, in order' 'made vs1: made vs3: ' "$(awk '{ printf "%s %s ", $1, $2 }' /tmp/out)"
is 'no server is half made' 'vs1 vs3 ' "$(vsdadm vs_list localhost | awk '{ printf "%s ", $1 }')"
has '--list shows the reason' "$(vsd-vsbatch --list)" 'failed  vs_create vs2'
is '--list --json' 'failed vs2 True' "$(vsd-vsbatch --list --json |
	json 'd[0]["state"], d[0]["name"], "there is a folder" in d[0]["why"]')"
is 'nothing is done again' '0 ' "$(vsd-vsbatch >/tmp/out 2>&1; echo "$? $(cat /tmp/out)")"
rmdir $vs/vs2
check '--retry' vsd-vsbatch --retry 2
check 'and made' vsd-vsbatch
check 'vs2 is there' vsdadm vs_info localhost vs2
refused '--retry of no job' vsd-vsbatch --retry 2
create 4
check '--drop' vsd-vsbatch --drop 00000001
is 'is gone' '' "$(vsd-vsbatch --list)"
refused '--drop of no job' vsd-vsbatch --drop 1
echo 'name = ../../etc' >/var/spool/vsd/00000007.job
chmod 600 /var/spool/vsd/00000007.job
refused 'a damaged job' vsd-vsbatch
has 'is kept, and said to be' "$(vsd-vsbatch --list)" '00000007  damaged'
check 'it can be dropped' vsd-vsbatch --drop 7
echo 'name = vs9' >/var/spool/vsd/00000008.job
chown 1 /var/spool/vsd/00000008.job
refused 'a job that is not root'\''s' vsd-vsbatch
check 'which can be dropped' vsd-vsbatch --drop 8
for call in '--list --retry 1' '--retry' '--retry x' '--json' 'vs1' '--frobnicate'; do
	# shellcheck disable=SC2086 # words
	vsd-vsbatch $call >/dev/null 2>&1
	is "misuse is exit 2: vsd-vsbatch $call" 2 $?
done

# Killed again and again, a little later each time
for n in 11 12 13 14 15; do create $n; done
killed=0
for ms in $(seq 1 3 160); do
	! killed_after "$(printf 0.%03d "$ms")" vsd-vsbatch || killed=$((killed + 1))
done
check 'it was killed on its way' test $killed -gt 4
check 'the next run makes the rest' vsd-vsbatch
is 'each server once' "$(seq -f vs%g 1 3; seq -f vs%g 11 15)" \
	"$(vsdadm vs_list localhost | awk '{ print $1 }' | sort -V)"
is 'no range is had twice' 8 "$(vsdadm vs_list localhost | awk '{ print $4 }' | sort -u | wc -l)"
is 'nothing is left' '' "$(ls -A /var/spool/vsd; find $vs -mindepth 1 -maxdepth 1 -name '.*')"
is 'and all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"

# Many at once: in order, on all cores, each once, whatever is killed
for n in $(seq 31 54); do create "$n"; done
vsd-vsbatch >/tmp/out 2>/tmp/err & pid=$!
most=0
while kill -0 $pid 2>/dev/null; do
	now=0
	for f in $vs/.*.new; do [ ! -e "$f" ] || now=$((now + 1)); done
	[ $now -le $most ] || most=$now
done
wait $pid
is 'all are made, told of in order' "$(seq -f 'vs%g:' 31 54 | xargs) " "$(awk '{ printf "%s ", $2 }' /tmp/out; cat /tmp/err)"
is 'with ranges in the order of the queue' "$(seq -f vs%g 31 54 | xargs)" "$(cd /etc/vsd/servers &&
	grep -H '^uid = ' vs3[1-9] vs4[0-9] vs5[0-4] | sed 's/:uid = / /' | sort -k 2n | cut -d' ' -f1 | xargs)"
is 'each has a range of its own' 24 "$(vsdadm vs_list localhost | awk '$1 ~ /^vs(3[1-9]|4|5[0-4])/ { print $4 }' | sort -u | wc -l)"
if [ "$(nproc)" -gt 1 ]; then
	check 'some at the same time' test $most -gt 1
else
	skip 'some at the same time' 'one core'
fi
for n in $(seq 31 54); do vsdadm vs_delete localhost "vs$n" >/dev/null; done
for n in 31 32 33; do create $n; done
vsd-vsbatch >/tmp/out 2>/tmp/err & pid=$!
until [ -e $vs/.vs31.new ] || [ -e $vs/vs31 ]; do :; done
kill -KILL $pid
wait $pid 2>/dev/null
sleep 0.5
is 'what was at work ends with it' '' "$(pgrep -x vsd-vsbatch)"
check 'the next run does the rest' vsd-vsbatch
is 'each once' 3 "$(vsdadm vs_list localhost | grep -c '^vs3[1-3]')"
for n in 31 32 33; do vsdadm vs_delete localhost vs$n >/dev/null; done

# No room for a reason
mount -t tmpfs -o size=64k,mode=0700 spool /var/spool/vsd
for n in 31 32; do create $n; done
dd if=/dev/zero of=/var/spool/vsd/filler bs=1k >/dev/null 2>&1
is 'a full spool: each job fails on its own' '1 2' "$(vsd-vsbatch >/tmp/out 2>/tmp/err; echo "$? $(grep -c "make 'vs3[12]'.*No space left" /tmp/err)")"
is 'and is put aside' 2 "$(vsd-vsbatch --list | grep -c 'failed  vs_create vs3[12]')"
rm /var/spool/vsd/filler
vsd-vsbatch --retry 1
vsd-vsbatch --retry 2
check 'with room they are made' vsd-vsbatch
umount /var/spool/vsd
for n in 31 32; do vsdadm vs_delete localhost vs$n >/dev/null; done

# Two at once, and one that queues meanwhile
for n in 21 22 23; do create $n; done
vsd-vsbatch >/tmp/one 2>&1 & one=$!
vsd-vsbatch >/tmp/two 2>&1 & two=$!
create 24
wait $one; a=$?
wait $two; b=$?
has 'one of two goes away' "$a$b $(cat /tmp/one /tmp/two)" 'another vsd-vsbatch is at it'
vsd-vsbatch >/dev/null
is 'each is made once' 4 "$(vsdadm vs_list localhost | grep -c '^vs2[1-4]')"

# A bar on a terminal, plain lines elsewhere
create 25
out=$(TERM=xterm script -qec vsd-vsbatch /dev/null </dev/null)
has 'a bar on a terminal' "$out" '[########'
has 'and the line' "$out" 'made vs25: 10.77.0.25'
create 28
create 29
out=$(TERM=xterm script -qec vsd-vsbatch /dev/null </dev/null)
has 'one for many' "$out" "$(printf '\rservers ')"
has 'which goes on' "$out" '] 100%'
# Each line stands alone: the bar before it is wiped away, and none is left at the end.
is 'their lines' 2 "$(echo "$out" | grep -c "$(printf '\033')\[Kmade vs2[89]: ")"
is 'and nothing of the bar stays' '' "$(echo "$out" | tail -n 1 | tr '\r' '\n' | tail -n 1 | sed "s/^$(printf '\033')\[K//")"
create 26
out=$(TERM=xterm vsd-vsbatch)
lacks 'no bar elsewhere' "$out" '#'
create 27
lacks 'nor on a dumb terminal' "$(TERM=dumb script -qec vsd-vsbatch /dev/null </dev/null)" '#'

# Deleted while it is being killed
killed=0
for step in $(seq 1 40); do
	! killed_after "$(printf 0.%04d $((step * 4)))" vsdadm vs_delete localhost vs24 || killed=$((killed + 1))
done
check 'vs_delete was killed on its way' test $killed -gt 0
! vsdadm vs_info localhost vs24 >/dev/null 2>&1 || check 'vs_delete goes on' vsdadm vs_delete localhost vs24
check 'vsd-vsbatch clears up' vsd-vsbatch
is 'nothing of it is left' '' "$(find $vs /etc/vsd/servers -maxdepth 1 -name '*vs24*')"
is 'and all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"
done_testing
