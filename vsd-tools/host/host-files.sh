# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What vsd-install and vsd-uninstall share: messages, the journal, and changing a
# file whole.  Not a command.

tool=${0##*/}
journal_file=/var/lib/vsd/install.journal
block_begin='# BEGIN VSD: vsd-install wrote this, vsd-uninstall takes it out'
block_end='# END VSD'
changed=0

fail() {
	echo "$tool: $1 '$2': $3" >&2
	exit 1
}

misuse() {
	echo "$tool: $1; see --help" >&2
	exit 2
}

# One line for each change: what is done, to what, and why.
say() {
	echo "$1 $2: $3"
	changed=$((changed + 1))
}

# Remember what to take back; each line once.
journal() {
	[ -z "$dry" ] || return 0
	grep -qsxF "$1" "$journal_file" || {
		echo "$1" >>"$journal_file"
		sync -d "$journal_file"
	}
}

make_folder() {
	if [ -d "$2" ] && [ ! -L "$2" ]; then
		[ "$(stat -c %u:%a "$2")" != "0:${1#0}" ] || return 0
		say 'set' "$2" "owner root, mode $1"
	else
		say 'make' "$2" "mode $1"
	fi
	[ -z "$dry" ] || return 0
	[ -d "$2" ] || mkdir "$2"
	chown root:root "$2"
	chmod "$1" "$2"
}

# replace FILE WHY COMMAND [ARG]...: give a file what COMMAND prints, by one
# rename, with the old one's owner and mode; nothing is done when it has it
# already.  A link is followed, as the file behind it is what is in use.
replace() {
	target=$(readlink -m "$1")
	path=$1 why=$2 new=$target.vsd-new
	shift 2
	if [ -n "$dry" ]; then
		"$@" | cmp -s - "$target" || say 'would change' "$path" "$why"
		return 0
	fi
	"$@" >"$new"
	if cmp -s "$new" "$target"; then
		rm -f "$new"
		return 0
	fi
	if [ -e "$target" ]; then
		chown --reference="$target" "$new"
		chmod --reference="$target" "$new"
		journal "edited $path"
		say 'change' "$path" "$why"
	else
		chmod 0644 "$new"
		journal "created $path"
		say 'make' "$path" "$why"
	fi
	sync -d "$new"
	mv -f "$new" "$target"
}

# A file without our block.
without_block() {
	awk -v b="$block_begin" -v e="$block_end" \
		'$0 == b { skip = 1 } !skip { print } $0 == e { skip = 0 }' "$1"
}

# A number of vsd.conf, or its default.
conf_number() {
	value=$(sed -n "s/^[ \t]*$1[ \t]*=[ \t]*\([0-9][0-9]*\)[ \t]*\$/\1/p" /etc/vsd.conf 2>/dev/null) || :
	echo "${value:-$2}"
}

# Let a running daemon read its configuration anew.
reload_daemon() {
	[ -z "$dry" ] || return 0
	if [ -d /run/systemd/system ]; then
		systemctl try-reload-or-restart "$1" || say 'warning' "$1" 'not reloaded'
	elif [ -s "$2" ] && kill -0 "$(cat "$2")" 2>/dev/null; then
		kill -HUP "$(cat "$2")"
	fi
}
