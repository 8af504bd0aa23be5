#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 300
# What vsdadm does, here and on another host, and what check finds and mends.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
rights() { vsdadm priv_list localhost vs1 "$1" | tr '\n' ' '; }

# Users and rights
check 'user_add' vsdadm user_add localhost vs1 carol -c 'Carol C' -s /bin/sh
is 'gives login and ftp' 'login ftp ' "$(rights carol)"
is 'with its shell and name' 'carol:x:2000003:2000003:Carol C:/home/carol:/bin/sh' \
	"$(grep ^carol: $vs/vs1/etc/passwd)"
is 'and a home of their own' '2000003:2000003 755' "$(stat -c '%u:%g %a' $vs/vs1/home/carol)"
is 'locked until there is a password' '!' "$(awk -F: '$1 == "carol" { print $2 }' $vs/vs1/etc/shadow)"
is 'user_passwd from stdin' 0 "$(echo 'pass word' | vsdadm user_passwd localhost vs1 carol; echo $?)"
has 'by libcrypt'\''s best method' "$(grep ^carol: $vs/vs1/etc/shadow)" 'carol:$y$'
is 'carol logs in' carol "$(pwssh password carol@10.77.0.1 'pass word' 'id -un' | tail -n 1)"
cat >/tmp/passwd.exp <<'X'
set timeout 15
spawn -noecho vsdadm user_passwd localhost vs1 carol
expect "New password of carol@vs1: "
send "typed one\r"
expect ", again: "
send "typed one\r"
expect eof
exit [lindex [wait] 3]
X
is 'asked for on a terminal, unseen' '0 0' \
	"$(expect /tmp/passwd.exp >/tmp/passwd.out; echo "$? $(grep -c typed /tmp/passwd.out)")"
is 'it is the one typed' carol "$(pwssh password carol@10.77.0.1 'typed one' 'id -un' | tail -n 1)"
cat >/tmp/quit.exp <<'X'
set timeout 15
spawn -noecho sh -c {trap : INT; vsdadm user_passwd localhost vs1 carol; stty -a}
expect "New password of carol@vs1: "
send "\003"
expect eof
X
has 'interrupted, the terminal echoes again' "$(expect /tmp/quit.exp)" ' echo '
check 'priv_set off' vsdadm priv_set localhost vs1 carol ftp off
is 'takes one right' 'login ' "$(rights carol)"
has 'a right that nothing asks for' "$(vsdadm priv_set localhost vs1 carol logni on 2>&1)" "no right 'logni': /etc/vsd.conf names none"
has 'nor for a new user' "$(vsdadm user_add localhost vs1 dora --rights ftp,logni 2>&1)" "no right 'logni'"
has 'who is not made' "$(vsdadm priv_list localhost vs1 dora 2>&1)" "show the rights of 'dora@vs1': no such user"
check 'priv_set on' vsdadm priv_set localhost vs1 carol perl on
is 'and gives one' 'login perl ' "$(rights carol)"
vssh carol@10.77.0.1 'sleep 281' &
session=$!
for _ in $(seq 50); do
	! pgrep -xf 'sleep 281' >/dev/null || break
	sleep 0.1
done
bad_now=$(vsdadm priv_set localhost vs1 carol ftp off --now 2>&1)
has '--now goes with login off alone' "$bad_now" 'goes with login off'
check 'priv_set login off --now' vsdadm priv_set localhost vs1 carol login off --now
wait $session
is 'has ended what carol ran' '' "$(pgrep -xf 'sleep 281')"
check 'login on again' vsdadm priv_set localhost vs1 carol login on
check 'user_add with no rights' vsdadm user_add localhost vs1 dave --rights none
is 'none' '' "$(rights dave)"
refused 'who cannot log in' vssh dave@10.77.0.1 true

# user_mod
mod() { vsdadm user_mod localhost vs1 "$@"; }
by_password() { pwssh password bob@10.77.0.1 lab-bob-vs1 'echo came in'; }
check 'user_mod' mod bob 'gecos=Bob the Builder' shell=/bin/sh
is 'the name and shell are changed' 'Bob the Builder:/bin/sh' \
	"$(awk -F: '$1 == "bob" { print $5 ":" $7 }' /home/vsd/vs/vs1/etc/passwd)"
