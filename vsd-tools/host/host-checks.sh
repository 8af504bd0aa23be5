# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What vsd-install looks at before it changes a host, and whether the host's own
# users still get in afterwards.  Not a command.
# shellcheck disable=SC2154 # host-files.sh assigns what is not here

warn() {
	echo "warning: $1 '$2': $3"
}

# The host's vsd.conf, or the one that will be put there.
conf=/etc/vsd.conf
[ -f $conf ] || conf=$share/vsd.conf

# conf_value KEY CHARACTERS DEFAULT
conf_value() {
	value=$(sed -n "s/^[ \t]*$1[ \t]*=[ \t]*\([$2][$2]*\)[ \t]*\$/\1/p" "$conf" 2>/dev/null) || :
	echo "${value:-$3}"
}

# One that cannot be read refuses every login.
check_conf() {
	[ -f /etc/vsd.conf ] || return 0
	why=$(vsboot --status 2>&1 >/dev/null | sed -n "s/^vsboot: read '.etc.vsd.conf': //p")
	[ -z "$why" ] || fail 'read' /etc/vsd.conf "$why"
}

# Naming modules that are not there would lock everybody out.
check_modules() {
	ldconfig -p | grep -q 'libnss_vsd\.so\.2' || is_in_lib libnss_vsd.so.2 ||
		fail 'find' 'libnss_vsd.so.2' 'not installed'
	is_in_lib security/pam_vsd.so || fail 'find' 'pam_vsd.so' 'not installed'
}

# In one of the folders that the loader searches without a cache of ldconfig's.
is_in_lib() {
	for f in /lib/"$1" /usr/lib/"$1" /lib/*/"$1" /usr/lib/*/"$1" /lib64/"$1" /usr/lib64/"$1"; do
		[ ! -e "$f" ] || return 0
	done
	return 1
}

check_kernel() {
	release=$(uname -r)
	major=${release%%.*} minor=${release#*.}
	minor=${minor%%[!0-9]*}
	[ "$major" -gt 5 ] || { [ "$major" -eq 5 ] && [ "$minor" -ge 12 ]; } ||
		fail 'use' "Linux $release" '5.12 or later is needed'
	grep -q '^Seccomp:' /proc/self/status ||
		fail 'use' "Linux $release" 'it has no seccomp'
	[ "$(conf_value isolation a-z full)" = chroot ] || check_namespaces
	cgroup=
	for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ "$(stat -f -c %T "$d" 2>/dev/null)" != cgroup2fs ] || cgroup=$d
	done
	[ -n "$cgroup" ] || fail 'find' 'cgroup2' \
		'mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified'
	[ -d /sys/fs/bpf ] && [ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ] ||
		warn 'find' /sys/fs/bpf 'no bpf filesystem: servers will have no address fence'
	for f in fs/protected_hardlinks fs/protected_symlinks; do
		[ "$(cat /proc/sys/$f)" -ge 1 ] || warn 'read' "/proc/sys/$f" 'it should be 1'
	done
	[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 0)" -eq 0 ] ||
		warn 'read' /proc/sys/dev/tty/legacy_tiocsti 'it should be 0'
}

check_namespaces() {
	for n in mnt pid uts ipc user; do
		[ -e /proc/self/ns/$n ] || fail 'use' "$n namespaces" \
			'this kernel has none (isolation = chroot in /etc/vsd.conf does without)'
	done
	[ "$(cat /proc/sys/user/max_user_namespaces)" -gt 0 ] || fail 'use' 'user namespaces' \
		'user.max_user_namespaces is 0: admin could not manage files of other users'
}

# Servers are hard links to the skeleton.
check_filesystem() {
	folder=/home/vsd
	while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
	probe=$(mktemp "$folder/.vsd-probe.XXXXXX") || fail 'write to' "$folder" 'see above'
	if ln "$probe" "$probe.2" 2>/dev/null; then
		rm -f "$probe" "$probe.2"
	else
		rm -f "$probe"
		fail 'use' "$folder" 'its filesystem has no hard links'
	fi
	check_quotas "$folder"
}

# A quota that nothing enforces is no reason not to go on, but none to be silent either.
check_quotas() { # FOLDER
	if lacks=$(/usr/lib/vsd/vsd-quota "$1"); then
		echo "disk quotas of servers: enforced by the filesystem of $1"
	else
		warn 'enforce disk quotas in' "$1" \
			"${lacks:-see above}: a server's quota is written down, and vs_info shows it as \"not enforced\" (vsdadm(8), DISK QUOTAS)"
	fi
}

