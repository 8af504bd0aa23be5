# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For tests of disk quotas: /home/vsd on a filesystem of the test's own.  The lab is
# one without servers yet.
. "$LAB_DIR/lib/servers.sh"

# A block device's node: in a lab's /dev there is none.
quota_node() {
	[ -e "/dev/$1" ] || mknod "/dev/$1" b "$(cut -d: -f1 "/sys/class/block/$1/dev")" \
		"$(cut -d: -f2 "/sys/class/block/$1/dev")"
}

# quota_mount KIND WHAT OPTIONS: make it and mount it over /home/vsd
quota_mount() {
	case $1 in
	ext4) mkfs.ext4 -q -O quota,project -E quotatype=prjquota "$2" ;;
	xfs) mkfs.xfs -q -f "$2" ;;
	btrfs) mkfs.btrfs -q -f "$2" ;;
	esac
	mount -t "$1" -o "nosuid,nodev,noexec$3" "$2" /home/vsd &&
		chmod 0755 /home/vsd && mkdir /home/vsd/vs && chmod 0711 /home/vsd/vs
}

# The project and whether it is handed on: "2000000 yes"
quota_tag() {
	# shellcheck disable=SC2012 # lsattr's own names
	lsattr -dp "$1" | awk '{ print $1, ($2 ~ /P/ ? "yes" : "no") }'
}
