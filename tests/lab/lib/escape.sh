# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The escape suite (tests/escape): what is attacked, and the ways in to attack it from.
# shellcheck disable=SC2154

. "$LAB_DIR/lib/ftp.sh"
vs=/home/vsd/vs
v=$vs/vs1
isolation=$(sed -n 's/^isolation = //p' /etc/vsd.conf)
in_ns='' ways='user admin simroot root ssh su service'
if [ "$isolation" = full ]; then
	in_ns=vs/
else
	ways='user admin root ssh su service' # there is no simulated root by setuid
fi
probe=$LAB_TOP/build/tests/escape/escape
out=/tmp/escape.out
mkdir -p $out

# One inode that both servers have, and power planted in files by the host's root, so
# that what a server's people could never plant is shown to be without it as well.
escape_plant() {
	make -s -C "$LAB_TOP" escape-probe || exit
	install -d -m 0755 /escape
	[ -e /dev/kmsg ] || mknod -m 0600 /dev/kmsg c 1 11
	echo vsd-escape-token >/escape/token
	for n in vs1 vs2; do
		install -m 0755 "$probe" $vs/$n/etc/escape
	done
	install -m 4755 $v/etc/escape $v/etc/escape-setuid
	install -m 0755 $v/etc/escape $v/etc/escape-capable
	setcap cap_dac_override=ep $v/etc/escape-capable
	mknod -m 0666 $v/etc/escape-device c 1 3
	echo of the host >$v/etc/escape-group
	chown 0:6 $v/etc/escape-group # disk
	chmod 640 $v/etc/escape-group
	protected=yes # all that starts from here on is to be spared by the OOM killer
	choom -n -500 -p $$ >/dev/null || protected=
	echo shared >$v/usr/share/escape-shared
	ln $v/usr/share/escape-shared $vs/vs2/usr/share/escape-shared
	# as admin can: a setuid file of bob's, by a stock tar with simulated root's power
	install -m 0755 $v/etc/escape /tmp/escape-tarred
	tar -C /tmp --owner=:2000002 --group=:2000002 --mode=4755 -cf $v/home/httpd/escape.tar escape-tarred
	bevs -r vs1 tar -C /home/httpd -xpf /home/httpd/escape.tar </dev/null
}

# Processes of the host and of vs2, with numbers that no process of vs1 has.
escape_serve() {
	mkdir -p /tmp/proc
	mount -t proc proc /tmp/proc
	echo 40000 >/tmp/proc/sys/kernel/ns_last_pid
	umount /tmp/proc
	"$probe" serve host 127.0.0.1 10.88.0.1 >/tmp/escape.host 2>&1 </dev/null &
	host=$!
	bevs -u alice vs2 /etc/escape serve other 127.0.0.1 - >/tmp/escape.other 2>&1 </dev/null &
	lab-client "$probe" watch </dev/null >/dev/null 2>&1 &
	wait_for /tmp/escape.host
	wait_for /tmp/escape.other
	other=$(pgrep -U 2000201 -n escape)
	loop=$(ss -Hltn 'sport = :7778' | awk '{ sub(/:[0-9]*$/, "", $4); print $4; exit }')
	first_process=$(cut -d' ' -f1 /run/vsd/vs1/init)
	init=$first_process
	[ -z "$in_ns" ] || init=1
	handle=$("$probe" handle $vs/vs2/home/alice/.ssh/authorized_keys)
	aims="host=$host other=$other file=/escape/token handle=$handle userns=/run/vsd/userns
		own-ip=10.77.0.1 host-ip=10.88.0.1 other-ip=10.77.0.2 other-loop=$loop first=2000000"
	# in one line, for ssh
	aims=$(echo $aims)
}

escape_keep() { tr -d '\r' | grep -E '^[a-z0-9-]+ (through|moot|stopped|broken|descriptor)' >"$out/$1"; }

# Every way in, in a file each: "NAME through|moot|stopped WHY".
escape_ways() {
	try="/etc/escape $aims init=$init"
	install -d -o 2000000 -g 2000000 $v/etc/service/escape
	printf '#!/bin/sh\ncd /root\n%s >/root/escape.new\nmv /root/escape.new /root/escape.service\nexec sleep 1000\n' \
		"$try" >$v/etc/service/escape/run
	chmod 755 $v/etc/service/escape/run
	# by a root who has a group of the host's
	as="setpriv --groups 6 bevs"
	$as -u alice vs1 sh -c "cd; $try" </dev/null | escape_keep user
	$as vs1 sh -c "cd; $try" </dev/null | escape_keep admin
	[ -z "$in_ns" ] || $as vs1 sh -c "cd; simroot $try" </dev/null | escape_keep simroot
	$as -r vs1 sh -c "cd; $try" </dev/null | escape_keep root
	vssh alice@10.77.0.1 "$try" </dev/null | escape_keep ssh
	su alice@vs1 -c "cd; $try" </dev/null | escape_keep su
	wait_for $v/root/escape.service
	for _ in $(seq 300); do
		[ ! -s $v/root/escape.service ] || break
		sleep 0.1
	done
	escape_keep service <$v/root/escape.service
}

