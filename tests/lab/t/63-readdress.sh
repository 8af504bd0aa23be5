#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Other addresses for a server that runs; and the fence as vsdadm check shows it.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
set_to() { vsdadm vs_set localhost vs1 "address=$1" 2>&1; }
who() { ssh -i "$LAB_KEY" -o BatchMode=yes -o ConnectTimeout=3 "alice@$1" 'hostname -s; hostname -I' 2>&1 | xargs; }
listen() { # ADDRESS PORT, in vs1; says what the kernel said
	vssh alice@10.77.0.50 "timeout 1 nc -l $1 $2 2>&1 </dev/null"
}
on_host() { ip -o addr | grep -cF " $1/"; }

vsredirect --apply >/dev/null
vssh alice@10.77.0.1 'setsid nc -lk 0.0.0.0 8079 >/dev/null 2>&1 </dev/null & sleep .3'
check 'before: a listener on the first address' nc -z -w 2 10.77.0.1 8079
is 'vs_set on a running server' '' "$(set_to 10.77.0.50)"
has 'people reach it by the new address' "$(who 10.77.0.50)" vs1
lacks 'and not by the old one' "$(who 10.77.0.1)" vs1
is 'which the host does not have any more' '0 1' "$(on_host 10.77.0.1) $(on_host 10.77.0.50)"
refused 'what listened there is cut off' nc -z -w 2 10.77.0.1 8079
vssh alice@10.77.0.50 'setsid nc -lk 0.0.0.0 8081 >/dev/null 2>&1 </dev/null & sleep .3'
check 'a wildcard listener is on the new one' nc -z -w 2 10.77.0.50 8081
vssh alice@10.77.0.2 'timeout 5 nc -lnv 10.77.0.2 8090 2>&1 </dev/null' >/tmp/from &
sleep 0.5
vssh alice@10.77.0.50 'nc -N -w 2 10.77.0.2 8090 </dev/null'
wait $!
has 'which its connections come from' "$(cat /tmp/from)" 'received on 10.77.0.50'
has 'redirects that are in force follow' "$(vsredirect --list)" '10.77.0.50 '
lacks 'wholly' "$(vsredirect --list)" '10.77.0.1 '
has '/etc/hosts says so' "$(cat $vs/etc/hosts)" '10.77.0.50'
lacks 'and no longer the other' "$(cat $vs/etc/hosts)" '10.77.0.1	'

# ---- a second one
has 'an address that is not its own cannot be bound' "$(listen 10.77.0.51 8082)" 'annot assign'
set_to 10.77.0.50,10.77.0.51
is 'one more: it can' '' "$(listen 10.77.0.51 8082)"
has 'and is a way in' "$(who 10.77.0.51)" vs1
set_to 10.77.0.50
has 'taken away again: it cannot' "$(listen 10.77.0.51 8082)" 'annot assign'
has 'IPv6' "$(set_to 10.77.0.50,fd77::50; who fd77::50)" vs1
set_to 10.77.0.50

# ---- refused, and nothing has changed
has 'another server'\''s' "$(set_to 10.77.0.2)" vs2
has 'the host'\''s' "$(set_to 10.88.0.1)" 10.88.0.1
has 'it is where it was' "$(who 10.77.0.50)" vs1
has 'so is the other' "$(ssh -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.2 hostname -s)" vs2

# ---- half done, and done again
ip addr del 10.77.0.50/32 dev "$(ip -o addr | awk '/10\.77\.0\.50\// { print $2 }')"
lacks 'an alias that is gone' "$(who 10.77.0.50)" vs1
is 'the same addresses again' '' "$(set_to 10.77.0.50)"
has 'bring it back' "$(who 10.77.0.50)" vs1
vsboot --restart vs1 >/dev/null
has 'and a restart changes nothing' "$(who 10.77.0.50)" vs1

# ---- the fence, program by program
out=$(vsdadm check localhost 2>/dev/null)
is 'every program is in force' "$(echo "$out" | grep -c '^fence ')" \
	"$(echo "$out" | grep -Ec '^fence .* (in force|not in this kernel): ')"
check 'there are a dozen at least' test "$(echo "$out" | grep -c '^fence .* in force')" -ge 12
is 'in JSON too' 'in force' "$(vsdadm check localhost --json 2>/dev/null | python3 -c '
import json, sys
print({p["state"] for p in json.load(sys.stdin)["fence"] if p["program"] == "bind4"}.pop())')"
rm "$(find /sys/fs/bpf/vsd -name '*bind4*' -path '*link*' | head -n 1)"
has 'one that was taken off is seen' "$(vsdadm check localhost 2>&1)" 'bind4          missing'
has 'as a fault' "$(vsdadm check localhost 2>&1)" 'the fence is open there'
vsboot --start >/dev/null
lacks 'vsboot --start puts it back' "$(vsdadm check localhost 2>&1)" 'the fence is open there'
done_testing
