#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Take back what vsd-install changed on this host.  vsd-uninstall(8)
# Each step may be made again: an interrupted run is finished by another.
# shellcheck disable=SC2154 # host-files.sh, put in by make, assigns what is not here
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

@host-files@

usage() {
	cat <<X
usage: vsd-uninstall [--dry-run] [--yes | --keep-data]
Take back what vsd-install changed on this host: each file as it was, or, where it
was edited since, without our lines.  Virtual servers and the skeleton are deleted
when the question is answered by yes.

  -n, --dry-run     show what would be changed, change nothing
  -y, --yes         delete servers, skeleton and registry, and do not ask
  -k, --keep-data   stop the servers, but keep them, their registry, vsd.conf and
                    the reserved ids: a later vsd-install finds all again
  -h, --help        this text
      --version     the version
X
}

dry='' data=ask
while [ $# -gt 0 ]; do
	case $1 in
	-n | --dry-run) dry=1 ;;
	-y | --yes) [ $data != keep ] || misuse '--yes and --keep-data exclude each other'; data=delete ;;
	-k | --keep-data) [ $data != delete ] || misuse '--yes and --keep-data exclude each other'; data=keep ;;
	-h | --help) usage; exit 0 ;;
	--version) echo "$tool (VSD) @version@"; exit 0 ;;
	*) misuse "unknown argument '$1'" ;;
	esac
	shift
done
[ "$(id -u)" -eq 0 ] || fail 'configure' 'this host' 'not root'
[ -e "$journal_file" ] || {
	[ -n "$dry" ] || rm -rf /var/lib/vsd # of a run that was ended as it began, or at its end
	echo 'vsd-uninstall: nothing to take back'
	exit 0
}

servers() {
	for s in /etc/vsd/servers/[a-z]*; do
		[ ! -e "$s" ] || echo "${s##*/}"
	done
}

has_data() {
	[ -n "$(servers)" ] || [ -n "$(ls -A /home/vsd/vs 2>/dev/null)" ] || [ -e /home/vsd/skel ]
}

ask() {
	has_data || {
		data=delete
		return 0
	}
	what="$(servers | wc -l) virtual servers ($(servers | head -n 5 | xargs)) and the skeleton"
	[ -z "$dry" ] || {
		echo "would ask: delete $what?  If so:"
		data=delete
		return 0
	}
	[ -t 0 ] || fail 'delete' "$what" 'say --yes, or --keep-data'
	printf 'Delete %s?  Nothing of them can be had again. [yes/no] ' "$what"
	read -r answer
	case $answer in
	yes) data=delete ;;
	*) fail 'uninstall from' 'this host' 'not without a yes; --keep-data leaves them where they are' ;;
	esac
}

stop_servers() {
	[ -n "$(servers)" ] && [ -z "$dry" ] || return 0
	vsboot --stop || fail 'stop' 'the virtual servers' 'see above'
}

# What is in force on the network whether there are servers or not.
leave_network() {
	if systemctl -q is-enabled vsd-redirect.service 2>/dev/null; then
		say 'disable' 'vsd-redirect.service' 'nothing is sent on any more'
		[ -n "$dry" ] || systemctl -q disable vsd-redirect.service ||
			fail 'disable' 'vsd-redirect.service' 'see above'
	fi
	[ -z "$dry" ] || return 0
	vsredirect --flush 2>/dev/null || : # a kernel without nftables has no table either
	vsalias --down >/dev/null || say 'warning' "the servers' addresses" 'some may be left: see vsalias'
}

leave_cron() {
	[ -n "$dry" ] || /usr/lib/vsd/vsd-crontabs --remove || say 'warning' "the servers' crontabs" 'some may be left with cron'
}

delete_servers() {
	for s in $(servers); do
		say 'delete' "server $s" 'with all its files'
		[ -n "$dry" ] || vsdadm vs_delete localhost "$s" ||
			fail 'delete' "$s" 'see above; vsd-uninstall may be run again'
	done
	[ ! -e /home/vsd/skel ] || say 'delete' '/home/vsd' 'skeletons'
	[ -z "$dry" ] || return 0
	# vsboot made it a mount of its own.
	while mountpoint -q /home/vsd && umount /home/vsd 2>/dev/null; do :; done
	find /home/vsd -xdev -mindepth 1 -delete 2>/dev/null || :
}

