#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Take back what vsd-install changed on this host.  vsd-uninstall(8)
# shellcheck disable=SC2154 # host-files.sh, put in by make, assigns what is not here
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

share=@datadir@
@host-files@

usage() {
	cat <<X
usage: vsd-uninstall [--dry-run]
Take back what vsd-install changed on this host.  Refused while there are virtual
servers; their registry, /etc/vsd.conf when it was edited, and /home/vsd stay.

  -n, --dry-run   say what would be changed, change nothing
  -h, --help      this text
X
}

dry=
while [ $# -gt 0 ]; do
	case $1 in
	-n | --dry-run) dry=1 ;;
	-h | --help) usage; exit 0 ;;
	*) misuse "unknown argument '$1'" ;;
	esac
	shift
done
[ "$(id -u)" -eq 0 ] || fail 'configure' 'this host' 'not root'
for server in /etc/vsd/servers/[a-z]*; do
	[ ! -e "$server" ] || fail 'uninstall from' 'this host' \
		"there is a virtual server '${server##*/}': vsdadm vs_delete localhost ${server##*/} first"
done
[ -e "$journal_file" ] || {
	echo 'vsd-uninstall: nothing to take back'
	exit 0
}

# A file without what vsd-install had put into it.
without_ours() {
	case $1 in
	/etc/nsswitch.conf)
		sed -e '/^initgroups: vsd \[SUCCESS=return\] files$/d' \
			-e 's/: vsd \[SUCCESS=return\] /: /' -e 's/[ \t]\+vsd\([ \t]\|$\)/\1/' "$1"
		;;
	/etc/subuid | /etc/subgid) grep -v '^vsd:' "$1" || : ;;
	/etc/shells) grep -vx /usr/lib/vsd/vsd-shell "$1" || : ;;
	*) without_block "$1" ;;
	esac
}

edited() {
	[ ! -f "$1" ] || replace "$1" 'as it was before vsd-install' without_ours "$1"
}

created() {
	case $1 in
	/etc/vsd.conf | /etc/freevsd.conf)
		cmp -s "$1" "$share/${1##*/}" || {
			say 'keep' "$1" 'it was edited'
			return
		}
		;;
	/etc/subuid | /etc/subgid | /etc/shells | /etc/nsswitch.conf)
		edited "$1"
		return
		;;
	esac
	[ -e "$1" ] || return 0
	say 'remove' "$1" 'vsd-install had made it'
	[ -n "$dry" ] || rm -f "$1"
}

while read -r kind what; do
	case $kind in
	edited) edited "$what" ;;
	created) created "$what" ;;
	account)
		say 'remove' "account $what" 'its range of ids is free again'
		[ -n "$dry" ] || userdel "$what" || :
		;;
	esac
done <"$journal_file"
reload_daemon ssh /run/sshd.pid
[ -n "$dry" ] || rm -f "$journal_file"
