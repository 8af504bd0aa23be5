# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The walls one by one, after escape.sh: entering without a step (tests/escape/without.c
# stands in libc's place), a mount without its flags (remount.py), and what then goes through.
# shellcheck disable=SC2034,SC2154,SC2086

remount=$LAB_TOP/tests/escape/remount.py
preload=$LAB_TOP/build/tests/escape/without.so
DISK=6 # a group of the host's that root starts tools with

without_begin() {
	escape_plant
	install -m 755 "$probe" /etc/escape
	escape_serve
	escape_promised >$out/promised
	cd /tmp || exit
	try="cd; /etc/escape $aims init=$init"
}

without_keep() { # NAME, from its raw output
	escape_keep "$1" <"$out/$1.raw"
	check "$1: everything is tried" test "$(wc -l <"$out/$1")" -gt 200
	echo "# $1: through $(awk '$2 == "through" { printf "%s ", $1 }' "$out/$1")"
}

# as NAME STEPS BEVS-ARGUMENT...: everything, without these steps of entering
as() {
	name=$1 steps=$2
	shift 2
	setpriv --groups $DISK env LD_PRELOAD="$preload" VSD_WITHOUT="$steps" \
		bevs "$@" </dev/null >"$out/$name.raw" 2>&1 7</
	without_keep "$name"
}

# the same by an sshd that enters without them
as_ssh() { # NAME STEPS
	SSHD="env LD_PRELOAD=$preload VSD_WITHOUT=$2 /usr/sbin/sshd" more_sshd 2223
	vssh -p 2223 alice@10.77.0.1 "$try" </dev/null >"$out/$1.raw" 2>&1
	sshd=$(cat /run/sshd-2223.pid)
	while kill "$sshd" 2>/dev/null; do sleep 0.05; done # the port is free then
	without_keep "$1"
}

stopped() { # NAME: all are
	is "$1: all are stopped" '' "$(escape_open "$1")"
}

