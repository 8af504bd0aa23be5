#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --with nftables
# vsredirect: one table, both families, clients here and elsewhere, nobody else's rules.
. "$LAB_DIR/lib/tap.sh"

# Without the fence, knowingly.
wants() { sed -i "s/^fence = .*/fence = $1/" /etc/vsd.conf; }
wants no
vsboot --stop >/dev/null
vsdadm vs_set localhost vs1 address=10.77.0.1,fd77::1 >/dev/null
check 'where no fence is wanted, none is missed' test -z "$(vsboot --start 2>/dev/null | grep fence)"

# Wanted, where it cannot be had: it is said, and port 80 works all the same.
make -s -C "$LAB_TOP" fence-none >&2 || exit 1
none=$LAB_TOP/build/tests/fence/none
in_place() { # WORD COMMAND...: how a server is started there
	word=$1
	shift
	vsboot --stop >/dev/null
	vsredirect --flush
	said=$("$@" --start vs1 2>/dev/null)
	has "$word: it is said" "$said" "no address fence: $why"
	has "$word: the server runs" "$said" 'vs1: started'
	bevs vs1 sh -c 'echo unfenced | nc -l -N -w 5 10.77.0.1 8080' >/dev/null 2>&1 &
	for _ in $(seq 50); do
		! ss -Hltn 'sport = :8080' | grep -q 8080 || break
		sleep 0.1
	done
	is "$word: by port 80 all the same" unfenced "$(lab-client nc -w 3 10.77.0.1 80 </dev/null)"
	kill $! 2>/dev/null
}
wants yes
no_bpf="python3 $LAB_DIR/lib/no_bpf.py"
why='built without the address fence'
vsboot --stop >/dev/null
vsboot --start >/dev/null
pins=/sys/fs/bpf/vsd
check 'a build with the fence has raised it' test -e $pins/link
vsboot --stop vs1 >/dev/null
has 'one without starts no server beside those in it' "$("$none/vsboot" --start vs1 2>&1)" \
	'stop them first'
check 'and leaves it to them' test -e $pins/link
in_place 'a build without' "$none/vsboot"
check 'which has taken the other build'\''s fence away' test ! -e $pins
has 'its check says so' "$("$none/vsdadm" check localhost 2>&1)" "no address fence: $why"
why='this kernel has no errors from programs for cgroups'
# shellcheck disable=SC2086 # words
{
	in_place 'a kernel without bpf()' $no_bpf ENOSYS vsboot
	in_place 'a kernel without its programs' $no_bpf EINVAL vsboot
	has 'the check says so' "$($no_bpf EINVAL vsdadm check localhost 2>&1)" "no address fence: $why"
}
vsboot --stop >/dev/null
vsredirect --flush
wants no
vsboot --start >/dev/null
nft -f - <<X
table ip other { chain c { type filter hook input priority 0; policy accept; tcp dport 9 drop; }; }
X
other=$(nft list table ip other)
has 'there is a table of somebody else' "$other" 'dport 9'

is 'nothing in force: an empty list' '' "$(vsredirect --list)"
check 'flush of nothing' vsredirect --flush
check 'apply' vsredirect --apply
is 'every address, every pair' '9' "$(vsredirect --list | wc -l)"
has 'with its server' "$(vsredirect --list)" 'vs1              10.77.0.1                   80 -> 8080'
has 'IPv6 too' "$(vsredirect --list)" 'fd77::1'
is 'JSON' '8443 vs2' "$(vsredirect --json | python3 -c '
import json, sys
d = [r for r in json.load(sys.stdin) if r["address"] == "10.77.0.2" and r["from"] == 443][0]
print(d["to"], d["server"])')"
is 'one map a family' 2 "$(nft list table inet vsd | grep -c 'map to')"
is 'the other table is as it was' "$other" "$(nft list table ip other)"

# A listener of each server on its own address, unprivileged, at 8080.
bevs vs1 sh -c 'id -u' >/dev/null
for n in 1 2; do
	setpriv --reuid $((2000000 + 200 * (n - 1))) --clear-groups --regid 2000000 \
		socat TCP-LISTEN:8080,bind=10.77.0.$n,fork,reuseaddr SYSTEM:"echo I am vs$n" &
done
setpriv --reuid 2000000 --clear-groups --regid 2000000 \
	socat 'TCP6-LISTEN:8080,bind=[fd77::1],fork,reuseaddr' SYSTEM:'echo I am six' &
for _ in $(seq 50); do
	! { nc -z 10.77.0.1 8080 && nc -z 10.77.0.2 8080 && nc -z fd77::1 8080; } || break
	sleep 0.1
done
ask() { "$@" </dev/null 2>/dev/null | head -n 1; }
is 'port 80, from this host' 'I am vs1' "$(ask nc -w 3 10.77.0.1 80)"
is 'each server its own' 'I am vs2' "$(ask nc -w 3 10.77.0.2 80)"
is 'from another host' 'I am vs2' "$(ask lab-client nc -w 3 10.77.0.2 80)"
is 'by IPv6, from this host' 'I am six' "$(ask nc -w 3 fd77::1 80)"
is 'by IPv6, from another' 'I am six' "$(ask lab-client nc -w 3 fd77::1 80)"
refused 'a port that nobody listed' nc -z -w 2 10.77.0.1 81
refused 'the host'\''s own address is no server'\''s' nc -z -w 2 10.88.0.1 80

