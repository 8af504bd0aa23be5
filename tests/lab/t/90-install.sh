#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with nftables
# seconds: 400
# vsd-install and vsd-uninstall: what they say, what they leave, interrupted runs,
# and that the host's own people get in throughout.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/etc.sh"

make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log
ldconfig
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
useradd -m hosty
mkdir -m 0700 /home/hosty/.ssh
cp "$LAB_KEY.pub" /home/hosty/.ssh/authorized_keys
chown -R hosty: /home/hosty/.ssh
sed -i 's/^group:.*/group: files [SUCCESS=merge] systemd/' /etc/nsswitch.conf # as Debian 13 has it
cp -a /etc /tmp/etc.before

etc_state >/tmp/state.before
as_before() { etc_state | diff /tmp/state.before -; }
as_installed() { etc_state | diff /tmp/state.installed -; }

# ---- a dry run
out=$(vsd-install --dry-run)
has 'the dry run shows what it would change' "$out" 'would change /etc/nsswitch.conf'
has 'as a difference' "$out" '+initgroups: vsd [SUCCESS=return] files'
without='enforce disk quotas in '\''/home/vsd'\'': its filesystem has no project quota'
has 'a filesystem without quotas is named, and where each server will say so' "$out" \
	"warning: $without: a server's quota is written down, and vs_info shows it as \"not enforced\""
is 'where nobody is told of broken pipes, nor are people' '' "$(trap '' PIPE; vsd-install --dry-run 2>&1 >/dev/null)"
check 'and changes nothing' as_before
refused 'nothing is recorded' test -e /var/lib/vsd

# ---- a host that cannot do it
mkdir -p /tmp/away
mv /lib/*/security/pam_vsd.so /tmp/away/
refused 'without the module nothing is changed' vsd-install
has 'and it says so' "$(vsd-install 2>&1)" "find 'pam_vsd.so': not installed"
check '/etc is as before' as_before
mv /tmp/away/pam_vsd.so "$(dirname "$(find /lib/*/security/pam_unix.so)")"

# ---- installing
check 'vsd-install' vsd-install
etc_state >/tmp/state.installed
is 'run twice it changes nothing' 'vsd-install: nothing to change' "$(vsd-install | tail -n 1)"
check 'to the byte' as_installed
is 'a host user logs in' hosty "$(vssh hosty@10.88.0.1 id -un)"
is 'and root' root "$(vssh root@10.88.0.1 id -un)"
is 'NSS asks for VS users directly after the files' '' \
	"$(grep -E '^(passwd|group|shadow):.*files' /etc/nsswitch.conf | grep -v 'files vsd' | grep -v 'files \[')"
has 'and users of the host keep the groups of each source' "$(cat /etc/nsswitch.conf)" \
	'initgroups: vsd [SUCCESS=return] files [SUCCESS=continue] systemd'
is 'the ids are reserved' 'vsd:2000000:2000000' "$(grep ^vsd: /etc/subuid)"

# ---- uninstalling restores all
sed -i 's|^#anyip.*|anyip = 10.99.0.0/24|' /etc/vsd.conf
vsalias --up >/dev/null
vsredirect --apply >/dev/null
systemctl -q enable vsd-redirect.service
has 'in force: redirects and a route' "$(nft list tables) $(ip route show table local 10.99.0.0/24)" 'inet vsd local 10.99'
has 'a dry run says that the unit goes' "$(vsd-uninstall --dry-run)" 'vsd-redirect.service'
check 'and lets it be' systemctl -q is-enabled vsd-redirect.service
check 'vsd-uninstall without servers asks nothing' vsd-uninstall
check 'every file of /etc is as it was' as_before
is 'no redirect and no route is left' '' "$(nft list tables)$(ip route show table local 10.99.0.0/24)"
check 'diff -r agrees' diff -r --no-dereference /tmp/etc.before /etc
is 'nothing more to take back' 'vsd-uninstall: nothing to take back' "$(vsd-uninstall)"
is 'a host user logs in after it' hosty "$(vssh hosty@10.88.0.1 id -un)"

