#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Configure this host for virtual servers, and say what was changed.  vsd-install(8)
# Every step is made by one rename and may be made again, so that an interrupted
# run is finished by another.
# shellcheck disable=SC2154 # host-files.sh, put in by make, assigns what is not here
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

share=@datadir@
@host-files@
@host-checks@

usage() {
	cat <<X
usage: vsd-install [--dry-run]
Configure this host for virtual servers: /etc/vsd.conf, name service, PAM, sshd,
vsftpd, /etc/shells, and the reserved range of ids.  It looks at the host first,
says what it changes, and takes all back if a user of the host could no longer log
in.  vsd-uninstall takes it back later.

  -n, --dry-run   show what would be changed, change nothing
  -h, --help      this text
      --version   the version
X
}

dry='' added=''
while [ $# -gt 0 ]; do
	case $1 in
	-n | --dry-run) dry=1 ;;
	-h | --help) usage; exit 0 ;;
	--version) echo "$tool (VSD) @version@"; exit 0 ;;
	*) misuse "unknown argument '$1'" ;;
	esac
	shift
done
[ "$(id -u)" -eq 0 ] || fail 'configure' 'this host' 'not root'

set_folders() {
	make_folder 0755 /etc/vsd
	make_folder 0755 /etc/vsd/servers
	make_folder 0755 /var/lib/vsd
	make_folder 0700 /var/lib/vsd/lock
	make_folder 0700 /var/spool/vsd
	make_folder 0755 /home/vsd
	make_folder 0711 /home/vsd/vs
}

# Keep useradd, and its subordinate ids, out of the servers' ranges: they belong
# to a locked account.
reserve() {
	getent passwd vsd >/dev/null || {
		say 'add' 'account vsd' 'locked; it owns the range of ids below'
		[ -n "$dry" ] || add_account
	}
	for map in /etc/subuid /etc/subgid; do
		reserve_in "$map" "vsd:$range_first:$range_count"
	done
}

# useradd leaves copies of the files it changes, which are the host's too.  What an
# interrupted run has made of them is not what was there before us.
remember_accounts() {
	for f in $account_files; do
		if [ -z "$added" ] && [ -e "$record/after$f" ] && ! grep -qsxF "$f" "$record/ours"; then
			remember "$f"
		elif [ ! -e "$record/before$f" ] && ! is_created "$f"; then
			remember "$f"
		fi
	done
}

add_account() {
	remember_accounts
	journal 'account vsd'
	added=1
	change_account vsd useradd --system --no-create-home --home-dir /nonexistent \
		--shell /usr/sbin/nologin --comment 'virtual servers' vsd
}

# An interrupted run may have left this to the next, of vsd-uninstall too.
note_accounts() {
	[ ! -e "$record/ours" ] || added=1
	for f in $account_files; do
		[ -e "$f" ] || continue
		[ -z "$added" ] && [ -e "$record/after$f" ] || keep after "$f" "$f"
	done
	rm -f "$record/ours"
}

exec_rights() {
	sed -n 's/^[ \t]*exec\.\([a-z_][a-z0-9_-]*\)[ \t]*=.*/\1/p' "$conf" | sort -u
}

# An exec right is a group of the host's, which the skeleton's program is given to.
set_exec_groups() {
	for right in $(exec_rights); do
		getent group "vsd-$right" >/dev/null || {
			say 'add' "group vsd-$right" "who has the right $right in a server has it"
			[ -n "$dry" ] || add_group "vsd-$right"
		}
	done
	[ -z "$(exec_rights)" ] && [ ! -e /etc/vsd/exec-groups ] ||
		replace /etc/vsd/exec-groups 'the groups of exec rights' exec_groups
}

add_group() {
	remember_accounts
	journal "group $1"
	added=1
	change_account "$1" groupadd --system "$1" || fail 'add' "group $1" 'groupadd says the above'
}

exec_groups() {
	for right in $(exec_rights); do
		getent group "vsd-$right" | awk -F: -v right="$right" '{ print right ":" $3; exit }'
	done
}

reserve_in() {
	! grep -qsx "$2" "$1" || return 0
	replace "$1" "reserve ids $range_first to $((range_end - 1))" with_reserved "$1" "$2"
}

with_reserved() {
	[ ! -f "$1" ] || grep -v '^vsd:' "$1" || :
	echo "$2"
}

# With a uid_base among the host's own ids (freeVSD's was 1000), new accounts of
# the host begin above the last server's range.
set_login_defs() {
	last=$((range_end - 1))
	[ -f /etc/login.defs ] || return 0
	[ "$range_first" -le "$(login_def UID_MAX 60000)" ] || return 0
	replace /etc/login.defs 'new accounts of the host begin above the servers' \
		with_block /etc/login.defs "UID_MIN $((last + 1))
UID_MAX $((last + 60000))
GID_MIN $((last + 1))
GID_MAX $((last + 60000))"
	[ ! -f /etc/adduser.conf ] ||
		replace /etc/adduser.conf 'the same for adduser' \
			with_block /etc/adduser.conf "FIRST_UID=$((last + 1))
LAST_UID=$((last + 60000))
FIRST_GID=$((last + 1))
LAST_GID=$((last + 60000))"
}

