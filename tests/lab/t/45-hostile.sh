#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd --with login
# A VS admin who arranges files against the services that enter in open_session:
# vsftpd, telnetd's login, su.  Each of them must come through as alice in vs1.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
. "$LAB_DIR/lib/evil-nss.sh"
. "$LAB_DIR/lib/telnet.sh"
vs=/home/vsd/vs
v=$vs/vs1
telnet_start
vsdadm priv_set localhost vs1 alice telnet on
vsdadm priv_set localhost vs1 bob telnet on

# Who alice is: uid, groups, host name, by service
by_su() { timeout 20 su - alice@vs1 -c 'echo "$(id -u):$(id -G):$(hostname)"'; }
telnet=
if telnet_enters; then
	telnet=1
else
	skip 'login' 'that of util-linux opens its terminal by name after the session'
fi
by_login() { telnet_as 10.77.0.1 alice lab-alice-vs1 'echo "=$(id -u):$(id -G):$(hostname)"' | grep -o '=[0-9][0-9: ]*:[a-z0-9]*' | head -n 1 | cut -c 2-; }
by_ftp() {
	: >/tmp/ftp.out # the last one's must not be taken for an answer
	(echo 'cat /etc/hostname'; sleep 2) | timeout 20 lftp -u alice,lab-alice-vs1 10.77.0.1 >/tmp/ftp.out 2>&1 &
	client=$!
	for _ in $(seq 100); do
		[ ! -s /tmp/ftp.out ] || break
		sleep 0.05
	done
	pid=$(pgrep -U 2000001 -x vsftpd | head -n 1)
	awk '/^Uid:/ { u = $2 } /^Groups:/ { $1 = ""; sub(/^ */, ""); sub(/ *$/, ""); g = $0 }
		END { printf "%s:%s:", u, g }' "/proc/$pid/status"
	cat /tmp/ftp.out
	wait "$client"
}
everyone() { # NAME OF THE TRAP
	for service in su ${telnet:+login} ftp; do
		is "$1: $service" 2000001:2000001:vs1 "$(by_$service)"
	done
}
everyone 'as it should be'

printf 'disk:x:6:alice\nother:x:2000250:alice\nzero:x:0:alice\n' >/tmp/foreign
cp $v/etc/group /tmp/group
cat /tmp/foreign >>$v/etc/group
everyone 'gids of the host and of the other VS'
cp /tmp/group $v/etc/group
cp /etc/group /tmp/hgroup
printf 'grouptrap:x:901:alice,alice@vs1\n' >>/etc/group
everyone 'a host group that names alice'
cp /etc/nsswitch.conf /tmp/nsswitch.host
sed -i '/^initgroups/d; s/^group:.*/group: files vsd/' /etc/nsswitch.conf
has 'without the initgroups line it would (so that is the wall)' ":$(id -G alice@vs1):" 901
cp /tmp/nsswitch.host /etc/nsswitch.conf
cp /tmp/hgroup /etc/group

# uid 0 lines, and namesakes of the host's accounts
cp $v/etc/passwd /tmp/passwd
{ echo 'alice:x:0:0::/home/alice:/bin/bash'; cat /tmp/passwd; } >$v/etc/passwd
everyone 'a first line that makes alice uid 0'
sed 's/^bob:x:[0-9]*:[0-9]*:/bob:x:0:0:/' /tmp/passwd >$v/etc/passwd
refused 'only a uid 0 line: su' su - bob@vs1 -c id
refused 'only a uid 0 line: login' telnet_as 10.77.0.1 bob lab-bob-vs1 id
refused 'only a uid 0 line: ftp' ftp bob:lab-bob-vs1 10.77.0.1 /etc/
for name in root sshd ftp nobody; do
	sed -n "s/^bob:/$name:/p" $v/etc/shadow