check 'a lock' mod bob lock=on
lacks 'keeps the password out' "$(by_password)" 'came in'
check 'and off again' mod bob lock=off
has 'it is let in' "$(by_password)" 'came in'
check 'an account that has ended' mod bob expire=1
lacks 'is refused' "$(by_password)" 'came in'
check 'without an end' mod bob expire=never
has 'is not' "$(by_password)" 'came in'
before=$(sha256sum /home/vsd/vs/vs1/etc/passwd /home/vsd/vs/vs1/etc/group /home/vsd/vs/vs1/etc/shadow)
has 'no such key' "$(mod bob gecos=x uid=0 2>&1)" "'uid=0': no such key"
has 'no such value' "$(mod bob gecos=x lock=maybe 2>&1)" "'lock=maybe': lock takes on or off"
refused 'a colon' mod bob gecos=a:b
refused 'a newline' mod bob "gecos=a
root2:x:0:0::/:/bin/sh"
refused 'a group of nobody' mod bob gecos=x groups=nosuchgroup
refused 'a group of the host' mod bob group=0
refused 'admin locked' mod admin lock=on
refused 'a user who is not there' mod nosuch gecos=x
is 'nothing of that was written' "$before" \
	"$(sha256sum /home/vsd/vs/vs1/etc/passwd /home/vsd/vs/vs1/etc/group /home/vsd/vs/vs1/etc/shadow)"

# user_del ends what runs, and its rights
install -d -m 0700 -o 2000003 -g 2000003 $vs/vs1/home/carol/.ssh
install -m 0600 -o 2000003 -g 2000003 "$LAB_KEY.pub" $vs/vs1/home/carol/.ssh/authorized_keys
vssh carol@10.77.0.1 'setsid sleep 281 & sleep 282' & session=$!
vssh alice@10.77.0.1 'sleep 283' & other=$!
sleep 2
is 'carol and alice run something' 3 "$(pgrep -fc '^sleep 28')"
check 'user_del' vsdadm user_del localhost vs1 carol
is 'carol runs nothing, alice does' 'sleep 283' "$(pgrep -fa '^sleep 28' | sed 's/^[0-9]* //')"
wait $session
pkill -f '^sleep 283'
wait $other
is 'no right of hers is left' '' "$(rights carol)$(grep carol $vs/vs1/etc/vsd/priv)"
is 'nor a line' '' "$(grep -h carol $vs/vs1/etc/passwd $vs/vs1/etc/group $vs/vs1/etc/shadow)"
check 'the home stays' test -d $vs/vs1/home/carol

# JSON
is 'vs_list' '2 vs1 running 10.77.0.1' "$(vsdadm vs_list localhost --json |
	json 'len(d), d[0]["name"], d[0]["state"], d[0]["addresses"][0]')"
is 'vs_info' '2000200 200 vs2.example.test' "$(vsdadm -j vs_info localhost vs2 |
	json 'd["uid"], d["count"], d["fqdn"]')"
has 'user_list' "$(vsdadm user_list localhost vs2 -j | json '[u["user"] for u in d]')" "'alice'"
has 'priv_list' "$(vsdadm priv_list localhost vs2 -j | json 'd["login"]')" "'alice'"

# Another host: this one, by its other name; no shell there reads an argument
mkdir -p /root/.ssh
printf 'Host 10.88.0.1\n\tIdentityFile %s\n\tBatchMode yes\n' "$LAB_KEY" >>/root/.ssh/config
is 'this host is meant where none is named' "$(vsdadm vs_list localhost)" "$(vsdadm vs_list)"
has 'but not before other arguments' "$(vsdadm vs_info 2>&1)" 'vs_info: no host'
is 'vs_list over ssh' "$(vsdadm vs_list localhost)" "$(vsdadm vs_list 10.88.0.1 </dev/null)"
name='$(touch /tmp/pwned) `id` "a" '\''b'\'' \ ; | & * <x >y #'
check 'user_add over ssh' vsdadm user_add 10.88.0.1 vs1 erin -c "$name"
is 'every byte arrives' "erin:x:2000005:2000005:$name:/home/erin:/bin/bash" \
	"$(grep ^erin: $vs/vs1/etc/passwd)"
refused 'and none was obeyed' test -e /tmp/pwned
is 'user_passwd over ssh' 0 "$(echo 'far away' | vsdadm user_passwd 10.88.0.1 vs1 erin; echo $?)"
is 'it is the one sent' erin "$(pwssh password erin@10.77.0.1 'far away' 'id -un' | tail -n 1)"
sed -e 's/localhost vs1 carol/10.88.0.1 vs1 erin/' -e 's/carol@vs1:/erin@vs1 on 10.88.0.1:/' \
	-e 's/typed one/typed far/' /tmp/passwd.exp >/tmp/far.exp
is 'asked for here, on a terminal' 0 "$(expect /tmp/far.exp >/dev/null; echo $?)"
is 'it is the one typed' erin "$(pwssh password erin@10.77.0.1 'typed far' 'id -un' | tail -n 1)"
vsdadm vs_info 10.88.0.1 vs9 2>/tmp/err
is 'exit status and message come back' "1 vsdadm: find server 'vs9': there is none of that name" \
	"$? $(cat /tmp/err)"
