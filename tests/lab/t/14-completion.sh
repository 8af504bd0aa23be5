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
is 'options of vsredirect' '--flush' "$(offered vsredirect --fl)"
is 'which takes no names' '' "$(offered vsredirect vs)"
done_testing