done >>$v/etc/shadow
{ cat /tmp/passwd; printf '%s:x:2000009:2000009::/:/bin/sh\n' root sshd ftp nobody; } >$v/etc/passwd
everyone 'users named root, sshd, ftp, nobody'
refused 'a VS user named root: login' telnet_as 10.77.0.1 root lab-bob-vs1 id
refused 'a VS user named root: ftp' ftp root:lab-bob-vs1 10.77.0.1 /etc/
is 'the host'\''s root is still root' 0 "$(su root -c 'id -u')"
cp /tmp/passwd $v/etc/passwd

# A module of the VS's, named in the VS's nsswitch.conf, would run in root's process
evil_nss_plant $v
everyone 'an NSS module of the VS'
check 'it ran as alice (so it works)' sh -c "ls $v/tmp/evil-*-as-2000001"
refused 'never as root in the VS' sh -c "ls $v/tmp/evil-*-as-0"
refused 'never on the host' sh -c 'ls /tmp/evil-*-as-*'
evil_nss_remove $v

mkdir -p $v/etc/update-motd.d
printf '#!/bin/sh\n: >/tmp/motd-as-$(id -u)\n' >$v/etc/update-motd.d/00-evil
chmod 755 $v/etc/update-motd.d/00-evil
everyone 'an update-motd.d'
refused 'it is not run as root' sh -c "ls $v/tmp/motd-as-0 /tmp/motd-as-0"
rm -r $v/etc/update-motd.d

# su itself reads login.defs once PAM has opened the session: that /etc is root's keeps
# a FIFO out of it.
refused 'admin cannot plant a FIFO as login.defs' \
	vssh admin@10.77.0.1 'rm -f /etc/login.defs; mkfifo /etc/login.defs'
refused 'nor by simroot' \
	vssh admin@10.77.0.1 'simroot rm -f /etc/login.defs; simroot mkfifo /etc/login.defs'
[ ! -e $v/etc/login.defs ] || mv $v/etc/login.defs /tmp/login.defs
mkfifo $v/etc/login.defs
[ -z "$telnet" ] || is 'a FIFO as login.defs: login' 2000001:2000001:vs1 "$(by_login)"
is 'a FIFO as login.defs: ftp' 2000001:2000001:vs1 "$(by_ftp)"
is 'su would wait for it (so that /etc is root'\''s is the wall)' 137 \
	"$(timeout -s KILL 4 su - alice@vs1 -c true >/dev/null 2>&1; echo $?)"
rm $v/etc/login.defs
[ ! -e /tmp/login.defs ] || mv /tmp/login.defs $v/etc/login.defs

mv $v/home $v/home.kept
ln -s /home $v/home
mkdir -p /home/alice && touch /home/alice/of-the-host
lacks 'an absolute link as /home: ftp' "$(ftp "$ftp_alice" 10.77.0.1 '')" of-the-host
lacks 'an absolute link as /home: su' "$(su - alice@vs1 -c ls 2>&1)" of-the-host
rm $v/home
mv $v/home.kept $v/home
rm -r /home/alice

# Login records are written by root: that /var/log is root's keeps them out of files
# which others share.
refused 'admin cannot link a shared file as wtmp' \
	vssh admin@10.77.0.1 'ln -f /usr/bin/true /var/log/wtmp'
refused 'nor by simroot' vssh admin@10.77.0.1 'simroot ln -f /usr/bin/true /var/log/wtmp'
cp $v/usr/bin/true $v/usr/share/shared
[ ! -e $v/var/log/wtmp ] || mv $v/var/log/wtmp /tmp/wtmp
ln $v/usr/share/shared $v/var/log/wtmp
everyone 'wtmp linked to a shared file'
refused 'which would be written to (so /var/log is the wall)' cmp -s $v/usr/bin/true $v/usr/share/shared
rm $v/var/log/wtmp $v/usr/share/shared
[ ! -e /tmp/wtmp ] || mv /tmp/wtmp $v/var/log/wtmp
everyone 'and all is well again'
done_testing