# The same as the host's root in a plain chroot, and in none: what must go through in
# one of them, or it would prove nothing that it is stopped elsewhere.
escape_control() {
	aims="$aims init=$first_process userns=/proc/$first_process/root/${in_ns}run/vsd/userns control=1"
	unshare --mount sh -c '
		v=$1 try=$2
		mount --bind $v $v && mount -o remount,bind,suid,dev,exec $v &&
		mount -t proc proc $v/proc && mount -t sysfs sysfs $v/sys &&
		mount -t cgroup2 cgroup2 $v/sys/fs/cgroup &&
		mount --rbind /dev $v/dev && mount --bind /run $v/run || exit
		exec 7</
		exec chroot $v sh -c "cd /root; $try"' sh $v "/etc/escape $aims" \
		</dev/null | escape_keep chrooted
	(cd /tmp && unshare --mount "$probe" $aims </dev/null) | escape_keep free
}

# What the table in docs/security.md names: "NAME PROMISED-IN-CHROOT".
escape_promised() {
	sed -n '/^<!-- attacks -->/,/^<!-- end -->/p' "$LAB_TOP/docs/security.md" |
		awk -F' *[|] *' '/^\| `/ {
			n = split($2, name, /[`, ]+/)
			for (i = 1; i <= n; i++)
				if (name[i] != "")
					print name[i], ($4 == "" ? "as full" : $4)
		}'
}

# "NAME ..." lines of a way that are not as they must be
escape_open() {
	awk -v chroot="$([ -n "$in_ns" ] || echo 1)" '
		FILENAME ~ /promised$/ { promise[$1] = $0; next }
		$2 != "stopped" && $2 != "moot" && !(chroot && promise[$1] ~ /not promised/)' \
		$out/promised "$out/$1"
}

# Attacks that the host's root was not seen to succeed with.  What this kernel has not
# built in cannot be shown, nor what root itself may not here; an attack on the other
# server is the same code as that on the host.
escape_unshown() {
	resource=$(($(printf '0x%s' "$(awk '/^CapEff/ { print $2 }' /proc/self/status)") >> 24 & 1))
	awk -v resource="$resource" -v full="$in_ns" '
		{ through[$1] = through[$1] || $2 == "through"; why[$1] = why[$1] " " $3 }
		END {
			for (n in through) {
				host = n
				sub(/-other/, "-host", host)
				if (through[n] || through[host] || why[n] ~ /ENOSYS|ENOEXEC|AFNOSUPPORT|PROTONOSUPPORT/)
					continue
				if (!resource && n ~ /^(raise-limit|oom-exempt|oom-spared)$/)
					continue
				if (n ~ /^(sysrq|kcore)$/ && why[n] ~ /ENOENT/ || n == "setns-simroot" && !full)
					continue
				print n why[n]
			}
		}' $out/chrooted $out/free
}

escape_table() {
	for w in $ways chrooted free; do
		sed "s/^/$w /" "$out/$w"
	done | awk -v ways="$ways chrooted free" '
		!($2 in seen) { seen[$2] = ++n; name[n] = $2 }
		{ cell[$2, $1] = $3 == "stopped" ? $4 : $3 }
		END {
			c = split("attack " ways, way, " ")
			for (i = 0; i <= n; i++) {
				printf "# %-24s", i ? name[i] : "attack"
				for (j = 2; j <= c; j++)
					printf "%-14s", i ? cell[name[i], way[j]] : way[j]
				print ""
			}
		}'
}

# Where no command can be given: what the protocol can ask for.
escape_ftp() {
	cd /tmp || exit
	asked=$(for path in /escape/token /../../../../../../escape/token "/proc/$host/root/escape/token" \
		"/proc/$first_process/root/escape/token" /proc/1/root/escape/token /etc/shadow; do
		ftp "$ftp_alice" 10.77.0.1 "$path" --path-as-is
		ftp "$ftp_alice" 10.77.0.1 "%2f$path" --path-as-is
	done 2>&1)
	lacks 'ftp: no file of the host' "$asked" vsd-escape-token
	lacks 'ftp: no shadow file' "$asked" '$y$'
	has 'ftp: the host'\''s root reads it so (it can be read)' "$(cat /proc/$host/root/escape/token)" vsd-escape-token
	before=$(stat -c '%i %a %u %s %Y' $v/usr/share/escape-shared)
	echo new >/tmp/new
	ftp "$ftp_alice" 10.77.0.1 /usr/share/escape-shared -T /tmp/new >/dev/null
	for q in 'SITE CHMOD 4777 /usr/share/escape-shared' 'DELE /usr/share/escape-shared' \
		'RNFR /usr/share/escape-shared' 'MKD /usr/share/x' 'MDTM 20200101000000 /usr/share/escape-shared'; do
		ftp "$ftp_alice" 10.77.0.1 / -Q "$q" >/dev/null
	done
	is 'ftp: a shared file stays as it is' "$before" "$(stat -c '%i %a %u %s %Y' $v/usr/share/escape-shared)"
	check 'ftp: a file of her own goes' ftp "$ftp_alice" 10.77.0.1 own -T /tmp/new
	cd - >/dev/null || exit
}

escape_all() {
	escape_plant
	escape_serve
	escape_ways
	escape_ftp
	escape_control
	escape_promised >$out/promised
	escape_table
	is 'docs/security.md names each attack, and no other, once' \
		"$(awk '{ print $1 }' $out/chrooted | sort)" "$(awk '{ print $1 }' $out/promised | sort)"
	for way in $ways; do
		is "$way: as many attacks as the host's root" "$(wc -l <$out/chrooted)" "$(wc -l <"$out/$way")"
		is "$way: all are stopped" '' "$(escape_open "$way")"
	done
	is 'each goes through without the walls' '' "$(escape_unshown)"
	check 'the servers live' vssh alice@10.77.0.1 true
}
