#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Bad input to the tools: one clear line, exit 1, and nothing half made.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs

# All that a tool could have changed, but for locks.
digest() {
	{
		find /etc/vsd* /var/lib/vsd /var/spool/vsd $vs -xdev -path '*/lock/*' -prune -o \
			-name .pwd.lock -prune -o -printf '%p %U %G %m %s %l\n' | sort
		cat /etc/vsd/servers/* $vs/*/etc/passwd $vs/*/etc/group $vs/*/etc/shadow \
			$vs/*/etc/vsd/priv
	} 2>&1 | md5sum
}

# bad NAME TEXT COMMAND...: exit 1, one line with TEXT on stderr, nothing changed
bad() {
	name=$(printf %s "$1" | tr '\n' ' ') text=$2
	shift 2
	before=$(digest)
	"$@" >/tmp/bad.out 2>/tmp/bad.err </dev/null
	got=$?
	seen="exit $got: $(cat /tmp/bad.err)"
	case $got,$(wc -l </tmp/bad.err),$(cat /tmp/bad.err) in
	1,1,*"$text"*) [ "$(digest)" = "$before" ] ;;
	*) false ;;
	esac
	tap_result $? "$name" "$seen"
}

create() { vsdadm -- vs_create localhost "$@"; }

for name in '' Vs3 3vs vs_3 vs.3 ../vs3 -- 'vs 3' vs1234567890123456789012345678901; do
	bad "vs_create of a bad name '$name'" "no server's name" \
		create "$name" 10.77.0.3 vs3.example.test 100 50
done
bad 'vs_create of a taken name' 'the name is taken' create vs2 10.77.0.3 vs3.example.test 100 50
for address in '' 10.77.0 10.77.0.256 127.0.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 fe80::1 \
	::ffff:10.77.0.9 vs3.example.test 10.77.0.3/24; do
	bad "vs_create of a bad address '$address'" 'no address' \
		create vs3 "$address" vs3.example.test 100 50
done
bad 'vs_create of a taken address' "address 10.77.0.2 is vs2's" \
	create vs3 10.77.0.2 vs3.example.test 100 50
bad 'vs_create of the host'\''s own address' "the host's own" \
	create vs3 10.88.0.1 vs3.example.test 100 50
for fqdn in '' -vs3.test vs3..test vs3.test. 'vs3 test' vs_3.test "$(printf 'vs3\nroot = /')"; do
	bad "vs_create of a bad fqdn '$fqdn'" 'no host name' create vs3 10.77.0.3 "$fqdn" 100 50
done
bad 'vs_create of a taken fqdn' "fqdn VS2.example.test is vs2's" \
	create vs3 10.77.0.3 VS2.example.test 100 50
bad 'vs_create of a bad quota' 'no number of MB' create vs3 10.77.0.3 vs3.example.test -1 50
bad 'vs_create of no users' 'no number of users' create vs3 10.77.0.3 vs3.example.test 100 0
bad 'vs_create of too many users' 'does not fit' create vs3 10.77.0.3 vs3.example.test 100 200

cp /etc/vsd.conf /tmp/vsd.conf
sed -i 's/^slots = .*/slots = 2/' /etc/vsd.conf
bad 'vs_create with a full table' 'all 2 slots' create vs3 10.77.0.3 vs3.example.test 100 50
echo 'nonsense = 1' >>/etc/vsd.conf
bad 'vs_create with a broken vsd.conf' 'unknown key' create vs3 10.77.0.3 vs3.example.test 100 50
cp /tmp/vsd.conf /etc/vsd.conf
echo 'newcomer:x:2000400:2000400::/:/bin/sh' >>/etc/passwd
bad 'vs_create where a host account lies in the slot' newcomer \
	create vs3 10.77.0.3 vs3.example.test 100 50
sed -i '$d' /etc/passwd
mkdir $vs/vs3
bad 'vs_create where a folder lies' 'there is a folder' create vs3 10.77.0.3 vs3.example.test 100 50
rmdir $vs/vs3
mv /home/vsd/skel /home/vsd/skel.away
bad 'vs_create without a skeleton' 'no skeleton at /home/vsd/skel: run vsd-genskel' \
	create vs3 10.77.0.3 vs3.example.test 100 50
mv /home/vsd/skel.away /home/vsd/skel

# A damaged registry file
cp /etc/vsd/servers/vs2 /tmp/vs2
echo 'uid = 0' >>/etc/vsd/servers/vs2
bad 'vs_create beside a damaged file' 'vs2: line 16: uid: given twice' \
	create vs3 10.77.0.3 vs3.example.test 100 50
bad 'vs_info of a damaged file' 'given twice' vsdadm vs_info localhost vs2
bad 'vs_list tells of it' 'given twice' vsdadm vs_list localhost
has 'and lists the others' "$(cat /tmp/bad.out)" 'vs1 '
bad 'user_add' 'given twice' vsdadm user_add localhost vs2 carol
bad 'vs_delete' 'given twice' vsdadm vs_delete localhost vs2
has 'check says which line' "$(vsdadm check localhost 2>&1)" "check 'vs2': /etc/vsd/servers/vs2: line 16: uid: given twice"
refused 'nobody logs in' vssh alice@10.77.0.2 true
check 'the other server is well' vssh alice@10.77.0.1 true

# Torn ones: each other server can still be deleted.
cp /tmp/vs2 /etc/vsd/servers/vs2
for part in 0 1 40; do
	check "a server, before vs2 is cut to $part bytes" create vs3 10.77.0.3 vs3.example.test 100 50
	vsd-vsbatch >/dev/null
	head -c $part /tmp/vs2 >/etc/vsd/servers/vs2
	check 'it is deleted beside it' vsdadm vs_delete localhost vs3
	is 'and gone' '' "$(ls -d $vs/vs3 /etc/vsd/servers/vs3 2>/dev/null)"
	bad 'the torn one is told of' 'vs2' vsdadm vs_delete localhost vs2
	cp /tmp/vs2 /etc/vsd/servers/vs2
done
# The index was made without it.
vsdadm check localhost --repair >/dev/null 2>&1
check 'mended by hand, all is well' vsdadm check localhost

# One of which nothing is left, mended as vsd-servers(5) has it
check 'one more server' create vs3 10.77.0.3 vs3.example.test 100 50
vsd-vsbatch >/dev/null
vsboot --start vs3 >/dev/null
cp /etc/vsd/servers/vs3 /tmp/vs3
: >/etc/vsd/servers/vs3
bad 'it is told of, and where its mending stands' '/etc/vsd/servers/vs3: ' vsdadm vs_delete localhost vs3
has 'by name' "$(cat /tmp/bad.err)" 'vsd-servers(5) says how to mend it'
sed -e "s/^id = .*/id = $(sed -n 's/^id = //p' /var/lib/vsd/given)/" -e 's/^\(root\|fqdn\|address\)\( = .*\)vs1/\1\2vs3/' \
	-e "s/^uid = .*/uid = $(stat -c %u $vs/vs3/home)/" -e 's/10.77.0.1/10.77.0.3/' /etc/vsd/servers/vs1 >/etc/vsd/servers/vs3
is 'it is what it was' "$(sort /tmp/vs3)" "$(sort /etc/vsd/servers/vs3)"
vsdadm check localhost --repair >/dev/null 2>&1
check 'it stops' vsboot --stop vs3
# What the host has mounted in it is not the server's.
mkdir -p /srv/host/in
echo kept >/srv/host/in/file
mount --bind /srv/host $vs/vs3/srv
has 'not deleted with a mount in it' "$(vsdadm vs_delete localhost vs3 2>&1)" "something is mounted on '$vs/vs3/srv'"
check 'it is there still' test -d $vs/vs3/etc -a -f /etc/vsd/servers/vs3
umount $vs/vs3/srv
check 'and is deleted' vsdadm vs_delete localhost vs3
mkdir -p $vs/.vs3.deleted-0123456789abcdef/a/b
mount --bind /srv/host $vs/.vs3.deleted-0123456789abcdef/a/b
refused 'nor is one cleared away that is mounted upon' vsd-vsbatch
is 'what is mounted stays' kept "$(cat /srv/host/in/file)"
umount $vs/.vs3.deleted-0123456789abcdef/a/b
check 'then it is' vsd-vsbatch
is 'with all that it had' '' "$(ls -d $vs/vs3 /etc/vsd/servers/vs3 2>/dev/null)"
check 'all is well' vsdadm check localhost
check 'and alice logs in' vssh alice@10.77.0.2 true

# A VS folder with a wrong owner
chown 2000200 $vs/vs2
bad 'user_add in a folder that is not root'\''s' "not root's" vsdadm user_add localhost vs2 carol
bad 'user_passwd' "not root's" vsdadm user_passwd localhost vs2 alice
bad 'check tells' "not root's" vsdadm check localhost
chown 0 $vs/vs2
chmod 0777 $vs/vs2
bad 'user_add in a folder that others may write to' 'others may write' \
	vsdadm user_add localhost vs2 carol
chmod 0755 $vs/vs2

# Users
add() { vsdadm user_add localhost vs1 "$@"; }
for user in '' Carol 1carol ca.rol car/ol ../carol car:ol 'car ol' "$(printf 'carol\nroot')" \
	carol1234567890123456789012345678; do
	bad "user_add of a bad name '$user'" 'no user name' add "$user"
done
bad 'user_add of a taken name' "'alice' exists" add alice
bad 'user_add of admin' "'admin' exists" add admin
bad 'user_add of root' "'root' exists" add root
bad 'user_add with a field of two' 'a colon or control byte' add carol -c 'x:0:0'
bad 'user_add with a shell that is no path' 'not absolute' add carol -s sh
bad 'user_add with a bad right' "'lo gin' is no right" add carol -r 'lo gin'
bad 'user_add in no server' 'none of that name' vsdadm user_add localhost vs9 carol
bad 'user_add in a server of a bad name' 'none of that name' vsdadm user_add localhost ../vs1 carol
bad 'user_del of nobody' 'no such user' vsdadm user_del localhost vs1 carol
bad 'user_del of admin' admin vsdadm user_del localhost vs1 admin
bad 'user_del of root' 'no such user' vsdadm user_del localhost vs1 root
bad 'user_passwd without a password' 'no password' vsdadm user_passwd localhost vs1 alice
bad 'user_passwd of nobody' 'no such user' vsdadm user_passwd localhost vs1 carol
bad 'priv_set for nobody' 'no such user' vsdadm priv_set localhost vs1 carol login on
check 'vs_set max_users' vsdadm vs_set localhost vs1 max_users=2
bad 'one user more than max_users' 'its 2 users' add carol
bad 'vs_set of more users than ids' 'does not fit' vsdadm vs_set localhost vs1 max_users=200
bad 'vs_set of an unknown key' 'no such key' vsdadm vs_set localhost vs1 pids=5 colour=red
bad 'vs_set of a bad number says what is one' 'memory takes bytes, or' vsdadm vs_set localhost vs1 memory=64X
bad 'vs_set of more bytes than there are' 'memory takes' vsdadm vs_set localhost vs1 memory=9000000000G
bad 'vs_set of no users' 'max_users takes a number above 0' vsdadm vs_set localhost vs1 max_users=0
bad 'user_mod of a bad lock' 'lock takes on or off' vsdadm user_mod localhost vs1 alice lock=yes
bad 'user_mod of a bad day' 'expire takes days' vsdadm user_mod localhost vs1 alice expire=2030-01-01
bad 'vs_set of a taken address' "server vs2's" vsdadm vs_set localhost vs1 address=10.77.0.2
bad 'vs_set of a taken fqdn' "is vs2's" vsdadm vs_set localhost vs1 fqdn=vs2.example.test

check 'vs_set to the whole range' vsdadm vs_set localhost vs1 max_users=199
n=2
while [ $n -lt 199 ] && add "u$n" 2>/tmp/bad.err; do
	n=$((n + 1))
done
is '199 users fit' 199 $n
bad 'the 200th user' 'its 199 users' add u199
check 'the last one has the last id' test "$(awk -F: '$1 == "u198" { print $3 }' $vs/vs1/etc/passwd)" = 2000199
check 'with a home of their own' test "$(stat -c %u $vs/vs1/home/u198)" = 2000199
check 'and all is well' vsdadm check localhost

for call in 'vs_create localhost vs3' 'frobnicate localhost' 'vs_info' '' 'vs_list --frobnicate' \
	'vs_list localhost vs1' 'priv_set localhost vs1 alice login maybe' 'vs_info localhost vs1 -c x'; do
	# shellcheck disable=SC2086 # words
	vsdadm $call >/tmp/bad.out 2>/tmp/bad.err
	is "misuse is exit 2: vsdadm $call" '2, 0 bytes out' "$?, $(wc -c </tmp/bad.out) bytes out"
done
# Servers are started side by side, and what is said of one is not mixed into another's line.
is 'a message is written by one call' "vsboot: find server 'no\x1bsuch': no such server" "$(python3 -c '
import socket, subprocess
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
subprocess.run(["vsboot", "--start", "no\33such"], stderr=theirs)
print(ours.recv(4096).decode(), end="")')"
done_testing