# What is in force without our own block.
login_def() {
	value=$(without_block /etc/login.defs | awk -v k="$1" '$1 == k { v = $2 } END { print v }')
	echo "${value:-$2}"
}

# A file with our block, of these lines, as its last: the last line of a kind counts.
with_block() {
	without_block "$1"
	printf '%s\n' "$block_begin" "$2" "$block_end"
}

set_shells() {
	! grep -qsx /usr/lib/vsd/vsd-shell /etc/shells || return 0
	replace /etc/shells 'the guard shell is a login shell' with_shell
}

with_shell() {
	[ ! -f /etc/shells ] || cat /etc/shells
	echo /usr/lib/vsd/vsd-shell
}

# A host user wins over a VS user of the same bare name; the line initgroups stops
# glibc from asking `files` for more groups of a VS user.  Directly after files: what
# stands there otherwise (systemd) takes a thousand times as long to know nothing.
# With a line initgroups glibc asks that instead of group, and no further than the first
# that knows the user: it is to go on through all that group names, as it did.  A line of the
# host's own stays as short as it is.
with_vsd_names() {
	if has_own_initgroups; then hosts=1; else hosts=''; fi
	awk -v mark="$initgroups_mark" -v hosts="$hosts" '
	BEGIN { split("passwd group shadow gshadow", want); ours = "initgroups: vsd [SUCCESS=return] " }
	function add(line,   at) { # but not between files and its [action]
		at = match(line, /[ \t:]files([ \t]+[^[ \t]|$)/) ? RSTART + 5 : length(line)
		return substr(line, 1, at) " vsd" substr(line, at + 1)
	}
	function base(db) { return db == "passwd" || db == "group" || db == "shadow" || db == "gshadow" }
	function is_ours(line) { return !hosts && line == ours "files" || index(line, ours) == 1 && line ~ mark "$" }
	function sources(group,   n, i, w, out, action) { # of initgroups, by those of group
		sub(/^[^:]*:/, "", group)
		gsub(/\[/, " [ ", group); gsub(/\]/, " ] ", group)
		n = split(group, w)
		for (i = 1; i <= n; i++) {
			if (w[i] == "vsd" || w[i] == "]") continue
			if (w[i] != "[") { out = out (out ? " " : "") w[i] " [SUCCESS=continue]"; continue }
			for (action = "["; ++i <= n && w[i] != "]";)
				if (toupper(w[i]) !~ /^SUCCESS=/) action = action w[i] " "
			sub(/\[SUCCESS=continue\]$/, action "SUCCESS=continue]", out)
		}
		sub(/ \[SUCCESS=continue\]$/, "", out) # of the last
		return out == "files" ? out : out mark
	}
	/^[ \t]*[a-z]+:/ {
		db = $0; sub(/^[ \t]*/, "", db); sub(/:.*/, "", db)
		if (base(db)) {
			seen[db] = 1
			if ($0 !~ /[ \t:]vsd([ \t]|$)/) { sub(/[ \t]*(#.*)?$/, ""); $0 = add($0) }
			if (db == "group") group = $0
		}
		if (db == "initgroups") {
			if (is_ours($0)) at = NR
			else if ($0 !~ /[ \t:]vsd([ \t]|$)/) sub(/:[ \t]*/, ": vsd [SUCCESS=return] ")
			seen[db] = 1
		}
	}
	{ line[NR] = $0 }
	END {
		n = NR
		for (i = 1; i <= 4; i++) if (!seen[want[i]]) line[++n] = want[i] ": files vsd"
		if (!seen["initgroups"]) at = ++n
		sub(/[ \t]*#.*/, "", group)
		if (at) line[at] = ours sources(group == "" ? "group: files" : group)
		for (i = 1; i <= n; i++) print line[i]
	}' /etc/nsswitch.conf
}

set_nsswitch() {
	replace /etc/nsswitch.conf 'names and ids of VS users' with_vsd_names
}

# Our lines stand first: a VS user meets them and none of the host's modules.
set_pam() {
	for lines in "$share"/pam/*; do
		name=${lines##*/}
		[ -f "/etc/pam.d/$name" ] && ! is_created "/etc/pam.d/$name" || continue
		replace "/etc/pam.d/$name" 'lines for VS users at the top' \
			with_pam_lines "$lines" "/etc/pam.d/$name"
	done
	# util-linux's login, as telnetd starts it, asks for a service that Debian has
	# no file for.
	if [ ! -e /etc/pam.d/remote ] && [ -e /etc/pam.d/login ] &&
		login --version 2>/dev/null | grep -q util-linux; then
		replace /etc/pam.d/remote 'what login is called when telnetd starts it' \
			echo '@include login'
	fi
}

with_pam_lines() {
	echo "$block_begin"
	cat "$1"
	echo "$block_end"
	without_block "$2"
}

set_sshd() {
	if [ ! -d /etc/ssh/sshd_config.d ] || ! command -v sshd >/dev/null; then
		say 'skip' 'sshd' 'not installed'
		return
	fi
	replace /etc/ssh/sshd_config.d/vsd.conf 'settings for VS users' cat "$share/sshd/vsd.conf"
	grep -qi '^[ \t]*Include[ \t].*sshd_config\.d/' /etc/ssh/sshd_config ||
		say 'warning' '/etc/ssh/sshd_config' 'it does not include sshd_config.d: add "Include /etc/ssh/sshd_config.d/*.conf" as its first line'
	[ -n "$dry" ] || {
		mkdir -p /run/sshd
		sshd -t || fail 'check' 'sshd_config' 'sshd -t says the above'
	}
}

# Sessions must reach PAM, and vsftpd's own chroot is a second wall.
set_vsftpd() {
	[ -f /etc/vsftpd.conf ] || return 0
	replace /etc/vsftpd.conf 'PAM sessions and chroot for local users' with_vsftpd_lines
}

with_vsftpd_lines() {
	with_block /etc/vsftpd.conf "$(cat "$share/vsftpd/vsd.conf")"
}

# PAM alone is to say who comes in.
set_other_ftpds() {
	[ ! -d /etc/proftpd/conf.d ] ||
		replace /etc/proftpd/conf.d/vsd.conf 'PAM alone authenticates' \
			cat "$share/proftpd/vsd.conf"
	[ -d /etc/pure-ftpd/conf ] || return 0
	for f in "$share"/pure-ftpd/*; do
		replace "/etc/pure-ftpd/conf/${f##*/}" 'PAM alone authenticates' cat "$f"
	done
}

# Servers' crontabs are the host's cron's to run.
set_cron() {
	[ ! -d /etc/cron.d ] || [ ! -d /var/spool/cron/crontabs ] ||
		replace /etc/cron.d/vsd 'cron learns what servers'"'"' crontabs hold' cat "$share/cron.d/vsd"
}

# Servers start with the host.
set_boot() {
	if command -v systemctl >/dev/null; then
		[ "$(systemctl is-enabled vsd.target 2>/dev/null)" != enabled ] || return 0
		say 'enable' 'vsd.target' 'servers start with the host'
		[ -n "$dry" ] || {
			journal 'unit vsd.target'
			systemctl -q enable vsd.target || fail 'enable' 'vsd.target' 'see above'
		}
	elif command -v update-rc.d >/dev/null && [ -x /etc/init.d/vsd ]; then
		! ls /etc/rc[2-5].d/S??vsd >/dev/null 2>&1 || return 0
		say 'enable' '/etc/init.d/vsd' 'servers start with the host'
		[ -n "$dry" ] || {
			journal 'init /etc/init.d/vsd'
			update-rc.d vsd defaults || fail 'enable' '/etc/init.d/vsd' 'see above'
		}
	fi
}

# Files as they were before this run.
undo() {
	for f in $(cat "$record/undo.created" 2>/dev/null); do
		say 'undo' "$f" 'it was not there before'
		rm -f "$f"
	done
	for f in $(cd "$record/undo" 2>/dev/null && find . -type f); do
		say 'undo' "${f#.}" 'as it was before'
		put_back "$record/undo/$f" "$(readlink -m "/$f")"
	done
	forget_undo
}

forget_undo() {
	# the logins first: without them the next run starts from nothing
	rm -rf "${record:?}/logins" "$record/undo" "$record/undo.created"
}

check_host
sweep
[ -n "$dry" ] || {
	make_record
	# Those of an interrupted run tell how it was before it.
	[ -e "$record/logins" ] || {
		forget_undo
		granted_logins | sort >"$record/logins.new"
		mv -f "$record/logins.new" "$record/logins"
	}
}
set_folders
[ -f /etc/vsd.conf ] || replace /etc/vsd.conf 'as shipped' cat "$share/vsd.conf"
[ -f /etc/freevsd.conf ] || [ ! -f "$share/freevsd.conf" ] ||
	replace /etc/freevsd.conf 'as shipped' cat "$share/freevsd.conf"
reserve
set_exec_groups
[ -n "$dry" ] || note_accounts
set_login_defs
set_shells
set_nsswitch
set_pam
set_sshd
set_vsftpd
set_other_ftpds
set_cron
set_boot
[ -n "$dry" ] || {
	check_logins
	forget_undo
	[ "$changed" -eq 0 ] || reload_daemons
}
if [ "$changed" -eq 0 ]; then echo 'vsd-install: nothing to change'; fi
