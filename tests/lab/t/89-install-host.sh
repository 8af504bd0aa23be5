#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd
# seconds: 120
# What vsd-install finds on a host before it changes it: what it refuses, and what it
# only warns of.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/etc.sh"

make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log
ldconfig
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
mkdir -p /etc/cron.d /var/spool/cron/crontabs
etc_state >/tmp/state.before
as_before() { etc_state | diff /tmp/state.before -; }

# ---- refused before anything is changed
out=$(unshare -m sh -c 'umount -l /sys/fs/cgroup; exec vsd-install' 2>&1)
is 'without cgroup2 it refuses' 1 $?
has 'and says so' "$out" "find 'cgroup2': mounted neither at"
check '/etc is as before' as_before
refused 'nothing is recorded' test -e /var/lib/vsd

mkdir -p /home/vsd
printf '#!/bin/sh\nexit 1\n' >/usr/sbin/ln # as on a filesystem without links
chmod 0755 /usr/sbin/ln
out=$(vsd-install 2>&1)
is 'without hard links it refuses' 1 $?
rm /usr/sbin/ln
has 'and says so' "$out" "use '/home/vsd': its filesystem has no hard links"
is 'the probe is gone' '' "$(ls -A /home/vsd)"
check '/etc is as before' as_before

# ---- warned of
useradd -u 2000200 -M inrange
out=$(vsd-install --dry-run 2>&1)
has 'a host user in the range is named' "$out" "keep 'passwd inrange': its id 2000200 lies in"
has 'with what follows' "$out" 'that slot stays empty'
userdel inrange
lacks 'without one there is no such warning' "$(vsd-install --dry-run 2>&1)" 'that slot stays empty'

# ---- somebody else's subordinate ids in the range
cp -p /etc/subuid /tmp/subuid
echo 'other:2100000:65536' >>/etc/subuid
out=$(vsd-install 2>&1)
is 'overlapping subordinate ids: it refuses' 1 $?
has 'and shows the line' "$out" "the line 'other:2100000:65536' overlaps vsd:2000000:2000000"
lacks 'no id is reserved' "$(cat /etc/subuid)" 'vsd:'
cp -p /tmp/subuid /etc/subuid

# ---- a vsd.conf from before cron
check 'vsd-install' vsd-install
lacks 'as shipped, cron needs no line' "$(vsd-install 2>&1)" service.cron
sed -i '/^service\.cron/d' /etc/vsd.conf
out=$(vsd-install 2>&1)
has 'an older vsd.conf: the line to add' "$out" 'add the line "service.cron = login" to /etc/vsd.conf'
echo 'service.cron = login' >>/etc/vsd.conf
lacks 'added, nothing is said' "$(vsd-install 2>&1)" service.cron

# ---- adduser has a file of its own
echo 'DSHELL=/bin/bash' >/etc/adduser.conf
sed -i 's/^uid_base = .*/uid_base = 3000/; s/^slots = .*/slots = 10/' /etc/vsd.conf
check 'a low uid_base' vsd-install
has 'adduser begins above the range' "$(cat /etc/adduser.conf)" 'FIRST_UID=5000'
vsd-uninstall --yes >/dev/null
is 'and is as it was afterwards' 'DSHELL=/bin/bash' "$(cat /etc/adduser.conf)"
done_testing
