# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What vsd-install and vsd-uninstall share: messages, and changing a file of the
# host whole, with a record of what it was before and what it became.  Not a command.
#
# The record is /var/lib/vsd/install: `journal`, a line "edited PATH", "created PATH",
# "folder PATH", "account NAME" or "group NAME" for each thing; before/PATH and after/PATH.  It is
# written before the thing itself is done, so that whoever comes after an
# interruption finds the file as one of the two.

tool=${0##*/}
record=/var/lib/vsd/install
journal_file=$record/journal
block_begin='# BEGIN VSD: vsd-install wrote this, vsd-uninstall takes it out'
block_end='# END VSD'
initgroups_mark=' # VSD: all that group asks'
changed=0
# What useradd and userdel change beside the account itself.
account_files='/etc/.pwd.lock /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
/etc/subuid- /etc/subgid-'

fail() {
	echo "$tool: $1 '$2': $3" >&2
	exit 1
}

misuse() {
	echo "$tool: $1; see --help" >&2
	exit 2
}

# One line for each change: what is done, or would be, to what, and why.
say() {
	case $1 in
	warning | skip) echo "$1 $2: $3" ;;
	*) echo "${dry:+would }$1 $2: $3" ;;
	esac
	changed=$((changed + 1))
}

# Remember what to take back; each line once.
journal() {
	[ -z "$dry" ] || return 0
	grep -qsxF "$1" "$journal_file" || {
		[ -d "$record" ] || make_record
		echo "$1" >>"$journal_file"
		sync -d "$journal_file"
	}
}

# 0700: before/ has what was in files that only root reads.
make_record() {
	mkdir -p "$record"
	chmod 0700 "$record"
}

# The new file that is about to be written beside an old one: an interrupted run
# leaves it to the next, which sweeps.
temporary() {
	[ -d "$record" ] || make_record
	echo "$1" >>"$record/temporary"
}

sweep() {
	[ -z "$dry" ] || return 0
	[ ! -s "$record/temporary" ] || {
		while read -r f; do
			rm -f "$f"
		done <"$record/temporary"
		rm -f "$record/temporary"
	}
	rm -rf "$record.done" # of an uninstallation that was ended at its end
	[ ! -s "$record/account" ] || mend_account "$(cat "$record/account")"
}

# change_account NAME COMMAND...: one of shadow's commands, which changes several files.
change_account() {
	[ -d "$record" ] || make_record
	echo "$1" >"$record/account.new"
	mv -f "$record/account.new" "$record/account"
	shift
	if "$@"; then status=0; else status=$?; fi
	rm -f "$record/account"
	return $status
}

# One was ended in between: no lock of it stays, and nothing of an account half made or
# half removed.  The lines are taken out under the locks that shadow's commands heed.
mend_account() {
	for f in passwd group shadow gshadow; do
		lock_accounts "/etc/$f"
		rm -f "/etc/$f+"
		if grep -q "^$1:" "/etc/$f"; then
			grep -v "^$1:" "/etc/$f" | same_owner "/etc/$f" "/etc/$f"
		fi
	done
	for f in passwd group shadow gshadow subuid subgid; do
		forget_locks "/etc/$f"
		rm -f "/etc/$f.lock"
	done
	added=1
	rm -f "$record/account"
}

# What a process that is no more would have linked to the lock of FILE.
forget_locks() {
	for left in "$1".[0-9]*; do
		[ "$left" = "$1.$$" ] || kill -0 "${left##*.}" 2>/dev/null || rm -f "$left"
	done
}

lock_accounts() {
	echo $$ >"$1.$$"
	chmod 0600 "$1.$$"
	temporary "$1.$$"
	[ ! -s "$1.lock" ] || ! kill -0 "$(cat "$1.lock")" 2>/dev/null ||
		fail 'change' "$1" "process $(cat "$1.lock") has locked it"
	forget_locks "$1"
	ln -f "$1.$$" "$1.lock"
	rm -f "$1.$$"
}

# keep before|after PATH FILE: a copy of FILE as PATH's, with owner, mode and time.
keep() {
	kept=$record/$1$2
	mkdir -p "${kept%/*}"
	cp -p "$3" "$kept.new"
	sync -d "$kept.new"
	mv -f "$kept.new" "$kept"
}

# Is the file of PATH still what we made of it?
is_ours() {
	[ -f "$record/after$1" ] && cmp -s "$1" "$record/after$1"
}

is_created() {
	grep -qsxF "created $1" "$journal_file"
}

make_folder() {
	if [ -d "$2" ] && [ ! -L "$2" ]; then
		[ "$(stat -c %u:%a "$2")" != "0:${1#0}" ] || return 0
		say 'set' "$2" "owner root, mode $1"
	else
		say 'make' "$2" "mode $1"
		journal "folder $2"
	fi
	[ -z "$dry" ] || return 0
	[ -d "$2" ] || mkdir "$2"
	chown root:root "$2"
	chmod "$1" "$2"
}

# What was there before us: the record of the first time, or, where somebody has
# edited since, their file without our part.
remember() {
	if [ ! -e "$1" ]; then
		journal "created $1"
	elif [ ! -e "$record/before$1" ]; then
		is_created "$1" || keep before "$1" "$1"
	elif ! is_ours "$1"; then
		without_ours "$1" "$1" | same_owner "$1" "$record/before$1"
	fi
	is_created "$1" || journal "edited $1"
}