# All servers' ids.
set_range() {
	range_first=$(conf_value uid_base 0-9 2000000)
	range_count=$(($(conf_value uid_step 0-9 200) * $(conf_value slots 0-9 10000)))
	range_end=$((range_first + range_count))
}

# Who has the account vsd has its range of subordinate ids, and so those of all servers.
check_account() {
	shell=$(getent passwd vsd | cut -d: -f7)
	case $shell in
	'' | */nologin | */false) ;;
	*) fail 'use' 'account vsd' \
		"it exists, and logs in with $shell: it would have power over every server's ids" ;;
	esac
}

# The kernel's maps and useradd heed these files, whoever else wrote them.
check_reserved() {
	for map in /etc/subuid /etc/subgid; do
		clash=$(awk -F: -v from="$range_first" -v end="$range_end" \
			'$1 != "vsd" && $2 + 0 < end + 0 && $2 + $3 > from + 0' $map 2>/dev/null | head -n 1)
		[ -z "$clash" ] || fail 'reserve ids in' "$map" \
			"the line '$clash' overlaps vsd:$range_first:$range_count (uid_base in /etc/vsd.conf, at first a copy of $share/vsd.conf, may be another)"
	done
}

# Accounts and groups of the host in the servers' ranges: their slots are refused.
check_ids() {
	for db in passwd group; do
		awk -F: -v from="$range_first" -v end="$range_end" '$3 + 0 >= from + 0 && $3 + 0 < end + 0' /etc/$db |
			while IFS=: read -r name _ id _; do
				warn 'keep' "$db $name" "its id $id lies in the servers' range: that slot stays empty"
			done
	done
}

# Ids that nobody has asked for, as containers' are.  With servers here they are theirs.
check_processes() {
	[ -z "$(ls -A /etc/vsd/servers 2>/dev/null)" ] || return 0
	stat -c '%u %n' /proc/[0-9]* 2>/dev/null | while read -r id process; do
		[ "$id" -lt "$range_first" ] || [ "$id" -ge "$range_end" ] ||
			warn 'look at' "process ${process#/proc/}" \
				"it runs with id $id, which is to be a server's: whose is it?"
	done
}

# What takes logins here, and what VS users will have of it.
check_services() {
	found=
	for program in sshd vsftpd proftpd pure-ftpd in.telnetd telnetd; do
		! command -v "$program" >/dev/null || found="$found $program"
	done
	[ -n "$found" ] || warn 'find' 'login services' 'neither sshd nor an ftp server is installed'
	echo "services that VS users will log in by:${found:- none}"
	check_cron
}

# A vsd.conf of an older version refuses cron, and its jobs would not run.
check_cron() {
	[ -f /etc/vsd.conf ] && [ -d /etc/cron.d ] && [ -d /var/spool/cron/crontabs ] || return 0
	grep -q '^[ \t]*service\.cron[ \t]*=' /etc/vsd.conf ||
		warn 'find' 'service.cron' \
			'servers'"'"' crontabs will not run: add the line "service.cron = login" to /etc/vsd.conf'
}

check_host() {
	check_kernel
	check_modules
	check_conf
	check_filesystem
	set_range
	check_account
	check_reserved
	check_ids
	check_processes
	check_services
}

# ---- the host's own logins ----

# Who must still get in: root, and the first account of a person.
host_people() {
	echo root
	awk -F: '$3 >= 1000 && $3 < 60000 && $7 !~ /(nologin|false)$/ { print $1; exit }' /etc/passwd
}

# Lines "SERVICE USER" of logins that PAM grants, by account and session.
granted_logins() {
	for service in sshd login su; do
		[ -f "/etc/pam.d/$service" ] || continue
		for user in $(host_people); do
			! /usr/lib/vsd/vsd-trylogin "$service" "$user" >/dev/null 2>&1 ||
				echo "$service $user"
		done
	done
}

# Logins that were granted before and are not any more take all changes back.
check_logins() {
	lost=$(granted_logins | sort | comm -23 "$record/logins" -)
	[ -z "$lost" ] || {
		undo
		fail 'let in' "$(echo "$lost" | head -n 1)" \
			'a user of this host could no longer log in: all is as it was before'
	}
}
