#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd
# seconds: 120
# What vsd-install finds on a host before it changes it: what it refuses, and what it
# only warns of, each by its name and with the reason.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/etc.sh"

make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log # and no ldconfig: the loader does without
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
mkdir -p /etc/cron.d /var/spool/cron/crontabs
host_state() {
	etc_state
	ls -A /home /home/vsd /var/lib/vsd /var/spool/vsd 2>&1
}
unchanged() { host_state | diff /tmp/state.before -; }

# refuses WHAT COMMAND...: with those words, and nothing is changed
refuses() {
	words=$1
	shift
	host_state >/tmp/state.before
	out=$("$@" 2>&1)
	is "refused: $words" 1 $?
	has 'it is named' "$out" "vsd-install: $words"
	check 'nothing has changed' unchanged
}

# A kernel whose /proc is as here, but for what is changed there.
fake_proc() {
	rm -rf /tmp/proc
	mkdir -p /tmp/proc/self/ns /tmp/proc/sys/user /tmp/proc/sys/fs /tmp/proc/sys/dev/tty
	touch /tmp/proc/self/ns/mnt /tmp/proc/self/ns/pid /tmp/proc/self/ns/uts \
		/tmp/proc/self/ns/ipc /tmp/proc/self/ns/user
	echo 'Seccomp:	0' >/tmp/proc/self/status
	echo 9999 >/tmp/proc/sys/user/max_user_namespaces
	echo 1 >/tmp/proc/sys/fs/protected_hardlinks
	echo 1 >/tmp/proc/sys/fs/protected_symlinks
	echo 0 >/tmp/proc/sys/dev/tty/legacy_tiocsti
}
under_proc() {
	unshare -m sh -c 'mount --bind /tmp/proc /proc; exec vsd-install --dry-run' 2>&1
}
with_proc() { # FILE TEXT
	fake_proc
	echo "$2" >"/tmp/proc/$1"
	under_proc
}
without_ns() {
	fake_proc
	rm "/tmp/proc/self/ns/$1"
	under_proc
}

# instead PROGRAM SCRIPT: of one that vsd-install starts; its PATH begins there
instead() {
	printf '#!/bin/sh\n%s\n' "$2" >"/usr/sbin/$1"
	chmod 0755 "/usr/sbin/$1"
	vsd-install
	status=$?
	rm "/usr/sbin/$1"
	return $status
}

# ---- the modules
for module in libnss_vsd.so.2 security/pam_vsd.so; do
	f=$(echo /usr/lib/*/$module)
	mv "$f" /tmp/module
	refuses "find '${module#*/}': not installed" vsd-install
	mv /tmp/module "$f"
done

# ---- the kernel
for release in 5.11.9 4.19.0-1-amd64; do
	refuses "use 'Linux $release': 5.12 or later is needed" instead uname "echo $release"