# ---- interrupted at any step, the next run finishes or undoes
# The shell is killed as it starts its n-th command.
killed=0 n=10
while strace -f -qq -o /dev/null -e trace=fork,vfork,clone,clone3 \
	-e "inject=fork,vfork,clone,clone3:signal=KILL:when=$n" vsd-install >/dev/null 2>&1
	[ $? -eq 137 ]; do
	killed=$((killed + 1))
	if [ $((killed % 2)) -eq 0 ]; then
		vsd-install >/tmp/out 2>&1 && as_installed >>/tmp/out
	else
		vsd-uninstall --yes >/tmp/out 2>&1 && as_before >>/tmp/out
	fi || tap_result 1 "killed at its command $n" "$(head -n 40 /tmp/out)"
	vsd-uninstall --yes >/dev/null
	n=$((n + 37))
done
vsd-uninstall --yes >/dev/null
check "killed at $killed places: finished or undone" test $killed -ge 5
check 'all is as it was' as_before

# ---- what an admin has edited since stays
vsd-install >/dev/null
echo 'services: files # ours' >>/etc/nsswitch.conf
sed -i '1i # our note' /etc/pam.d/sshd
out=$(vsd-uninstall)
has 'an edited file: only our lines go' "$out" 'edited since: our lines alone are taken out'
has 'which is shown' "$out" '-initgroups: vsd [SUCCESS=return] files'
is 'the edit stays' 'services: files # ours' "$(tail -n 1 /etc/nsswitch.conf)"
lacks 'our lines do not' "$(cat /etc/nsswitch.conf /etc/pam.d/sshd)" vsd
is 'the other edit stays' '# our note' "$(head -n 1 /etc/pam.d/sshd)"
cp -p /tmp/etc.before/nsswitch.conf /etc/nsswitch.conf
cp -p /tmp/etc.before/pam.d/sshd /etc/pam.d/sshd
check 'and nothing else is different' as_before

# An edit between two installs is no part of ours.
vsd-install >/dev/null
echo '# later' >>/etc/shells
sed -i '/vsd/d' /etc/shells
vsd-install >/dev/null
vsd-uninstall >/dev/null
is 'an edit between two installs stays' '# later' "$(tail -n 1 /etc/shells)"
cp -p /tmp/etc.before/shells /etc/shells

# A line initgroups of the host's own, which is shorter on purpose, stays so.
echo 'initgroups: files' >>/etc/nsswitch.conf
vsd-install >/dev/null
is 'the host'\''s own line initgroups' 'initgroups: vsd [SUCCESS=return] files' "$(grep ^initgroups /etc/nsswitch.conf)"
is 'stays as long as it is' 'vsd-install: nothing to change' "$(vsd-install | tail -n 1)"
echo 'services: files # ours' >>/etc/nsswitch.conf
vsd-uninstall >/dev/null
is 'and comes back, where the file was edited, too' 'initgroups: files' "$(grep ^initgroups /etc/nsswitch.conf)"
cp -p /tmp/etc.before/nsswitch.conf /etc/nsswitch.conf

# ---- a host user who could no longer log in
cat >/usr/share/vsd/pam/zz-broken <<X
account required pam_deny.so
X
mv /usr/share/vsd/pam/sshd /tmp/away/
mv /usr/share/vsd/pam/zz-broken /usr/share/vsd/pam/sshd
refused 'lines that lock the host out: it refuses to finish' vsd-install
has 'and says who' "$(vsd-install 2>&1)" "let in 'sshd"
check 'the PAM file is as it was' cmp /etc/pam.d/sshd /tmp/etc.before/pam.d/sshd
is 'and host users get in' hosty "$(vssh hosty@10.88.0.1 id -un)"
mv /tmp/away/sshd /usr/share/vsd/pam/sshd
vsd-uninstall --yes >/dev/null
check 'taken back from there too' as_before