# same_owner FILE NEW: standard input as NEW, with FILE's owner, mode and time.
same_owner() {
	temporary "$2.vsd-new"
	(umask 077 && cat >"$2.vsd-new")
	chown --reference="$1" "$2.vsd-new"
	chmod --reference="$1" "$2.vsd-new"
	touch -r "$1" "$2.vsd-new"
	sync -d "$2.vsd-new"
	mv -f "$2.vsd-new" "$2"
}

# replace PATH WHY COMMAND [ARG]...: give a file what COMMAND prints, by one
# rename, with the old one's owner and mode; nothing is done when it has it
# already.  A link is followed, as the file behind it is what is in use.
replace() {
	path=$1 why=$2
	shift 2
	if [ -n "$dry" ]; then
		would_change "$@"
		return 0
	fi
	target=$(readlink -m "$path")
	new=$target.vsd-new
	mkdir -p "${target%/*}"
	temporary "$new"
	"$@" >"$new"
	if cmp -s "$new" "$target"; then
		rm -f "$new"
		return 0
	fi
	if [ -e "$target" ]; then
		chown --reference="$target" "$new"
		chmod --reference="$target" "$new"
		say 'change' "$path" "$why"
		keep_undo "$path" "$target"
	else
		chmod 0644 "$new"
		say 'make' "$path" "$why"
		[ -e "$record/undo$path" ] || echo "$path" >>"$record/undo.created"
	fi
	remember "$path"
	keep after "$path" "$new"
	sync -d "$new"
	mv -f "$new" "$target"
	sync "${target%/*}"
}

# As it was before the first of the runs that have not come to their end.
keep_undo() {
	[ -e "$record/undo$1" ] || grep -qsxF "$1" "$record/undo.created" || keep undo "$1" "$2"
}

# For --dry-run: what replace would do, as a diff.
would_change() {
	if [ -e "$path" ]; then old=$path; else old=/dev/null; fi
	! difference=$("$@" | diff -u --label "$path" --label "$path (new)" "$old" -) || return 0
	say 'change' "$path" "$why"
	echo "$difference"
}

# Did the host have a line initgroups before us?
has_own_initgroups() {
	grep -qs '^[[:space:]]*initgroups:' "$record/before/etc/nsswitch.conf"
}

# without_ours PATH FILE: what a file of the host is without our part.
without_ours() {
	case $1 in
	/etc/nsswitch.conf)
		if has_own_initgroups; then cat "$2"; else
			sed -e '/^initgroups: vsd \[SUCCESS=return\] files$/d' \
				-e "/^initgroups: vsd \[SUCCESS=return\] .*$initgroups_mark\$/d" "$2"
		fi | sed -e 's/: vsd \[SUCCESS=return\] /: /' -e 's/[ \t]\+vsd\([ \t]\|$\)/\1/'
		;;
	/etc/subuid | /etc/subgid) grep -v '^vsd:' "$2" || : ;;
	/etc/shells) grep -vx /usr/lib/vsd/vsd-shell "$2" || : ;;
	*) without_block "$2" ;;
	esac
}

# A file without our block.
without_block() {
	awk -v b="$block_begin" -v e="$block_end" \
		'$0 == b { skip = 1 } !skip { print } $0 == e { skip = 0 }' "$1"
}

# Back as it was, to the byte, where nobody has edited since; else our part alone
# is taken out, and shown.
restore() {
	path=$1 old=$record/before$1
	if [ ! -e "$path" ] || cmp -s "$path" "$old"; then
		return 0
	elif ! is_ours "$path"; then
		say 'change' "$path" 'edited since: our lines alone are taken out'
		without_ours "$path" "$path" |
			diff -u --label "$path" --label "$path (new)" "$path" - || :
		[ -n "$dry" ] || take_out "$path"
	elif [ -e "$old" ]; then
		say 'restore' "$path" 'as it was'
		[ -n "$dry" ] || put_back "$old" "$(readlink -m "$path")"
	else
		say 'remove' "$path" 'vsd-install had made it'
		[ -n "$dry" ] || rm -f "$path"
	fi
}

put_back() {
	temporary "$2.vsd-new"
	cp -p "$1" "$2.vsd-new"
	sync -d "$2.vsd-new"
	mv -f "$2.vsd-new" "$2"
}

# A file of our own making that has nothing left in it goes.
take_out() {
	target=$(readlink -m "$1")
	without_ours "$1" "$target" | same_owner "$target" "$target"
	[ -s "$target" ] || ! is_created "$1" || rm -f "$target"
}

# Let a running daemon read its configuration anew; once in a run, and waited for:
# a second SIGHUP would meet sshd before it handles any, and end it.
reload_daemon() {
	[ -z "$dry" ] || return 0
	if [ -d /run/systemd/system ]; then
		! systemctl -q is-active "$1" || systemctl reload-or-restart "$1" || say 'warning' "$1" 'not reloaded'
	elif [ -s "$2" ] && pid=$(cat "$2") && kill -0 "$pid" 2>/dev/null; then
		old=$(stat -c %i.%Z "$2")
		kill -HUP "$pid"
		tries=0
		while [ "$(stat -c %i.%Z "$2" 2>/dev/null)" = "$old" ] && [ $tries -lt 30 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		[ $tries -lt 30 ] || say 'warning' "$1" 'it does not seem to have read its configuration anew'
	fi
}

reload_daemons() {
	reload_daemon ssh /run/sshd.pid
	reload_daemon vsftpd /run/vsftpd/vsftpd.pid
	reload_daemon proftpd /run/proftpd.pid
}