# Other pairs, a server less: applied anew.
sed -i 's/^#*redirect = .*/redirect = 8000:8080/' /etc/vsd.conf
vsdadm vs_disable localhost vs2 >/dev/null
check 'applied again' vsredirect --apply
is 'the old pair is gone' '' "$(ask nc -w 2 10.77.0.1 80)"
is 'the new one serves' 'I am vs1' "$(ask nc -w 3 10.77.0.1 8000)"
is 'a disabled server has none' 0 "$(vsredirect --list | grep -c vs2)"
sed -i 's/^redirect = .*/redirect = 99999:1/' /etc/vsd.conf
before=$(vsredirect --list)
refused 'a bad pair is refused' vsredirect --apply
is 'and what was in force stays' "$before" "$(vsredirect --list)"
sed -i 's/^redirect = .*/redirect = 8000:8080/' /etc/vsd.conf

# A server's own pairs, which follow by themselves.
pairs() { vsredirect --list | awk -v s="$1" '$1 == s && $2 !~ /:/ { print $3 "-" $5 }' | xargs; }
is 'its own pairs' '' "$(vsdadm vs_set localhost vs1 redirect=80:8080,443:9443 2>&1)"
is 'are in force at once, and no others' '80-8080 443-9443' "$(pairs vs1)"
is 'and serve' 'I am vs1' "$(ask nc -w 3 10.77.0.1 80)"
has 'vs_info shows them' "$(vsdadm vs_info localhost vs1)" 'redirect      443:9443'
is 'in JSON too' 9443 "$(vsdadm vs_info localhost vs1 --json | python3 -c '
import json, sys; print(json.load(sys.stdin)["redirects"][1]["to"])')"
has 'they stand in the registry' "$(cat /etc/vsd/servers/vs1)" 'redirect = 80:8080 443:9443'
vsdadm vs_enable localhost vs2 >/dev/null
is 'a server that is enabled has the pairs of vsd.conf' '8000-8080' "$(pairs vs2)"
vsdadm vs_disable localhost vs2 >/dev/null
is 'one that is disabled has none' '' "$(pairs vs2)"
for bad in '' 80 80:0 80:1,80:2 '80:1 81:1' 80:70000 none,80:1; do
	refused "no pairs: '$bad'" vsdadm vs_set localhost vs1 "redirect=$bad"
done
is 'after which nothing has changed' '80-8080 443-9443' "$(pairs vs1)"
vsdadm vs_set localhost vs1 redirect=none >/dev/null
is 'none' '' "$(pairs vs1)"
has 'as vs_info says' "$(vsdadm vs_info localhost vs1)" 'redirects     none'
vsdadm vs_set localhost vs1 redirect=8001:8080 >/dev/null
is 'and from an empty table to some' '8001-8080' "$(pairs vs1)"
vsdadm vs_set localhost vs1 redirect=default >/dev/null
is 'default: vsd.conf'\''s' '8000-8080' "$(pairs vs1)"
vsdadm vs_create localhost vs3 10.77.0.3 vs3.example.test 0 10 >/dev/null
vsd-vsbatch >/dev/null
is 'a new server is in' '8000-8080' "$(pairs vs3)"
vsdadm vs_delete localhost vs3 >/dev/null
is 'and out when it is deleted' 0 "$(nft list table inet vsd | grep -c '10\.77\.0\.3')"
# What somebody else has done to the table.
wrong() { vsdadm check localhost 2>&1 | grep -c "check 'redirects'"; }
vsredirect --apply >/dev/null
is 'the check has nothing to say' 0 "$(wrong)"
check 'nor has vsredirect' vsredirect --check
nft add element inet vsd to4 '{ 10.77.0.9 . 80 : 10.77.0.9 . 8080 }'
has 'one too many' "$(vsredirect --check)" '10.77.0.9: 80 to 8080 should not be there'
is 'is a fault to the check' 1 "$(wrong)"
nft delete element inet vsd to4 '{ 10.77.0.1 . 8000 }'
has 'one that is gone' "$(vsredirect --check)" '10.77.0.1: 8000 to 8080 is missing'
nft add element inet vsd to4 '{ 10.77.0.1 . 8000 : 10.77.0.1 . 22 }'
has 'one that leads elsewhere' "$(vsredirect --check)" '10.77.0.1: 8000 to 22 goes elsewhere'
nft flush chain inet vsd output
has 'rules that are gone' "$(vsredirect --check)" 'a chain or rule'
refused 'and it is exit status 1' vsredirect --check
vsredirect --apply >/dev/null
is 'applied again: all is well' 0 "$(wrong)"
check 'flush' vsredirect --flush
check 'no table that nobody wants is no fault' vsredirect --check
is 'takes the table away' '' "$(nft list tables | grep vsd)"
check 'vs_set without a table' vsdadm vs_set localhost vs1 redirect=80:8080
is 'makes none' '' "$(nft list tables | grep vsd)"
is 'and no other' "$other" "$(nft list table ip other)"
for call in '' '--apply --flush' '--apply --json' '--frobnicate' '--list vs1'; do
	# shellcheck disable=SC2086 # words
	vsredirect $call >/dev/null 2>&1
	is "misuse is exit 2: vsredirect $call" 2 $?
done
pkill socat
done_testing