refused 'a host that is an option' vsdadm -- vs_list -oProxyCommand=touch${IFS}/tmp/pwned
refused 'is not obeyed' test -e /tmp/pwned
is 'a list of names on stdin is not eaten' 'vs1 vs2 ' "$(printf 'vs1\nvs2\n' | while read -r n; do
	vsdadm vs_info 10.88.0.1 "$n" >/dev/null; printf '%s ' "$n"; done)"

# vs_set
check 'vs_set' vsdadm vs_set localhost vs2 max_sessions=1 quota_mb=200
is 'all of it' '1 200 0' "$(vsdadm vs_info localhost vs2 -j |
	json 'd["max_sessions"], d["quota_mb"], d["memory"]')"
vsboot --stop vs2 >/dev/null
refused 'an address of another' vsdadm vs_set localhost vs2 address=10.77.0.1
check 'two addresses while it stands still' vsdadm vs_set localhost vs2 address=10.77.0.12,10.77.0.13
lacks 'the old one has left the host' "$(ip -o addr)" '10.77.0.2/'
check 'it starts again' vsboot --start vs2
is 'and serves at both' 'alice alice' "$(vssh -o StrictHostKeyChecking=no alice@10.77.0.12 id -un 2>/dev/null) $(
	vssh -o StrictHostKeyChecking=no alice@10.77.0.13 id -un 2>/dev/null)"

# check
check 'check: all is well' vsdadm check localhost
echo data >/tmp/host-file
: >$vs/vs1/home/alice/stray
chown 2000200 $vs/vs1/home/alice/stray
chown 33 $vs/vs1/home/bob
chown 2000000 $vs/vs1/etc
: >/var/lib/vsd/index
mkdir $vs/nobody $vs/.vs7.deleted-0123456789abcdef
out=$(vsdadm check localhost 2>&1)
is 'check fails' 1 "$(vsdadm check localhost >/dev/null 2>&1; echo $?)"
has 'tells of a stranger'\''s file' "$out" '/home/alice/stray: owner 2000200:0'
has 'of a stranger'\''s folder' "$out" '/home/bob: owner 33:2000002'
has 'of /etc' "$out" "/etc: is not root's"
has 'of the index' "$out" "check '/var/lib/vsd/index': damaged"
has 'of a folder without a server' "$out" "check 'nobody'"
has 'of a leftover' "$out" '.vs7.deleted'
vsdadm check localhost --repair >/tmp/out 2>&1
is 'a folder of nobody is left for a person' 1 $?
rmdir $vs/nobody
check 'the rest is repaired' vsdadm check localhost
is 'the owners' '2000000 2000000 0' "$(stat -c %u $vs/vs1/home/alice/stray $vs/vs1/home/bob \
	$vs/vs1/etc | tr '\n' ' ' | sed 's/ $//')"
refused 'the leftover is gone' test -e $vs/.vs7.deleted-0123456789abcdef
chown 2000000 $vs/vs1
chmod 0777 $vs/vs1
check 'check --repair mends a root' vsdadm check localhost --repair
is 'owner and mode' '0 755' "$(stat -c '%u %a' $vs/vs1)"

# A shared file is never given away, whoever seems to own it.
f=$vs/vs1/usr/bin/env
shared=$(readlink -f "$f")
chown 2000200 "$shared"
refused 'check tells of a shared file' vsdadm check localhost --repair
is 'and leaves it' 2000200 "$(stat -c %u "$shared")"
chown 0 "$shared"

# disable and delete
check 'vs_disable' vsdadm vs_disable localhost vs1
is 'it is stopped' disabled "$(vsdadm vs_info localhost vs1 -j | json 'd["state"]')"
refused 'nobody logs in' vssh alice@10.77.0.1 true
refused 'nor does it start' vsboot --start vs1
check 'vs_enable' vsdadm vs_enable localhost vs1
check 'and start' vsboot --start vs1
check 'it serves again' vssh alice@10.77.0.1 true
vssh alice@10.77.0.1 'sleep 284' & session=$!
sleep 1
check 'vs_delete of a running server' vsdadm vs_delete localhost vs1
wait $session
is 'nothing runs, lies or is named any more' ' ' \
	"$(pgrep -f '^sleep 284') $(ls -d $vs/vs1 $vs/.vs1* /etc/vsd/servers/vs1 2>/dev/null)"
lacks 'the address has left the host' "$(ip -o addr)" '10.77.0.1/'
refused 'nobody logs in' vssh alice@vs1@10.88.0.1 true
check 'the other server serves' vssh -o StrictHostKeyChecking=no alice@10.77.0.12 true
check 'a new one may have name and address' vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 1 5
check 'vsd-vsbatch makes it' vsd-vsbatch
is 'with ids never used before' 2000400 "$(vsdadm vs_info localhost vs1 -j | json 'd["uid"]')"
is 'and all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"
done_testing
