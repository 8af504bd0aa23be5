#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd
# vsdadm VERB OTHERHOST, between two hosts: words arrive as they are, and what the other
# one says comes back.
. "$LAB_DIR/lib/tap.sh"
printf 'Host 10.88.*\n\tIdentityFile %s\n\tBatchMode yes\n\tConnectTimeout 5\n' "$LAB_KEY" >/root/.ssh/config
there=10.88.0.1
# On the second host, which has no server and no range of its own.
other() {
	unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=0755 t /etc/vsd && mkdir /etc/vsd/servers && mount -t tmpfs -o mode=0755 t /var/lib/vsd && exec lab-client vsdadm "$@"' vsdadm "$@"
}
line() { grep "^$1:" /home/vsd/vs/vs1/etc/passwd; }

is 'the second host has no server' '[]' "$(other --json vs_list localhost | tr -d ' \n')"
is 'JSON comes through as it is' "$(vsdadm --json vs_list localhost)" "$(other --json vs_list $there)"
is 'text too' "$(vsdadm user_list localhost vs1)" "$(other user_list $there vs1)"
n=0
for words in 'two words' "an ' apostrophe" 'a " quote' 'a $HOME and a $(touch /tmp/ran)' '`touch /tmp/ran`' '; touch /tmp/ran' \
	'a \ backslash \n' '* ? [a-z]' '{a,b} ~ # !x' ' spaces  kept ' '=-n --help' '&& touch /tmp/ran || true' '> /tmp/ran' '%s%n'; do
	n=$((n + 1))
	check "user_add, named $words" other user_add $there vs1 "q$n" "$words"
	is 'as it was written' "$words" "$(line q$n | cut -d: -f5)"
done
refused 'nothing of them ran' test -e /tmp/ran
seen=$(other user_add $there vs1 nl "a
b" 2>&1)
is 'a line break is refused' 1 $?
has 'with its reason' "$seen" "'nl@vs1': a field holds a colon or control byte"
is 'and has made nobody' '' "$(line nl)"
for word in -dash --help -- '-c other' -; do
	n=$((n + 1))
	check "user_add, named $word" other user_add $there vs1 "q$n" -- "$word"
	is 'a dash ahead is no option' "$word" "$(line q$n | cut -d: -f5)"
	check "by an option" other user_add --gecos "$word" $there vs1 "o$n" --rights ftp
	is 'nor as the value of one' "$word" "$(line o$n | cut -d: -f5)"
	check "user_mod, to be named $word" other user_mod $there vs1 q1 "gecos=$word"
	is 'it is so' "$word" "$(line q1 | cut -d: -f5)"
done
refused 'an empty word is' other user_add $there vs1 empty ''

status() { "$@" >/tmp/said 2>&1 </dev/null; echo $?; }
is 'the exit status of what is refused' 1 "$(status other user_del $there vs1 nobody-there)"
has 'with the reason' "$(cat /tmp/said)" 'no such user'
is 'as here' 1 "$(status vsdadm user_del localhost vs1 nobody-there)"
for verb in user_list vs_info priv_list; do
	is "of $verb with --json" 1 "$(status other --json $verb $there nosuch)"
	has 'with the reason' "$(cat /tmp/said)" "'nosuch': "
	is 'and as here, word for word' "$(vsdadm --json $verb localhost nosuch 2>&1)" "$(cat /tmp/said)"
done
is 'of misuse' 2 "$(status other user_add $there)"
is 'of success' 0 "$(status other user_del $there vs1 q1)"
is 'it is done' '' "$(line q1)"
isnt0() { [ "$(status "$@")" -ne 0 ]; }
is 'of a host that does not answer' 255 "$(status other vs_list 10.88.0.77)"
has 'whose it is' "$(cat /tmp/said)" "reach '10.88.0.77': ssh failed"
for bad in '-oProxyCommand=touch /tmp/ran' 'a b' ''; do
	check "'$bad' is no host" isnt0 other vs_list "$bad"
done
is "after -- there is none, and this host is meant" "[]" "$(other --json vs_list -- | tr -d " \n")"
refused 'and none of it ran' test -e /tmp/ran

check 'a password by stdin' sh -c "printf 'remote-pass-1\\n' | unshare -m --propagation private sh -c 'mount -t tmpfs t /etc/vsd && exec lab-client vsdadm user_passwd $there vs1 alice'"
is 'it holds' alice "$(pwssh password alice@10.77.0.1 remote-pass-1 'id -un' | tail -n 1)"
lacks 'it stood in no command line and no log' "$(cat /var/log/lab.log)" remote-pass-1
check 'rights' other priv_set $there vs1 q2 login on
has 'listed' "$(other priv_list $there vs1)" 'q2'
done_testing