# ---- freeVSD's own uid_base: the host's new accounts go above
vsd-install >/dev/null
sed -i 's/^uid_base = .*/uid_base = 3000/; s/^slots = .*/slots = 10/' /etc/vsd.conf
vsd-install >/dev/null
useradd later
is 'a new account of the host lies above the range' 5000 "$(id -u later)"
userdel later
# ---- and their subordinate ids beside one that begins where those would
next=$(awk -F: '$1 == "hosty" { print $2 + $3 }' /etc/subuid)
sed -i "s/^uid_base = .*/uid_base = $next/" /etc/vsd.conf
vsd-install >/dev/null
useradd later
is 'subordinate ids of a new account lie above the range' $((next + 2000)) "$(sed -n 's/^later:\([0-9]*\):.*/\1/p' /etc/subuid)"
userdel later
cp /etc/subuid /tmp/subuid
sed -i /^vsd:/d /etc/subuid
useradd later
is 'without the reservation they would be in it' "$next" "$(sed -n 's/^later:\([0-9]*\):.*/\1/p' /etc/subuid)"
userdel later
cp /tmp/subuid /etc/subuid
vsd-uninstall >/dev/null
check 'login.defs is as it was' cmp /etc/login.defs /tmp/etc.before/login.defs
for f in passwd group shadow gshadow subuid subgid; do
	cp -p "/tmp/etc.before/$f-" "/etc/$f-" 2>/dev/null || rm -f "/etc/$f-"
done
check 'and the rest' as_before

# ---- with servers
vsd-install >/dev/null
vsd-genskel --profile minimal >/dev/null
vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 100 50 >/dev/null
vsd-vsbatch >/dev/null
vsboot --start >/dev/null 2>&1
has 'vs_info shows what vsd-install has said of quotas' "$(vsdadm vs_info localhost vs1)" \
	'quota_mb      100 (not enforced: its filesystem has no project quota)'
out=$(vsd-uninstall 2>&1 </dev/null)
is 'with a server it asks, or wants to be told' 1 $?
has 'and says what it is about' "$out" "delete '1 virtual servers (vs1) and the skeleton'"
out=$(vsd-uninstall --dry-run 2>&1 </dev/null)
is 'a dry run asks nothing' 0 $?
has 'but tells of the question' "$out" 'would ask: delete 1 virtual servers (vs1) and the skeleton?'
has 'and of what a yes would do' "$out" 'would delete server vs1: with all its files'
is 'all of it is only what would be' '' "$(echo "$out" | grep -v '^would ')"
check 'the server still runs' vsboot --status vs1
check '--keep-data' vsd-uninstall --keep-data
refused 'the server is stopped' pgrep vsd-init
check 'its files are there' test -d /home/vsd/vs/vs1/etc
check 'so is its registry file' test -s /etc/vsd/servers/vs1
is 'its ids stay reserved' 'vsd:2000000:2000000' "$(grep ^vsd: /etc/subuid)"
lacks 'NSS and PAM are the host'\''s again' "$(cat /etc/nsswitch.conf /etc/pam.d/*)" vsd
check 'installed again' vsd-install
check 'it boots' vsboot --start vs1
is 'and is named' vs1 "$(getent passwd admin@vs1 | cut -d/ -f5)"
check '--yes deletes it' vsd-uninstall --yes
is 'nothing is left of it' '' \
	"$(find /home/vsd /var/lib/vsd /var/spool/vsd /run/vsd -mindepth 1 2>/dev/null)"
is 'nor of the fence and the cgroup' '' "$(ls -d /sys/fs/bpf/vsd* /sys/fs/cgroup/vsd 2>/dev/null)"
check 'and /etc is as it was' as_before
done_testing
