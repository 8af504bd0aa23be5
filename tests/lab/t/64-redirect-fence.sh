#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with nftables
# Redirects behind the fence: what they go to is admin's alone, from before they are there;
# and the fence's maps outlive a build of another layout.
. "$LAB_DIR/lib/tap.sh"
pins=/sys/fs/bpf/vsd
listens() { # USER PORT [SERVER]: what the kernel says
	out=$(bevs -u "$1" "${3:-vs1}" timeout 1 nc -l 0.0.0.0 "$2" 2>&1 </dev/null)
	case $out in *denied*) echo refused ;; '') echo listens ;; *) echo "$out" ;; esac
}

is 'what 80 would go to is not a user'\''s, table or not' refused "$(listens alice 8080)"
is 'nor 443'\''s' refused "$(listens alice 8443)"
is 'nor 25'\''s' refused "$(listens alice 2525)"
is 'it is admin'\''s' listens "$(listens admin 8080)"
is 'other ports are' listens "$(listens alice 8081)"
vsdadm vs_set localhost vs1 redirect=80:8081 >/dev/null
is 'pairs of its own, while it runs: the new target' refused "$(listens alice 8081)"
is 'is admin'\''s' listens "$(listens admin 8081)"
is 'the old one a user'\''s' listens "$(listens alice 8080)"
is 'another server has vsd.conf'\''s' refused "$(listens alice 8080 vs2)"
vsboot --restart vs1 >/dev/null
is 'the same after a restart' 'refused listens' "$(listens alice 8081) $(listens alice 8080)"
lacks 'the check finds the fence as it should be' "$(vsdadm check localhost 2>&1)" 'other addresses'
programs=$(ls $pins/link)
for p in $programs; do rm "$pins/link/$p"; done
said=$(vsdadm check localhost 2>&1)
has 'programs that somebody took away are a fault to the check' "$said" 'a program is missing'
for p in $programs; do
	echo "$said" | grep -q "fence $p *missing:" || echo "$p"
done >/tmp/unnamed
is 'which names each' '' "$(cat /tmp/unnamed)"
vsboot --start >/dev/null
lacks 'and the next vsboot brings them back' "$(vsdadm check localhost 2>&1)" 'missing:'
vsdadm vs_set localhost vs1 redirect=default >/dev/null
sed -i 's/^redirect = .*/redirect = 80:9080/' /etc/vsd.conf
vsredirect --apply >/dev/null
is 'vsredirect tells the fence of other pairs first' refused "$(listens alice 9080)"
is 'and what was one is free' listens "$(listens alice 8080)"
vssh admin@10.77.0.1 'setsid sh -c "while :; do echo by a redirect | nc -l -N 0.0.0.0 9080; done" >/dev/null 2>&1 </dev/null & sleep .3'
through() { nc -w 2 10.77.0.1 80 </dev/null | grep -q 'by a redirect'; }
serves() { for _ in $(seq 20); do through && return 0; sleep .2; done; return 1; }
check 'admin'\''s listener is reached by port 80' serves

# ---- a build of another layout finds what an older one has left
make -s -C "$LAB_TOP" fence-rig >&2 || exit 1
rig=$LAB_TOP/build/tests/fence/fence_rig
vsdadm vs_set localhost vs1 address=10.77.0.1,10.77.1.1 >/dev/null
vssh alice@10.77.0.1 'setsid nc -lk 0.0.0.0 8090 >/dev/null 2>&1 </dev/null & sleep .3'
second() { for _ in $(seq 20); do nc -z -w 2 10.77.1.1 8090 && return 0; sleep .1; done; return 1; }
check 'a listener on all addresses is at the second one' second
"$rig" old-layout
check 'as an older build has it' test -e $pins/map-1/servers
lacks 'a server can be stopped even so' "$(vsboot --stop vs2 2>&1)" 'fence'
check 'and the fence is replaced when one is started' vsboot --start vs1
check 'the address of the one that was stopped is nobody'\''s' "$rig" set other 77 10.77.0.2
"$rig" unset other 77
check 'it can be started' vsboot --start vs2
check 'nothing of the old layout is left' test ! -e $pins/map-1
check 'the listener on all addresses is at the second one still' second
is 'its server is in the new maps' 'refused listens' "$(listens alice 9080) $(listens alice 8079)"
has 'another'\''s address is none of its own' "$(bevs vs1 timeout 1 nc -l 10.77.0.2 8079 2>&1)" 'annot assign'
lacks 'and the check has nothing to say' "$(vsdadm check localhost 2>&1)" 'fence:'
"$rig" old-layout
vsboot --stop vs1 >/dev/null
sed -i 's/^fence = .*/fence = no/' /etc/vsd.conf
refused 'a server in an older layout keeps the fence up' vsboot --start vs1
vsboot --stop >/dev/null
check 'with none, it goes' vsboot --start vs1
check 'wholly' test ! -e $pins
done_testing
