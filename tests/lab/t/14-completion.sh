#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2
# bash completes verbs, options, servers and users.
. "$LAB_DIR/lib/tap.sh"
offered() { # COMMAND WORD...: what bash would offer for the last word
	bash -c '
		. "/usr/share/bash-completion/completions/$1"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		f=$(complete -p "$1") f=${f#*-F } f=${f%% *}
		$f "$1"
		echo "${COMPREPLY[@]}"' bash "$@"
}
# What stands on an interactive shell's line after a Tab
typed() { # TEXT
	rm -f /tmp/typed
	TEXT=$1 expect -c '
		set timeout 10
		log_user 0
		spawn -noecho bash --norc -i
		expect "# "
		send ". /usr/share/bash-completion/completions/vsdadm; . /usr/share/bash-completion/completions/vsboot\r"
		expect "# "
		send "$env(TEXT)\t"
		send "\001echo \005 >/tmp/typed; exit\r"
		expect eof'
	cat /tmp/typed
}
is 'a verb' 'user_add user_del' "$(offered vsdadm user_ | tr ' ' '\n' | grep -E '^user_(add|del)$' | xargs)"
is 'every verb of --help' "$(vsdadm --help | grep -c '^  [a-z_]*  *\[*HOST')" "$(offered vsdadm '' | wc -w)"
is 'the host' localhost "$(offered vsdadm vs_info l)"
is 'servers' 'vs1 vs2' "$(offered vsdadm vs_info localhost vs)"
is 'users of a server' alice "$(offered vsdadm user_passwd localhost vs1 al)"
is 'no users where none belongs' '' "$(offered vsdadm vs_set localhost vs1 al)"
is 'options' '--repair' "$(offered vsdadm --rep)"
is 'servers of vsboot' 'vs1 vs2' "$(offered vsboot --start vs)"
is 'its options' '--status' "$(offered vsboot --stat)"
for command in bevs vsalias; do
	is "servers of $command, by a file of its own name" 'vs1 vs2' "$(offered $command vs)"
done
is 'options before the verb are none of its words' 'vs1 vs2' "$(offered vsdadm --rights login,ftp user_add localhost vs)"
is 'no new name is offered' '' "$(offered vsdadm vs_create localhost vs)$(offered vsdadm user_add localhost vs1 al)"
is 'rights' 'ftp' "$(offered vsdadm priv_set localhost vs1 alice f)"
is 'on and off' 'on off' "$(offered vsdadm priv_set localhost vs1 alice ftp '')"
is 'services of check --live' 'su su-l' "$(offered vsdadm check --live su)"
: >/tmp/export.tar
is 'files' '/tmp/export.tar' "$(offered vsdadm vs_import localhost /tmp/exp)$(offered vsdadm vs_export localhost vs1 /tmp/none)"
for call in 'vs_set localhost vs1' 'user_mod localhost vs1 alice'; do
	# shellcheck disable=SC2086 # words
	keys=$(offered vsdadm $call '')
	is "keys of ${call%% *}: each is one" '' \
		"$(for key in $keys; do vsdadm $call "$key\$" 2>&1; done | grep 'no such key')"
	check 'there are some' test "$(echo "$keys" | wc -w)" -ge 7
done
is "no server where bevs wants a user" '' "$(offered bevs -u '')"
has 'what bevs may run' "$(offered bevs vs1 pass)" passwd
is 'profiles' 'services standard' "$(offered vsd-genskel --profile s | tr ' ' '\n' | sort | xargs)"
is 'the server of vsd-refreshskel' 'vs1 vs2' "$(offered vsd-refreshskel --server '')"
is 'which takes no other names' '' "$(offered vsd-refreshskel '')"
is 'options of vsd-uninstall' '--keep-data' "$(offered vsd-uninstall --k)"
is 'typed' 'vsdadm vs_info' "$(typed 'vsdadm vs_inf')"
is 'typed' 'vsdadm user_passwd localhost vs1 alice' "$(typed 'vsdadm user_passwd localhost vs1 al')"
is 'typed: the value follows at once' 'vsdadm vs_set localhost vs1 max_users=9' "$(typed 'vsdadm vs_set localhost vs1 max_u')9"
is 'typed: after one key comes another' 'vsdadm vs_set localhost vs1 max_users=9 quota=' "$(typed 'vsdadm vs_set localhost vs1 max_users=9 qu')"
is 'typed' 'vsboot --restart' "$(typed 'vsboot --res')"
is 'options of vsredirect' '--flush' "$(offered vsredirect --fl)"
is 'which takes no names' '' "$(offered vsredirect vs)"
done_testing