# through NAME [WALL]: those of the table are, but for what this kernel lacks
through() {
	wall=${2:-$1}
	wanted=$(sed -n '/^<!-- walls -->/,/^<!-- end -->/p' "$LAB_TOP/docs/security.md" |
		awk -F' *[|] *' -v w="\`$wall\`" -v full="$in_ns" '$2 == w {
			if (!full && $5 != "")
				$4 = $5
			gsub(/[`,]/, "", $4); print $4 }')
	check "$1: the table names some" test -n "$wanted"
	missed=$(for a in $wanted; do
		awk -v a="$a" '$1 == a && $2 != "through" && $3 !~ /ENOSYS|ENOEXEC|AFNOSUPPORT|PROTONOSUPPORT/' "$out/$1"
		grep -q "^$a " "$out/$1" || echo "$a is no attack"
	done)
	is "without $1 they go through" '' "$missed"
}

# What one wall stops even where another is gone: NAME ATTACK...
stays() {
	stays_name=$1
	shift
	for a; do
		check "$stays_name: $a is stopped still" grep -q "^$a stopped" "$out/$stays_name"
	done
}

# Entering by bevs, by sshd, and simulated root, in either isolation.
without_steps() {
	as all '' -u alice vs1 sh -c "$try"
	stopped all
	for wall in filter cgroup close groups; do
		as $wall $wall -u alice vs1 sh -c "$try"
		through $wall
	done
	as_ssh ssh-all ''
	stopped ssh-all
	for wall in filter cgroup; do
		as_ssh ssh-$wall $wall
		through ssh-$wall $wall
	done
	without_groups_by_ssh
	as simulated-root '' -r vs1 sh -c "$try"
	stopped simulated-root
	as map map -r vs1 sh -c "$try"
	through map
	# each of the two stops it
	for wall in bounding privs; do
		as $wall-alone $wall -r vs1 sh -c "$try"
		stays $wall-alone take-capability
	done
	as bounding bounding,privs -r vs1 sh -c "$try"
	through bounding
	without_oom
}

# A host's file that names alice, where nothing keeps libc from asking it.
without_groups_by_ssh() {
	cp /etc/group /tmp/group.host
	cp /etc/nsswitch.conf /tmp/nsswitch.host
	sed -i "s/^\(disk:.*:$DISK:\).*/\1alice,alice@vs1/" /etc/group
	sed -i '/^initgroups/d; s/^group:.*/group: files vsd/' /etc/nsswitch.conf
	# each of the two stops it
	for wall in groups pin; do
		as_ssh ssh-$wall $wall
		stays ssh-$wall group-file
	done
	as_ssh ssh-groups-pin groups,pin
	through ssh-groups-pin groups
	cp /tmp/nsswitch.host /etc/nsswitch.conf
	cp /tmp/group.host /etc/group
}

# A higher score, which needs no power to be given, is handed on in the same way.
without_oom() {
	given=$(sh -c 'echo 300 >/proc/self/oom_score_adj; exec "$@"' sh \
		bevs vs1 cat /proc/self/oom_score_adj </dev/null | tr -d '\r')
	is 'the OOM killer'\''s score is given up' 0 "$given"
	given=$(sh -c 'echo 300 >/proc/self/oom_score_adj; exec "$@"' sh env LD_PRELOAD="$preload" VSD_WITHOUT=oom \
		bevs vs1 cat /proc/self/oom_score_adj </dev/null | tr -d '\r')
	is 'and handed on without that' 300 "$given"
	if [ -z "$protected" ]; then
		skip 'without oom a daemon'\''s place is kept' 'this root has no CAP_SYS_RESOURCE to protect one with'
		return
	fi
	as oom oom -u alice vs1 sh -c "$try"
	through oom
}

# ftp's data connections to the host, which the fence alone stops
without_fence_by_ftp() {
	is 'ftp: a data connection reaches no address of the host' 'active 425
by the host: 500 500' "$(python3 "$LAB_DIR/lib/ftp_data.py" host 2>&1)"
	ftp_end vsftpd
	env -i PATH="$PATH" LD_PRELOAD="$preload" VSD_WITHOUT=cgroup /usr/sbin/vsftpd /etc/vsftpd.conf 5<&- 6>&- 7>&- &
	ftp_wait
	is 'ftp: without cgroup it does' 'active 10.77.0.1
by the host: 10.88.0.1 10.88.0.1' "$(python3 "$LAB_DIR/lib/ftp_data.py" host 2>&1)"
}

# What the server has at a place of its own, in its mount namespace or in the host's.
options_of() { # PLACE OPTIONS
	if [ -n "$in_ns" ]; then
		"$remount" "$first_process" "/vs/$1" options "$2"
	else
		mount -o "remount,$2" "$v/$1"
	fi
}
put_over() { # PLACE FILE
	if [ -n "$in_ns" ]; then
		"$remount" "$first_process" "/vs/$1" over "$2"
	else
		mount --bind "$2" "$v/$1"
	fi
}

# A process of the host that has the user's own uid; $try_same attacks it.
same_uid() {
	setpriv --reuid 2000001 --regid 2000001 --clear-groups sleep 1000 &
	try_same=$(echo "$try" | sed "s/host=$host/host=$!/")
}

# Simulated root's namespace, were it admin's own
without_userns() {
	setpriv --reuid 2000000 --regid 2000000 --clear-groups unshare --user sleep 1000 &
	own=$!
	for _ in $(seq 50); do
		[ "$(readlink /proc/$own/ns/user)" = "$(readlink /proc/self/ns/user)" ] || break
		sleep 0.1
	done
	as roots-userns filter vs1 sh -c "$try"
	stays roots-userns setns-simroot
	put_over run/vsd/userns /proc/$own/ns/user
	as userns '' vs1 sh -c "$try"
	through userns
}

without_options() {
	options_of proc hidepid=0
	as hidepid '' -u alice vs1 sh -c "$try"
	through hidepid
	options_of dev/pts max=1000,gid=5,mode=620,ptmxmode=666
	as ptys '' -u alice vs1 sh -c "$try"
	through ptys
}

# once the server's mount is nosuid and nodev no more
without_nosuid() {
	as nosuid '' -u alice vs1 sh -c "$try"
	through nosuid
	as no-new-privs '' -r vs1 sh -c "$try"
	stays no-new-privs tarred-setuid
	as privs privs -r vs1 sh -c "$try"
	through privs
}
