#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0
# seconds: 240
# vsd-genskel from a debootstrap'ed tree.  A lab has no way to an archive, so that
# a stand-in makes the tree, of this host's own files; what it is called with, and
# what becomes of the tree, are the real thing.
. "$LAB_DIR/lib/tap.sh"
skel=/home/vsd/skel cache=/var/cache/vsd/bootstrap
cat >/usr/sbin/debootstrap <<'X'
#!/bin/sh
for a; do echo "$a"; done >/tmp/called
[ ! -e /tmp/fail ] || exit 1
for a; do
	case $a in /var/*) dir=$a ;; esac
done
mkdir -p "$dir/var/lib" "$dir/tmp" "$dir/proc" "$dir/dev" "$dir/run"
cp -a /bin /sbin /lib /lib64 "$dir/" 2>/dev/null
cp -a /etc "$dir/"
mkdir -p "$dir/usr/share"
# a host's large toolchains take long to copy, and no server's package has their files
du -d 1 -t 300M /usr/lib | sed -n 's,.*\t/usr/\(lib/.*\),\1,p' | grep -v linux-gnu >/tmp/large
tar -C /usr -c -X /tmp/large bin sbin lib lib64 2>/dev/null | tar -C "$dir/usr" -xp
cp -a /usr/share/perl* /usr/share/zoneinfo /usr/share/ca-certificates "$dir/usr/share/" 2>/dev/null
cp -a /var/lib/dpkg "$dir/var/lib/"
rm -f "$dir/var/lib/dpkg/statoverride" # as in a fresh tree
mount -t tmpfs leftover "$dir/tmp"
sleep 1000 </dev/null >/dev/null 2>&1 &
readlink /proc/self/ns/mnt >/tmp/mnt
awk '/^(CapBnd|NoNewPrivs):/ { print $2 }' /proc/self/status | xargs >/tmp/power
exit 0
X
chmod 755 /usr/sbin/debootstrap
printf '#!/bin/sh\necho "$@" >>/tmp/apt\n[ "$2" != nano ]\n' >/tmp/apt-cache
rm -f /usr/bin/apt-get
cat >/usr/bin/apt-get <<'X'
#!/bin/sh
echo "apt-get has $(awk '/^(CapBnd|NoNewPrivs):/ { print $2 }' /proc/self/status | xargs): $*"
mount -t tmpfs x /mnt 2>/dev/null && echo mounts
(echo x >/proc/sys/kernel/core_pattern) 2>/dev/null && echo sets
/usr/sbin/policy-rc.d
echo "daemons: $?"
X
chmod 755 /usr/bin/apt-get
cp /tmp/apt-cache /usr/bin/apt-cache

said=$(vsd-genskel --source debootstrap:bookworm 2>&1)
tap_result $? 'vsd-genskel --source debootstrap:SUITE' "$said"
# chown dac_override fowner fsetid kill setgid setuid setfcap; and mknod sys_admin sys_chroot
is 'it makes devices and mounts, and has no power beside' '00000000882400fb 1' "$(cat /tmp/power)"
has 'what comes then is contained' "$said" 'apt-get has 00000000800000fb 1: -y --no-install-recommends install'
lacks 'it mounts nothing' "$said" mounts
lacks 'nor sets the kernel' "$said" sets
has 'and starts no daemon' "$said" 'daemons: 101'
called=$(cat /tmp/called)
has 'the suite' "$called" bookworm
has 'the smallest variant' "$called" --variant=minbase
has 'with the packages that must be there' "$called" '--include=base-files,bash,coreutils'
lacks 'not those that need not' "$called" openssh
has 'into a folder of the host' "$called" $cache
is 'in a mount namespace of its own' other "$([ "$(cat /tmp/mnt)" = "$(readlink /proc/self/ns/mnt)" ] || echo other)"
is 'nothing of it runs on' '' "$(pgrep -f 'sleep 1000')"
is 'the tree is taken away' '' "$(ls -A /var/cache/vsd)"
is 'the skeleton says what it is of' 'source debootstrap:bookworm' "$(grep '^source' $skel/.vsd-manifest)"
check 'it is complete' vsd-genskel --check
before=$(stat -c %i $skel)
rm /tmp/called
has 'vsd-refreshskel makes a fresh tree' "$(vsd-refreshskel 2>/dev/null; cat /tmp/called)" bookworm
check 'with a mirror' vsd-genskel --force --source debootstrap:bookworm:file:///srv/debian
has 'which it is given' "$(cat /tmp/called)" file:///srv/debian
before=$(stat -c %i $skel)
touch /tmp/fail
err=$(vsd-genskel --force --source debootstrap:bookworm 2>&1) && err='it went on'
has 'a failure is told' "$err" 'debootstrap failed'
is 'and changes nothing' "$before" "$(stat -c %i $skel)"
is 'and leaves nothing' '' "$(ls -A /var/cache/vsd)"
rm /usr/sbin/debootstrap
err=$(vsd-genskel --force --source debootstrap:bookworm 2>&1) && err='it went on'
has 'without debootstrap' "$err" "'/usr/sbin/debootstrap': No such file"
for s in debootstrap: debootstrap:-x debootstrap:Bookworm 'debootstrap:b;id' debootstrap:b:ftp://x \
	'debootstrap:b:http://x y' etc; do
	vsd-genskel --source "$s" >/dev/null 2>&1
	is "misuse is exit 2: --source $s" 2 $?
done
done_testing