# userdel and groupdel leave copies, too: which were ours is to be known before, by the
# first of the runs that have not come to their end.
note_ours() {
	[ ! -e "$record/ours" ] || return 0
	for f in $account_files; do
		# without a record: vsd-install was ended just then
		[ -e "$record/after$f" ] && ! is_ours "$f" || echo "$f"
	done >"$record/ours.new"
	mv -f "$record/ours.new" "$record/ours"
}

remove_group() {
	getent group "$1" >/dev/null || return 0
	say 'remove' "group $1" 'no program is held by it any more'
	[ -z "$dry" ] || return 0
	change_account "$1" groupdel "$1" || fail 'remove' "group $1" 'see above'
}

remove_account() {
	if getent passwd "$1" >/dev/null; then
		say 'remove' "account $1" 'its range of ids is free again'
		[ -n "$dry" ] || change_account "$1" userdel "$1" ||
			fail 'remove' "account $1" 'see above'
	fi
	[ -z "$dry" ] || return 0
	# userdel's copies of the files, as useradd's found them.
	while read -r f; do
		if [ -e "$record/before$f" ]; then put_back "$record/before$f" "$f"; else rm -f "$f"; fi
	done <"$record/ours"
}

# A folder goes when nothing is left in it.
remove_folder() {
	[ -d "$1" ] || return 0
	[ "$1" != /var/spool/vsd ] || [ -n "$dry" ] || find "$1" -mindepth 1 -delete
	[ "$1" != /var/lib/vsd ] && [ "$1" != /var/lib/vsd/lock ] || return 0 # last
	[ -n "$dry" ] || rmdir "$1" 2>/dev/null || return 0
	say 'remove' "$1" 'vsd-install had made it'
}

# disable unit|init NAME
disable() {
	say 'disable' "$2" 'vsd-install had enabled it'
	[ -z "$dry" ] || return 0
	case $1 in
	unit)
		systemctl -q disable "$2" && {
			[ ! -d /run/systemd/system ] || systemctl stop "$2" vsd.slice
		}
		;;
	init) update-rc.d -f "$2" remove ;;
	esac || fail 'disable' "$2" 'see above'
}

# What describes the servers stays with them.
is_data() {
	[ $data = keep ] || return 1
	case $1 in
	/etc/vsd.conf | /etc/freevsd.conf | /etc/vsd | /etc/vsd/* | /home/* | /var/*) return 0 ;;
	/etc/subuid* | /etc/subgid* | /etc/login.defs | /etc/adduser.conf | vsd | vsd-*) return 0 ;;
	/etc/.pwd.lock | /etc/*-) return 0 ;;
	esac
	return 1
}

take_back() {
	tac "$journal_file" | while read -r kind what; do
		! is_data "$what" || continue
		case $kind in
		edited) restore "$what" ;;
		created)
			case $what in
			/etc/vsd.conf | /etc/freevsd.conf)
				say 'remove' "$what" 'vsd-install had made it'
				[ -n "$dry" ] || rm -f "$what"
				;;
			*) restore "$what" ;;
			esac
			;;
		account) remove_account "$what" ;;
		group) remove_group "$what" ;;
		folder) remove_folder "$what" ;;
		unit | init) disable "$kind" "${what##*/}" ;;
		esac
	done
}

sweep
[ $data != ask ] || ask
[ -n "$dry" ] || note_ours
stop_servers
leave_network
leave_cron
[ $data = keep ] || delete_servers
take_back
reload_daemons
[ -z "$dry" ] || exit 0
if [ $data = keep ]; then
	while read -r kind what; do
		! is_data "$what" || echo "$kind $what"
	done <"$journal_file" >"$journal_file.new"
	mv -f "$journal_file.new" "$journal_file"
	rm -f "$record/ours"
fi
# The fence's pins hold its programs; nothing of the servers is left to be fenced.
rm -rf /sys/fs/bpf/vsd
for d in /sys/fs/cgroup/vsd /sys/fs/cgroup/unified/vsd; do
	[ ! -d "$d" ] || rmdir "$d" || say 'warning' "$d" 'this cgroup is in use'
done
[ $data = keep ] || {
	rm -rf /run/vsd
	# The record as a whole, by one rename: half of one would tell lies.
	mv -f "$record" "$record.done"
	sync /var/lib/vsd
	rm -rf /var/lib/vsd
}
