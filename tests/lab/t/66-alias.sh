#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# vsalias: addresses of ours and of others, prefixes, whole networks by one route.
. "$LAB_DIR/lib/tap.sh"
on() { ip -o addr show dev vsd0 | grep -F " $1/"; }
state() { vsalias --list "$1" | awk -v a="$2" 'index($4, a) == 1 { print $2 }'; }

vsboot --stop >/dev/null
vsdadm vs_set localhost vs1 address=10.77.0.1,fd77::1 >/dev/null
vsalias --down >/dev/null
is 'down' 'down down' "$(vsalias --list vs1 | awk '{ print $2 }' | xargs)"
is 'up' '3 of 3 addresses added' "$(vsalias --up)"
is 'again: nothing to do' '0 of 3 addresses added' "$(vsalias --up)"
has 'IPv4 as a /32' "$(on 10.77.0.1)" ' 10.77.0.1/32 '
has 'IPv6 as a /128' "$(on fd77::1)" ' fd77::1/128 '
has 'without a detection of duplicates: it is there at once' "$(on fd77::1)" nodad
has 'and not chosen by the host itself' "$(on fd77::1)" deprecated
is 'JSON' '32 vsd0 up False' "$(vsalias --json | python3 -c '
import json, sys
d = [r for r in json.load(sys.stdin) if r["address"] == "10.77.0.1"][0]
print(d["prefix"], d["interface"], d["state"], d["duplicate"])')"

# ---- somebody else's
vsalias --down >/dev/null
ip addr add 10.77.0.1/24 dev vsd0
out=$(vsalias --up vs1 2>&1)
has 'an address that somebody else has put there is told' "$out" 'not by vsalias'
has 'with its interface and prefix' "$out" 'vsd0 as /24'
is 'and is no failure' 0 "$(vsalias --up vs1 >/dev/null 2>&1; echo $?)"
is 'the list says so' foreign "$(state vs1 10.77.0.1)"
is 'nor is it one on the way down' 0 "$(vsalias --down vs1 >/dev/null 2>&1; echo $?)"
has 'it is not removed' "$(on 10.77.0.1)" /24
is 'ours is' '' "$(on fd77::1)"
ip addr add 10.77.0.1/32 dev lo
has 'an address that the host has twice is told' "$(vsalias --list vs1)" 'more than once'
ip addr del 10.77.0.1/32 dev lo
ip addr del 10.77.0.1/24 dev vsd0
ip addr add 10.77.0.1/32 dev vsd0
vsalias --up vs1 >/dev/null 2>&1
is 'one of just our form is somebody else'\''s, too' 'foreign' "$(state vs1 10.77.0.1)"
vsalias --down vs1 >/dev/null 2>&1
has 'and not removed' "$(on 10.77.0.1)" /32
ip addr del 10.77.0.1/32 dev vsd0
ip addr add 10.77.9.9/32 dev vsd0
vsalias --up >/dev/null
vsalias --down >/dev/null
has 'one that is no server'\''s is not touched' "$(on 10.77.9.9)" 10.77.9.9
refused 'a server that is not there' vsalias --up vs9

# ---- whole networks
route() { ip route show table local 10.77.0.0/24; }
sed -i 's|^#anyip.*|anyip = 10.77.0.0/24|' /etc/vsd.conf
is 'vsd.conf names a network: IPv6 alone is added' '1 of 3 addresses added' "$(vsalias --up)"
has 'for IPv4 there is the route' "$(route)" 'local 10.77.0.0/24 dev lo'
is 'as the list says' 'routed up' "$(state vs1 10.77.0.1) $(state vs1 fd77::1)"
is 'and no address' '' "$(on 10.77.0.1)"
vsalias --down >/dev/null
is 'down: the route goes' '' "$(route)"
check 'a server starts with it' vsboot --start
has 'by itself' "$(route)" 'local 10.77.0.0/24 dev lo'
is 'people log in there' vs1 "$(vssh alice@10.77.0.1 hostname -s)"
is 'from another host, too' vs2 "$(lab-client ssh -i "$LAB_KEY" -o BatchMode=yes -o UserKnownHostsFile=/dev/null \
	-o StrictHostKeyChecking=no alice@10.77.0.2 hostname -s 2>/dev/null)"
vssh alice@10.77.0.1 'setsid nc -lk 0.0.0.0 8081 >/dev/null 2>&1 </dev/null & sleep .3'
check 'and are served' lab-client nc -z -w 2 10.77.0.1 8081
is 'by IPv6' vs1 "$(vssh alice@fd77::1 hostname -s)"
vsboot --stop vs1 >/dev/null
has 'one server that stops leaves it' "$(route)" 'local 10.77.0.0/24'
sed -i 's|^anyip.*||' /etc/vsd.conf
ip route add local 10.78.0.0/24 dev lo
refused 'a route of somebody else'\''s is not removed' vsalias --down --anyip 10.78.0.0/24
has 'but stays' "$(ip route show table local 10.78.0.0/24)" 10.78.0.0
check 'a route for IPv6' vsalias --up --anyip fd77::/64
vsalias --down vs1 >/dev/null
is 'its addresses are added all the same: they could not be bound' up "$(vsalias --up vs1 >/dev/null; state vs1 fd77::1)"
vsalias --down --anyip fd77::/64
check 'one route by hand' vsalias --up --anyip 10.79.0.0/16
has 'is in the list' "$(vsalias --list)" '10.79.0.0/16'
check 'and goes' vsalias --down --anyip 10.79.0.0/16
for bad in 10.0.0.1/8 0.0.0.0/0 10.0.0.0 10.0.0.0/40 x/8; do
	refused "no network: $bad" vsalias --up --anyip $bad
done

# ---- many
make -s -C "$LAB_TOP" fence-rig >&2 || exit 1
rig=$LAB_TOP/build/tests/fence/fence_rig
many=$(seq 500 | awk '{ printf "10.60.%d.%d fd60::%x\n", $1 / 250, $1 % 250 + 1, $1 }')
# shellcheck disable=SC2086 # words
out=$("$rig" aliases $many)
has '1000 at once' "$out" '1000 addresses in'
echo "# $out"
is 'all of them' 1000 "$(ip -o addr show dev vsd0 | grep -c -E ' (10\.60\.|fd60:)')"
is 'none tentative' 0 "$(ip -o -6 addr show dev vsd0 tentative | grep -c fd60)"
done_testing