done
refuses "use 'Linux $(uname -r)': it has no seccomp" with_proc self/status 'State: R'
refuses 'use '\''uts namespaces'\'': this kernel has none (isolation = chroot' without_ns uts
refuses 'use '\''user namespaces'\'': user.max_user_namespaces is 0' with_proc sys/user/max_user_namespaces 0
refuses 'find '\''cgroup2'\'': mounted neither at' unshare -m sh -c 'umount -l /sys/fs/cgroup; exec vsd-install'
has 'no bpf filesystem: a warning' \
	"$(unshare -m sh -c 'umount -l /sys/fs/bpf; exec vsd-install --dry-run')" \
	'find '\''/sys/fs/bpf'\'': no bpf filesystem: servers will have no address fence'
for f in fs/protected_hardlinks fs/protected_symlinks; do
	has "$f: a warning" "$(with_proc sys/$f 0)" "read '/proc/sys/$f': it should be 1"
done
has 'TIOCSTI: a warning' "$(with_proc sys/dev/tty/legacy_tiocsti 1)" "legacy_tiocsti': it should be 0"

umount /home/vsd && rmdir /home/vsd # the lab's

# ---- the filesystem, of /home as long as there is no /home/vsd
refuses 'use '\''/home'\'': its filesystem has no hard links' instead ln 'exit 1'
refuses 'write to '\''/home'\'': see above' \
	unshare -m sh -c 'mount -t tmpfs -o ro none /home; exec vsd-install'
mkdir /home/vsd
has 'one without quotas: a warning' "$(vsd-install --dry-run)" \
	"enforce disk quotas in '/home/vsd': its filesystem has no project quota: a server's quota is written"
mv /usr/lib/vsd/vsd-quota /tmp/vsd-quota
printf '#!/bin/sh\n' >/usr/lib/vsd/vsd-quota
chmod 0755 /usr/lib/vsd/vsd-quota
has 'one with them' "$(vsd-install --dry-run)" 'disk quotas of servers: enforced by the filesystem of /home/vsd'
mv /tmp/vsd-quota /usr/lib/vsd/vsd-quota
refuses 'use '\''/home/vsd'\'': its filesystem has no hard links' instead ln 'exit 1'

# ---- ids that are somebody's
with_line() { # FILE LINE COMMAND...
	file=$1
	cp -p "$file" /tmp/saved
	echo "$2" >>"$file"
	shift 2
	"$@"
	cp -p /tmp/saved "$file"
}
for map in /etc/subuid /etc/subgid; do
	for range in 2100000:65536 1990000:10001 3999999:1; do
		with_line $map "other:$range" \
			refuses "reserve ids in '$map': the line 'other:$range' overlaps vsd:2000000:2000000" vsd-install
	done
	for range in 1990000:10000 4000000:65536; do
		lacks "$map: other:$range is beside it" \
			"$(with_line $map "other:$range" vsd-install --dry-run)" overlaps
	done
done
sed 's/^uid_base = .*/uid_base = 5000000/' /usr/share/vsd/vsd.conf >/etc/vsd.conf
with_line /etc/subuid other:5000100:1 \
	refuses 'reserve ids in '\''/etc/subuid'\'': the line '\''other:5000100:1'\'' overlaps vsd:5000000:2000000' \
	vsd-install
echo 'uid_base = 5000000' >>/etc/vsd.conf
refuses "read '/etc/vsd.conf': line $(grep -c '' /etc/vsd.conf): uid_base: given twice" vsd-install
rm /etc/vsd.conf
has 'a host user in the range is named' \
	"$(with_line /etc/passwd 'inrange:x:2000200:100::/:/bin/sh' vsd-install --dry-run)" \
	"keep 'passwd inrange': its id 2000200 lies in the servers' range: that slot stays empty"
has 'so is a group' "$(with_line /etc/group 'ingroup:x:3999999:' vsd-install --dry-run)" \
	"keep 'group ingroup': its id 3999999 lies in"
with_line /etc/passwd 'vsd:x:1234:100::/home:/bin/bash' \
	refuses 'use '\''account vsd'\'': it exists, and logs in with /bin/bash' vsd-install
setpriv --reuid 2000300 sleep 60 &
has 'a process that has an id of the range already' "$(vsd-install --dry-run)" \
	"look at 'process $!': it runs with id 2000300"
kill $!
wait $! 2>/dev/null

# ---- services
has 'what servers'\'' users will log in by' "$(vsd-install --dry-run)" 'log in by: sshd'
mkdir /tmp/away
mv /usr/sbin/sshd /usr/sbin/*ftpd /tmp/away/
has 'without any: a warning' "$(vsd-install --dry-run)" \
	"find 'login services': neither sshd nor an ftp server is installed"
mv /tmp/away/* /usr/sbin/
out=$(vsd-install --dry-run)
for unwanted in overlaps 'slot stays' 'look at' neither 'log in by: none'; do
	lacks "a host without that has no such warning: $unwanted" "$out" "$unwanted"
done

# ---- a vsd.conf from before cron
check 'vsd-install' vsd-install
lacks 'as shipped, cron needs no line' "$(vsd-install --dry-run)" service.cron
sed -i '/^service\.cron/d' /etc/vsd.conf
has 'an older vsd.conf: the line to add' "$(vsd-install --dry-run)" \
	'add the line "service.cron = login" to /etc/vsd.conf'

# ---- adduser has a file of its own
echo 'DSHELL=/bin/bash' >/etc/adduser.conf
sed -i 's/^uid_base = .*/uid_base = 3000/; s/^slots = .*/slots = 10/' /etc/vsd.conf
check 'a low uid_base' vsd-install
has 'adduser begins above the range' "$(cat /etc/adduser.conf)" 'FIRST_UID=5000'
vsd-uninstall --yes >/dev/null
is 'and is as it was afterwards' 'DSHELL=/bin/bash' "$(cat /etc/adduser.conf)"
done_testing
